"""The desk's staff accounts: Argon2 passwords, sessions that end with them, slow guessing."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select

from data_sync.desk.errors import DeskError, TooManyFailures
from data_sync.desk.models import SignInFailure, Staff, write
from portal.auth.passwords import hash_password, is_password

SHORTEST_PASSWORD = 15
LONGEST_NAME = 100
FAILURE_WINDOW_SECONDS = 15 * 60
MAX_FAILURES = 8
# Behind a proxy all visitors share one address, and guesses at a name can come from many: these
# limits are wider, so that a stranger who fails on purpose does not easily lock the staff out.
MAX_FAILURES_OF_NAME = MAX_FAILURES_OF_ADDRESS = 100


def add_staff(engine: Engine, name: str, password: str) -> None:
    """Create an account, or change its password, which ends its sessions.

    Raises DeskError if the password is short or the name is empty.
    """
    name = name.strip()
    _check_account(name, password)
    row = {"password_hash": hash_password(password), "session_key": secrets.token_hex(16)}
    with write(engine) as connection:
        connection.execute(delete(Staff).where(Staff.name == name))
        connection.execute(insert(Staff).values(name=name, **row))


def add_new_staff(engine: Engine, name: str, password: str) -> str:
    """Create an account whose name no one has yet; returns its session key.

    Raises DeskError if the name is taken or empty, or the password is short.
    """
    name = name.strip()
    _check_account(name, password)
    key = secrets.token_hex(16)
    row = {"name": name, "password_hash": hash_password(password), "session_key": key}
    with write(engine) as connection:
        is_taken = select(Staff.name).where(func.lower(Staff.name) == name.lower())
        if connection.execute(is_taken).first():
            raise DeskError(f"There is an account {name!r} already. Choose another name.")
        connection.execute(insert(Staff).values(row))
    return key


def _check_account(name: str, password: str) -> None:
    if not 1 <= len(name) <= LONGEST_NAME:
        raise DeskError(f"An account needs a name of 1 to {LONGEST_NAME} characters.")
    if len(password) < SHORTEST_PASSWORD:
        raise DeskError(
            f"The password has {len(password)} characters; at least {SHORTEST_PASSWORD}. "
            "A sentence makes a good one."
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
    if is_password(account.password_hash if account else None, password) and account:
        return account.session_key
    _note_failure(engine, name, address, at)
    return None


def _note_failure(engine: Engine, name: str, address: str, at: int) -> None:
    is_old = SignInFailure.at <= at - FAILURE_WINDOW_SECONDS
    failure = {"name": name[:LONGEST_NAME], "address": address, "at": at}
    with write(engine) as connection:
        connection.execute(delete(SignInFailure).where(is_old))
        connection.execute(insert(SignInFailure).values(failure))


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
