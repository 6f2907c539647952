"""API keys: who calls the portal from a program, what they may do, and how often.

    made = make_key(connection, city.id, key_id, now)     # "ck_5f0c…_…", shown once
    key = find_key(connection, city.id, "ck_5f0c…_…")     # None for a key that is not one
    key.may("report")
    left = take_call(connection, city.id, key, now)       # calls left in this hour; below 0: none

A key is 256 random bits, of which we store a digest alone. New keys may read; staff grant the rest.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, text

from portal.domain.api_key import SCOPES, ApiKey, Scope
from portal.errors import BadRequest, NotFound
from portal.store.buckets import Limit, count_token

CALLS_PER_HOUR = 5_000
MOST_CALLS_PER_HOUR = 1_000_000
LONGEST_NAME = 200
UNCONFIRMED_SECONDS = 7 * 86_400
ENDED_SECONDS = 180 * 86_400
USE_SECONDS = 600
"""How precisely we note when a key was last used."""
_KEY = re.compile(r"ck_[0-9a-f]{12}_[\w-]{43}", re.ASCII)


@dataclass(frozen=True)
class KeyRequest:
    """What a new key is for, and whose it is: a digest of their link, and an encrypted address."""

    owner_hash: str
    address: str
    language: str
    name: str
    scopes: tuple[Scope, ...] = ("read",)
    per_hour: int = CALLS_PER_HOUR


def add_request(connection: Connection, city_id: str, asked: KeyRequest, now: int) -> str:
    """Store the wish for a key, which opens nothing until it is made; its id."""
    key_id = secrets.token_hex(6)
    values = {
        "city": city_id,
        "id": key_id,
        "owner": asked.owner_hash,
        "address": asked.address,
        "language": asked.language,
        "name": tidy_name(asked.name),
        "scopes": " ".join(asked.scopes),
        "per_hour": asked.per_hour,
        "now": now,
    }
    connection.execute(text(_ADD), values)
    return key_id


def make_key(connection: Connection, city_id: str, key_id: str, now: int) -> str:
    """Make the key that was asked for: its text, which is stored nowhere.

    Raises NotFound if there is no such wish, or its key was made before.
    """
    key = f"ck_{key_id}_{secrets.token_urlsafe(32)}"
    values = {"city": city_id, "id": key_id, "hash": _digest(key), "now": now}
    if connection.execute(text(_MAKE), values).rowcount != 1:
        raise NotFound("This key was made before, or nobody has asked for it.")
    return key


def find_key(connection: Connection, city_id: str, typed: str) -> ApiKey | None:
    """The valid key with this text; None for anything else."""
    if not _KEY.fullmatch(typed.strip()):
        return None
    values = {"city": city_id, "hash": _digest(typed.strip())}
    row = connection.execute(text(f"{_SELECT} and key_hash = :hash"), values).mappings().first()
    key = None if row is None else _read(row)
    return key if key is not None and key.is_valid else None


def take_call(connection: Connection, city_id: str, key: ApiKey, now: int) -> float:
    """Count a call with a key, and note its use: the calls left, below 0 if this is one too many.

    In the caller's write transaction; `now` is in epoch seconds.
    """
    if key.used_at is None or key.used_at < now - USE_SECONDS:
        values = {"city": city_id, "id": key.id, "now": now}
        connection.execute(text(_USE), values)
    limit = Limit(key.per_hour, key.per_hour)
    return count_token(connection, city_id, f"api key {key.id}", limit, now)


def keys_of_owner(connection: Connection, city_id: str, owner_hash: str) -> tuple[ApiKey, ...]:
    """The keys of an address, newest first, with those not made yet and those revoked."""
    values = {"city": city_id, "owner": owner_hash}
    query = f"{_SELECT} and owner_hash = :owner order by asked_at desc, id"
    return tuple(map(_read, connection.execute(text(query), values).mappings()))


def list_keys(connection: Connection, city_id: str) -> tuple[tuple[ApiKey, str], ...]:
    """Every key of a city with its owner's encrypted address, newest first."""
    query = text(f"{_SELECT} order by asked_at desc, id")
    rows = connection.execute(query, {"city": city_id}).mappings()
    return tuple((_read(row), row["address"]) for row in rows)


def set_scopes(
    connection: Connection, city_id: str, key_id: str, scopes: Iterable[Scope], per_hour: int | None
) -> ApiKey:
    """Say what a key may do, and how many calls an hour if given. Raises NotFound."""
    key = require_key(connection, city_id, key_id)
    values = {
        "city": city_id,
        "id": key_id,
        "scopes": " ".join(scope for scope in SCOPES if scope in set(scopes)),
        "per_hour": key.per_hour if per_hour is None else per_hour,
    }
    connection.execute(text(_SET), values)
    return require_key(connection, city_id, key_id)


def revoke_key(connection: Connection, city_id: str, key_id: str, now: int) -> None:
    """End a key for good. A second time changes nothing. Raises NotFound."""
    require_key(connection, city_id, key_id)
    connection.execute(text(_REVOKE), {"city": city_id, "id": key_id, "now": now})


def require_key(connection: Connection, city_id: str, key_id: str) -> ApiKey:
    """The key with this id, valid or not. Raises NotFound."""
    values = {"city": city_id, "id": key_id}
    row = connection.execute(text(f"{_SELECT} and id = :id"), values).mappings().first()
    if row is None:
        raise NotFound("There is no API key {id}.", id=key_id[:40])
    return _read(row)


def forget_old_keys(connection: Connection, now: int) -> None:
    """Delete wishes of seven days whose keys nobody has made, and keys ended 180 days ago."""
    values = {"asked": now - UNCONFIRMED_SECONDS, "ended": now - ENDED_SECONDS}
    connection.execute(text(_FORGET), values)


def tidy_name(name: str) -> str:
    """What a key is for, in one line. Raises BadRequest if nothing is said."""
    tidied = " ".join(name.replace("\x00", "").split())[:LONGEST_NAME]
    if not tidied:
        raise BadRequest("Say in a few words what the key is for.")
    return tidied


def _read(row: RowMapping) -> ApiKey:
    fields = {name: row[name] for name in ApiKey.__dataclass_fields__}
    return ApiKey(**{**fields, "scopes": tuple(row["scopes"].split())})


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


_ADD = """
insert into api_keys (jurisdiction_id, id, owner_hash, address, language, name, scopes, per_hour,
    asked_at)
values (:city, :id, :owner, :address, :language, :name, :scopes, :per_hour, :now)
"""
_SELECT = """
select id, name, scopes, per_hour, asked_at, created_at, used_at, revoked_at, address
from api_keys where jurisdiction_id = :city
"""
_MAKE = """
update api_keys set key_hash = :hash, created_at = :now
where jurisdiction_id = :city and id = :id and created_at is null and revoked_at is null
"""
_USE = "update api_keys set used_at = :now where jurisdiction_id = :city and id = :id"
_SET = """
update api_keys set scopes = :scopes, per_hour = :per_hour
where jurisdiction_id = :city and id = :id
"""
_REVOKE = """
update api_keys set revoked_at = :now
where jurisdiction_id = :city and id = :id and revoked_at is null
"""
_FORGET = """
delete from api_keys
where (created_at is null and asked_at < :asked) or revoked_at < :ended
"""
