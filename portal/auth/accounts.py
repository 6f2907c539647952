"""Staff accounts: made on the command line, signed in to with a password and a one-time code.

    token = sign_in(portal, "boston", "Ana", password, code, address, now)
    find_session_owner(connection, "boston", token, now)  # StaffMember("Ana", "moderator")

Every `now` is in epoch seconds.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Literal

from cryptography.fernet import Fernet
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update

from portal.abuse.rate_limits import find_sender
from portal.auth import one_time
from portal.auth.passwords import hash_password, is_password
from portal.context import Portal
from portal.errors import BadRequest, NotAllowed, NotFound
from portal.secrets import derive_key, digest_owner
from portal.settings import Settings
from portal.store.buckets import Limit, take_token
from portal.store.staff_models import Staff, StaffSession

Role = Literal["moderator", "manager"]
ROLES: tuple[Role, ...] = ("moderator", "manager")
SHORTEST_PASSWORD = 15
LONGEST_PASSWORD = 1_000
LONGEST_NAME = 100
IDLE_SECONDS = 3_600
MAX_SESSION_SECONDS = 12 * 3_600
TOUCH_SECONDS = 60
PER_NAME_AND_ADDRESS = Limit(8, 32)
"""Tries to sign in, at once and per hour, for one name from one household's network."""
PER_NAME_OR_ADDRESS = Limit(100, 200)
"""The same for a name from anywhere, and for a network with any name. It is wide, so that a
stranger who fails on purpose can't easily lock the staff out."""


_IS_OWNER = and_(
    Staff.jurisdiction_id == StaffSession.jurisdiction_id, Staff.name == StaffSession.name
)


@dataclass(frozen=True)
class StaffMember:
    """One of a city's staff, by the name and role of their account."""

    name: str
    role: Role

    @property
    def is_manager(self) -> bool:
        return self.role == "manager"


@dataclass(frozen=True)
class Enrollment:
    """What the owner of a new account adds to an authenticator, and codes for when that is lost.

    Shown once and never stored as it is.
    """

    secret: str
    address: str
    recovery_codes: tuple[str, ...]


def add_account(
    connection: Connection,
    settings: Settings,
    city_id: str,
    name: str,
    password: str,
    role: Role,
    now: int,
) -> Enrollment:
    """Make an account. One that exists gets a new password and second factor, and is signed out.

    Raises BadRequest if the name is empty or too long, or the password too short or too long.
    """
    name = name.strip()
    _check_name(name)
    _check_password(password)
    secret = one_time.generate_secret()
    codes = one_time.generate_recovery_codes()
    _delete_account(connection, city_id, name)
    values = {
        "jurisdiction_id": city_id,
        "name": name,
        "role": role,
        "password_hash": hash_password(password),
        "second_factor": _make_cipher(settings).encrypt(secret.encode()).decode(),
        "last_step": 0,
        "recovery": " ".join(map(one_time.digest_code, codes)),
        "changed_at": now,
    }
    connection.execute(insert(Staff).values(**values))
    address = one_time.build_app_address(secret, city_id, name)
    return Enrollment(secret, address, tuple(codes))


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= LONGEST_NAME:
        raise BadRequest("An account needs a name of 1 to {n} characters.", n=LONGEST_NAME)


def _check_password(password: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadRequest(
            "The password needs {n} characters or more. A sentence makes a good one.",
            n=SHORTEST_PASSWORD,
        )


def remove_account(connection: Connection, city_id: str, name: str) -> None:
    """Remove an account and end its sessions; the audit keeps what it did.

    Raises NotFound if the city has no account of this name.
    """
    if not _delete_account(connection, city_id, name):
        raise NotFound("There is no account “{name}”.", name=name[:LONGEST_NAME])


def list_accounts(connection: Connection, city_id: str) -> list[StaffMember]:
    """All accounts of a city, by name."""
    of_city = select(Staff.name, Staff.role).where(Staff.jurisdiction_id == city_id)
    return [StaffMember(*row) for row in connection.execute(of_city.order_by(Staff.name))]


def sign_in(
    portal: Portal, city_id: str, name: str, password: str, code: str, address: str, now: int
) -> str:
    """Start a session and return its token.

    Raises NotAllowed, with the same sentence whichever part is wrong, and after too many tries.
    """
    name = name.strip()[:LONGEST_NAME]
    account = _find_account_to_try(portal, city_id, name, address, now)
    is_right = _is_password(account, password[:LONGEST_PASSWORD])
    if account is None or not is_right:
        raise _refuse()
    with portal.transaction() as connection:
        if not _use_code(connection, portal.settings, account, code, now):
            raise _refuse()
        return _start_session(connection, city_id, name, now)


def _find_account_to_try(
    portal: Portal, city_id: str, name: str, address: str, now: int
) -> Row | None:
    """The account of this name, if any. Raises NotAllowed after too many tries."""
    with portal.transaction() as connection:
        # Counted and stored even if the sign-in fails.
        may_try = _count_try(connection, portal.settings, city_id, name, address, now)
        of_name = select(Staff.__table__).where(_is_account(city_id, name))
        account = connection.execute(of_name).first()
    if not may_try:
        raise NotAllowed("There were too many wrong tries. Please wait a quarter of an hour.")
    return account


def sign_in_by_email(portal: Portal, city_id: str, email: str, now: int) -> str:
    """Start a session for someone whose e-mail address the city's own sign-in has verified.

    Their account here has that address for its name. No password is asked for; a second factor is
    up to the city's sign-in. Returns the session's token. Raises NotAllowed if no account fits.
    """
    with portal.transaction() as connection:
        names = [account.name for account in list_accounts(connection, city_id)]
        found = [name for name in names if email and name.casefold() == email.casefold()]
        if len(found) != 1:
            raise NotAllowed(
                "The city’s own sign-in knows you, "
                "but no account here has your e-mail address for its name."
            )
        return _start_session(connection, city_id, found[0], now)


def find_session_owner(
    connection: Connection, city_id: str, token: str, now: int
) -> StaffMember | None:
    """Return who is signed in with this token.

    None if the session is over: signed out, an hour without a page, or twelve hours old.
    """
    columns = (Staff.name, Staff.role, StaffSession.began_at, StaffSession.seen_at)
    query = select(*columns).join(Staff, _IS_OWNER).where(_is_session(city_id, token))
    found = connection.execute(query).first()
    if found is None:
        return None
    is_idle = now - found.seen_at > IDLE_SECONDS
    is_too_old = now - found.began_at > MAX_SESSION_SECONDS
    return None if is_idle or is_too_old else StaffMember(found.name, found.role)


def is_touch_due(connection: Connection, city_id: str, token: str, now: int) -> bool:
    """Whether the session was last seen a minute ago or earlier: only then is a write worth it."""
    query = select(StaffSession.seen_at).where(_is_session(city_id, token))
    seen_at = connection.execute(query).scalar() or now
    return seen_at <= now - TOUCH_SECONDS


def touch_session(connection: Connection, city_id: str, token: str, now: int) -> None:
    """Store that the session was used now, and delete the city's sessions that are over."""
    connection.execute(update(StaffSession).where(_is_session(city_id, token)).values(seen_at=now))
    is_idle = StaffSession.seen_at < now - IDLE_SECONDS
    is_too_old = StaffSession.began_at < now - MAX_SESSION_SECONDS
    of_city = delete(StaffSession).where(StaffSession.jurisdiction_id == city_id)
    connection.execute(of_city.where(is_idle | is_too_old))


def sign_out(connection: Connection, city_id: str, token: str) -> None:
    """End a session."""
    connection.execute(delete(StaffSession).where(_is_session(city_id, token)))


def _refuse() -> NotAllowed:
    """The same whichever part is wrong."""
    return NotAllowed("This name, password and code do not belong together. Please try again.")


def _count_try(
    connection: Connection, settings: Settings, city_id: str, name: str, address: str, now: int
) -> bool:
    """Count a try to sign in; whether it is within every limit."""
    limits = {f"name {name}": PER_NAME_OR_ADDRESS}
    # Where all visitors seem to have one address, its limits would lock out all the staff.
    if sender := find_sender(address):
        limits |= {
            f"{name}\n{sender}": PER_NAME_AND_ADDRESS,
            f"address {sender}": PER_NAME_OR_ADDRESS,
        }
    # A list, not a generator: every bucket is counted, whichever is empty.
    within = [
        take_token(connection, city_id, f"staff {digest_owner(settings, whose)}", limit, now)
        for whose, limit in limits.items()
    ]
    return all(within)


def _use_code(
    connection: Connection, settings: Settings, account: Row, typed: str, now: int
) -> bool:
    """Whether the code is right.

    It is used up in this transaction, so that of two sign-ins at once only one succeeds.
    """
    secret = _make_cipher(settings).decrypt(account.second_factor.encode()).decode()
    step = one_time.find_step(secret, typed, now, account.last_step)
    if step is None:
        return _use_recovery_code(connection, account, typed)
    is_account = _is_account(account.jurisdiction_id, account.name)
    is_unchanged = Staff.password_hash == account.password_hash
    unused = update(Staff).where(is_account, is_unchanged, Staff.last_step < step)
    return connection.execute(unused.values(last_step=step)).rowcount == 1


def _use_recovery_code(connection: Connection, account: Row, typed: str) -> bool:
    digests = account.recovery.split()
    used = one_time.digest_code(typed)
    if used not in digests:
        return False
    is_account = _is_account(account.jurisdiction_id, account.name)
    unchanged = update(Staff).where(is_account, Staff.recovery == account.recovery)
    left = " ".join(digest for digest in digests if digest != used)
    return connection.execute(unchanged.values(recovery=left)).rowcount == 1


def _start_session(connection: Connection, city_id: str, name: str, now: int) -> str:
    token = secrets.token_urlsafe(32)
    session = insert(StaffSession).values(jurisdiction_id=city_id, name=name)
    connection.execute(session.values(digest=_digest(token), began_at=now, seen_at=now))
    return token


def _delete_account(connection: Connection, city_id: str, name: str) -> bool:
    """Delete an account with its sessions; whether there was one."""
    name = name.strip()
    of_city = delete(StaffSession).where(StaffSession.jurisdiction_id == city_id)
    connection.execute(of_city.where(StaffSession.name == name))
    return connection.execute(delete(Staff).where(_is_account(city_id, name))).rowcount > 0


def _is_account(city_id: str, name: str) -> ColumnElement[bool]:
    return and_(Staff.jurisdiction_id == city_id, Staff.name == name)


def _is_session(city_id: str, token: str) -> ColumnElement[bool]:
    of_city = StaffSession.jurisdiction_id == city_id
    return and_(of_city, StaffSession.digest == _digest(token))


def _is_password(account: Row | None, password: str) -> bool:
    return is_password(account.password_hash if account else None, password)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _make_cipher(settings: Settings) -> Fernet:
    key = bytes.fromhex(derive_key(settings, "second factors"))
    return Fernet(base64.urlsafe_b64encode(key))
