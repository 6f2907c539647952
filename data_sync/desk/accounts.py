"""Staff accounts of the desk: passwords by Argon2, and guessing made slow for a name and for an address."""

from __future__ import annotations

from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Engine, delete, func, insert, or_, select

from data_sync.desk.errors import DeskError
from data_sync.desk.models import SignInFailure, Staff, write

SHORTEST_PASSWORD = 15
MAX_FAILURES = 8
FAILURE_WINDOW_SECONDS = 15 * 60
_HASHER = PasswordHasher()
# Checked when a name is unknown, so that an unknown name takes as long as a wrong password.
_NOBODY = _HASHER.hash("nobody has this password")


class TooManyFailures(DeskError):
    """Somebody is guessing."""

    status = 429


def add_staff(engine: Engine, name: str, password: str) -> None:
    """Make an account or change its password. Raises DeskError for a short password or an empty name."""
    if not name.strip():
        raise DeskError("An account needs a name.")
    if len(password) < SHORTEST_PASSWORD:
        raise DeskError(f"The password has {len(password)} characters; at least {SHORTEST_PASSWORD}. A sentence is a good one.")
    with write(engine) as connection:
        connection.execute(delete(Staff).where(Staff.name == name))
        connection.execute(insert(Staff).values(name=name, password_hash=_HASHER.hash(password)))


def signs_in(engine: Engine, name: str, password: str, *, address: str, now: datetime) -> bool:
    """Whether name and password belong together. Raises TooManyFailures after eight wrong tries in a quarter of an hour."""
    at = int(now.timestamp())
    with engine.connect() as connection:
        recent = select(func.count()).select_from(SignInFailure).where(SignInFailure.at > at - FAILURE_WINDOW_SECONDS)
        failures = connection.execute(recent.where(or_(SignInFailure.name == name, SignInFailure.address == address))).scalar_one()
        kept = connection.execute(select(Staff.password_hash).where(Staff.name == name)).scalar()
    if failures >= MAX_FAILURES:
        raise TooManyFailures("Too many wrong passwords. Wait a quarter of an hour and try again.")
    if _matches(kept or _NOBODY, password) and kept:
        return True
    with write(engine) as connection:
        connection.execute(delete(SignInFailure).where(SignInFailure.at <= at - FAILURE_WINDOW_SECONDS))
        connection.execute(insert(SignInFailure).values(name=name[:100], address=address, at=at))
    return False


def _matches(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
