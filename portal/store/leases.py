"""Leases: a job that must not run twice at once holds a row with an end time; whoever dies loses it by waiting."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, delete, select, text, update

from portal.errors import Conflict
from portal.store.engines import write
from portal.store.models import Lease

# One statement, so that of two who ask at the same moment one gets it and the other is told, on either database.
_TAKE = text(
    "insert into leases (jurisdiction_id, name, token, holder, expires_at) values (:city, :name, :token, :holder, :ends)"
    " on conflict (jurisdiction_id, name) do update"
    " set token = excluded.token, holder = excluded.holder, expires_at = excluded.expires_at"
    " where leases.expires_at <= :now returning token"
)


def acquire(
    engine: Engine, city_id: str, name: str, holder: str, seconds: int, now: datetime
) -> str:
    """Take the lease and return its token. Raises Conflict that says who holds it until when."""
    token, ends = secrets.token_hex(16), int((now + timedelta(seconds=seconds)).timestamp())
    asked = {
        "city": city_id,
        "name": name,
        "token": token,
        "holder": holder,
        "ends": ends,
        "now": now.timestamp(),
    }
    with write(engine) as connection:
        if connection.execute(_TAKE, asked).first():
            return token
        held = connection.execute(
            select(Lease.holder, Lease.expires_at).where(*_key(city_id, name))
        ).one()
    until = datetime.fromtimestamp(held.expires_at, UTC)
    raise Conflict(
        f"{city_id}: {name} is running already ({held.holder}); it holds its lease until {until:%Y-%m-%d %H:%M:%S} UTC"
    )


def renew(engine: Engine, city_id: str, name: str, token: str, seconds: int, now: datetime) -> None:
    """Hold on for longer. Raises Conflict when the lease ran out and somebody else took it."""
    ends = int((now + timedelta(seconds=seconds)).timestamp())
    with write(engine) as connection:
        kept = connection.execute(
            update(Lease).where(*_key(city_id, name), Lease.token == token).values(expires_at=ends)
        )
    if not kept.rowcount:
        raise Conflict(
            f"{city_id}: the lease for {name} ran out and somebody else took it; nothing more was written"
        )


def release(engine: Engine, city_id: str, name: str, token: str) -> None:
    """Give the lease back; one that is no longer ours stays as it is."""
    with write(engine) as connection:
        connection.execute(delete(Lease).where(*_key(city_id, name), Lease.token == token))


def _key(city_id: str, name: str) -> tuple:
    return Lease.jurisdiction_id == city_id, Lease.name == name
