"""Accounts of staff: made and taken away on the command line, signed in with a password and a one-time code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from cryptography.fernet import Fernet
from sqlalchemy import Connection, Row, delete, insert, select, update

from portal.auth import one_time
from portal.context import Portal
from portal.errors import BadRequest, NotAllowed, NotFound
from portal.secrets import derive_key
from portal.settings import Settings
from portal.store import buckets
from portal.store.buckets import Limit
from portal.store.staff_models import Staff, StaffSession

Role = Literal["moderator", "manager"]
ROLES: tuple[Role, ...] = ("moderator", "manager")
SHORTEST_PASSWORD, LONGEST_PASSWORD, LONGEST_NAME = 15, 1_000, 100
IDLE_SECONDS, LONGEST_SECONDS, TOUCH_SECONDS = 3_600, 12 * 3_600, 60
OF_BOTH, OF_ONE = Limit(8, 32), Limit(100, 200)
"""Tries at once and an hour: for a name from one address; for a name, or an address, at all. The latter are wide, so that a stranger who
fails on purpose does not easily shut the staff out."""

_HASHER = PasswordHasher()
# Checked when a name is unknown, so that an unknown name takes as long as a wrong password.
_NOBODY = _HASHER.hash("nobody has this password")


@dataclass(frozen=True)
class SignedIn:
    """Somebody of the staff."""

    name: str
    role: Role

    @property
    def is_manager(self) -> bool:
        return self.role == "manager"


@dataclass(frozen=True)
class Enrolment:
    """What a new account's owner puts into an authenticator, and codes for when that is lost. Told once, kept by nobody."""

    secret: str
    address: str
    recovery_codes: tuple[str, ...]


def add(
    connection: Connection,
    settings: Settings,
    city_id: str,
    name: str,
    password: str,
    role: Role,
    now: int,
) -> Enrolment:
    """Make an account, or give one a new password and second factor, which ends its sessions. Raises BadRequest."""
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadRequest("An account needs a name of 1 to {n} characters.", n=LONGEST_NAME)
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadRequest(
            "The password needs {n} characters or more. A sentence makes a good one.",
            n=SHORTEST_PASSWORD,
        )
    secret, codes = one_time.new_secret(), one_time.new_recovery_codes()
    _forget(connection, city_id, name)
    values = {
        "jurisdiction_id": city_id,
        "name": name,
        "role": role,
        "password_hash": _HASHER.hash(password),
        "changed_at": now,
    }
    values |= {"second_factor": _lock(settings).encrypt(secret.encode()).decode(), "last_step": 0}
    connection.execute(
        insert(Staff).values(**values, recovery=" ".join(map(one_time.digest_of, codes)))
    )
    return Enrolment(secret, one_time.address_for_app(secret, city_id, name), tuple(codes))


def remove(connection: Connection, city_id: str, name: str) -> None:
    """Take an account away and end its sessions; what it did stays in the audit. Raises NotFound."""
    if not _forget(connection, city_id, name):
        raise NotFound("There is no account “{name}”.", name=name[:LONGEST_NAME])


def names(connection: Connection, city_id: str) -> list[SignedIn]:
    """All accounts of a city, by name."""
    rows = connection.execute(
        select(Staff.name, Staff.role).where(Staff.jurisdiction_id == city_id).order_by(Staff.name)
    )
    return [SignedIn(*row) for row in rows]


def sign_in(
    portal: Portal, city_id: str, name: str, password: str, code: str, address: str, now: int
) -> str:
    """The token of a new session. Raises NotAllowed with the same sentence for whatever is wrong, and after too many tries."""
    name = name.strip()[:LONGEST_NAME]
    with portal.transaction() as connection:
        may_try = _may_try(
            connection, portal.settings, city_id, name, address, now
        )  # stored whatever comes of it
        account = connection.execute(select(Staff.__table__).where(*_key(city_id, name))).first()
    if not may_try:
        raise NotAllowed("There were too many wrong tries. Please wait a quarter of an hour.")
    is_right = _matches(account.password_hash if account else _NOBODY, password[:LONGEST_PASSWORD])
    if account is None or not is_right:
        raise _wrong()
    with portal.transaction() as connection:
        if not _uses_code(connection, portal.settings, account, code, now):
            raise _wrong()
        return _begin(connection, city_id, name, now)


def sign_in_vouched(portal: Portal, city_id: str, email: str, now: int) -> str:
    """The token of a new session for somebody whose address the city's own sign-in vouches for: the name of their account here.

    Raises NotAllowed where no account has it. A password is not asked; a second factor is that sign-in's to ask for.
    """
    with portal.transaction() as connection:
        found = [
            account.name
            for account in names(connection, city_id)
            if email and account.name.casefold() == email.casefold()
        ]
        if len(found) != 1:
            raise NotAllowed(
                "The city’s own sign-in knows you, but no account here has your e-mail address for its name."
            )
        return _begin(connection, city_id, found[0], now)


def who_is(connection: Connection, city_id: str, token: str, now: int) -> SignedIn | None:
    """Whose session this is; None for one that is over: signed out, an hour without a page, twelve hours old."""
    key = StaffSession.jurisdiction_id == city_id, StaffSession.digest == _digest(token)
    of_account = (Staff.jurisdiction_id == StaffSession.jurisdiction_id) & (
        Staff.name == StaffSession.name
    )
    query = select(Staff.name, Staff.role, StaffSession.began_at, StaffSession.seen_at).join(
        Staff, of_account
    )
    found = connection.execute(query.where(*key)).first()
    if (
        found is None
        or now - found.seen_at > IDLE_SECONDS
        or now - found.began_at > LONGEST_SECONDS
    ):
        return None
    return SignedIn(found.name, found.role)


def is_to_be_touched(connection: Connection, city_id: str, token: str, now: int) -> bool:
    """Whether the session was last seen a minute ago or longer: only then is it worth writing."""
    key = StaffSession.jurisdiction_id == city_id, StaffSession.digest == _digest(token)
    return (
        connection.execute(select(StaffSession.seen_at).where(*key)).scalar() or now
    ) <= now - TOUCH_SECONDS


def touch(connection: Connection, city_id: str, token: str, now: int) -> None:
    """The session was used now; sessions that are over are deleted."""
    key = StaffSession.jurisdiction_id == city_id, StaffSession.digest == _digest(token)
    connection.execute(update(StaffSession).where(*key).values(seen_at=now))
    over = (StaffSession.seen_at < now - IDLE_SECONDS) | (
        StaffSession.began_at < now - LONGEST_SECONDS
    )
    connection.execute(delete(StaffSession).where(StaffSession.jurisdiction_id == city_id, over))


def sign_out(connection: Connection, city_id: str, token: str) -> None:
    """End a session."""
    key = StaffSession.jurisdiction_id == city_id, StaffSession.digest == _digest(token)
    connection.execute(delete(StaffSession).where(*key))


def _wrong() -> NotAllowed:
    """The same for whatever is wrong."""
    return NotAllowed("This name, password and code do not belong together. Please try again.")


def _may_try(
    connection: Connection, settings: Settings, city_id: str, name: str, address: str, now: int
) -> bool:
    key = derive_key(settings, "buckets").encode()

    def take(what: str, limit: Limit) -> bool:
        return buckets.take(
            connection,
            city_id,
            "staff " + hmac.new(key, what.encode(), hashlib.sha256).hexdigest()[:32],
            limit,
            now,
        )

    return all(
        [
            take(f"{name}\n{address}", OF_BOTH),
            take(f"name {name}", OF_ONE),
            take(f"address {address}", OF_ONE),
        ]
    )


def _uses_code(
    connection: Connection, settings: Settings, account: Row, typed: str, now: int
) -> bool:
    """Whether the code is right; it is used up, in this transaction, so that of two at once one gets in."""
    key = _key(account.jurisdiction_id, account.name)
    secret = _lock(settings).decrypt(account.second_factor.encode()).decode()
    step = one_time.step_of(secret, typed, now, account.last_step)
    if step is not None:
        used = update(Staff).where(
            *key, Staff.last_step < step, Staff.password_hash == account.password_hash
        )
        return connection.execute(used.values(last_step=step)).rowcount == 1
    left = account.recovery.split()
    digest = one_time.digest_of(typed)
    if digest not in left:
        return False
    rest = " ".join(kept for kept in left if kept != digest)
    return (
        connection.execute(
            update(Staff).where(*key, Staff.recovery == account.recovery).values(recovery=rest)
        ).rowcount
        == 1
    )


def _begin(connection: Connection, city_id: str, name: str, now: int) -> str:
    token = secrets.token_urlsafe(32)
    values = {
        "jurisdiction_id": city_id,
        "digest": _digest(token),
        "name": name,
        "began_at": now,
        "seen_at": now,
    }
    connection.execute(insert(StaffSession).values(**values))
    return token


def _forget(connection: Connection, city_id: str, name: str) -> bool:
    connection.execute(
        delete(StaffSession).where(
            StaffSession.jurisdiction_id == city_id, StaffSession.name == name.strip()
        )
    )
    return connection.execute(delete(Staff).where(*_key(city_id, name.strip()))).rowcount > 0


def _key(city_id: str, name: str) -> tuple:
    return Staff.jurisdiction_id == city_id, Staff.name == name


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _lock(settings: Settings) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(bytes.fromhex(derive_key(settings, "second factors"))))
