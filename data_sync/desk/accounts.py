"""The desk's staff accounts: Argon2 passwords, sessions that end with them, slow guessing."""

from __future__ import annotations

import secrets
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select

from data_sync.desk.errors import DeskError, TooManyFailures
from data_sync.desk.models import SignInFailure, Staff, write

SHORTEST_PASSWORD = 15
LONGEST_NAME = 100
FAILURE_WINDOW_SECONDS = 15 * 60
MAX_FAILURES = 8
# Behind a proxy all visitors share one address, and guesses at a name can come from many: these
# limits are wider, so that a stranger who fails on purpose does not easily lock the staff out.
MAX_FAILURES_OF_NAME = MAX_FAILURES_OF_ADDRESS = 100

_HASHER = PasswordHasher()
# Checked for an unknown name, so that it takes as long as a wrong password.
_NOBODY = _HASHER.hash("nobody has this password")


def add_staff(engine: Engine, name: str, password: str) -> None:
    """Create an account, or change its password, which ends its sessions.

    Raises DeskError if the password is short or the name is empty.
    """
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME:
        raise DeskError(f"An account needs a name of 1 to {LONGEST_NAME} characters.")
    if len(password) < SHORTEST_PASSWORD:
        raise DeskError(
            f"The password has {len(password)} characters; at least {SHORTEST_PASSWORD}. "
            "A sentence makes a good one."
        )
    with write(engine) as connection:
        connection.execute(delete(Staff).where(Staff.name == name))
        connection.execute(
            insert(Staff).values(
                name=name, password_hash=_HASHER.hash(password), session_key=secrets.token_hex(16)
            )
        )


def remove_staff(engine: Engine, name: str) -> None:
    """Delete an account and end its sessions; its actions stay in the history.

    Raises DeskError if there is no such account.
    """
    with write(engine) as connection:
        if not connection.execute(delete(Staff).where(Staff.name == name.strip())).rowcount:
            raise DeskError(f"There is no account {name!r}.")


def sign_in(engine: Engine, name: str, password: str, *, address: str, now: datetime) -> str | None:
    """The session key if name and password match, else None.

    Raises TooManyFailures after eight wrong tries in 15 minutes.
    """
    at = int(now.timestamp())
    with engine.connect() as connection:
        if _is_guessed_at(connection, name, address, at - FAILURE_WINDOW_SECONDS):
            raise TooManyFailures(
                "Too many wrong passwords. Wait a quarter of an hour and try again."
            )
        account = connection.execute(select(Staff.__table__).where(Staff.name == name)).first()
    if _matches(account.password_hash if account else _NOBODY, password) and account:
        return account.session_key
    with write(engine) as connection:
        connection.execute(
            delete(SignInFailure).where(SignInFailure.at <= at - FAILURE_WINDOW_SECONDS)
        )
        connection.execute(
            insert(SignInFailure).values(name=name[:LONGEST_NAME], address=address, at=at)
        )
    return None


def is_signed_in(engine: Engine, name: str | None, session_key: str | None) -> bool:
    """Whether a session still belongs to an account."""
    with engine.connect() as connection:
        kept = connection.execute(select(Staff.session_key).where(Staff.name == name)).scalar()
    return kept is not None and kept == session_key


def _is_guessed_at(connection: Connection, name: str, address: str, since: int) -> bool:
    def failures(*whose: ColumnElement[bool]) -> int:
        query = (
            select(func.count()).select_from(SignInFailure).where(SignInFailure.at > since, *whose)
        )
        return connection.execute(query).scalar_one()

    of_name = SignInFailure.name == name[:LONGEST_NAME]
    of_address = SignInFailure.address == address
    return (
        failures(of_name, of_address) >= MAX_FAILURES
        or failures(of_name) >= MAX_FAILURES_OF_NAME
        or failures(of_address) >= MAX_FAILURES_OF_ADDRESS
    )


def _matches(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
