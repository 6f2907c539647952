"""Leases, for jobs that must not run twice at once.

A job holds a row with an end time and renews it while it runs. A process that dies loses its lease
when that time has passed.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, select, text, update

from portal.errors import Conflict
from portal.store.engines import write
from portal.store.models import Lease

# One statement, so that of two processes that ask at the same moment only one gets the lease.
_TAKE = text(
    "insert into leases (jurisdiction_id, name, token, holder, expires_at)"
    " values (:city, :name, :token, :holder, :ends)"
    " on conflict (jurisdiction_id, name) do update"
    " set token = excluded.token, holder = excluded.holder, expires_at = excluded.expires_at"
    " where leases.expires_at <= :now returning token"
)


def acquire(
    engine: Engine, city_id: str, name: str, holder: str, seconds: int, now: datetime
) -> str:
    """Take a lease for some seconds and return its token.

    Raises Conflict, which names the holder and the end of its lease, if another job has it.
    """
    token = secrets.token_hex(16)
    values = {"city": city_id, "name": name, "token": token, "holder": holder}
    values |= {"ends": _end_of(now, seconds), "now": now.timestamp()}
    with write(engine) as connection:
        if connection.execute(_TAKE, values).first():
            return token
        raise _explain_taken(connection, city_id, name)


def _explain_taken(connection: Connection, city_id: str, name: str) -> Conflict:
    query = select(Lease.holder, Lease.expires_at).where(*_key(city_id, name))
    taken = connection.execute(query).one()
    until = datetime.fromtimestamp(taken.expires_at, UTC)
    return Conflict(
        f"{city_id}: {name} is running already ({taken.holder});"
        f" it holds its lease until {until:%Y-%m-%d %H:%M:%S} UTC"
    )


def renew(engine: Engine, city_id: str, name: str, token: str, seconds: int, now: datetime) -> None:
    """Extend a lease. Raises Conflict if it ran out and another process took it."""
    with write(engine) as connection:
        renewed = connection.execute(
            update(Lease)
            .where(*_key(city_id, name), Lease.token == token)
            .values(expires_at=_end_of(now, seconds))
        )
    if not renewed.rowcount:
        raise Conflict(
            f"{city_id}: the lease for {name} ran out and another process took it;"
            " nothing more was written"
        )


def release(engine: Engine, city_id: str, name: str, token: str) -> None:
    """Give a lease back. Does nothing if it is no longer ours."""
    with write(engine) as connection:
        connection.execute(delete(Lease).where(*_key(city_id, name), Lease.token == token))


def _end_of(now: datetime, seconds: int) -> int:
    return int((now + timedelta(seconds=seconds)).timestamp())


def _key(city_id: str, name: str) -> tuple:
    return Lease.jurisdiction_id == city_id, Lease.name == name
