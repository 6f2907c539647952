"""Why nothing can be stored just now: the disk is full, the store read-only, locked or away.

with explain_unwritable():  # raises CannotStore instead of what the database or the disk said
    submit(…)
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from portal.errors import CannotStore

Cause = Literal["full", "read-only", "locked", "away"]


@contextmanager
def explain_unwritable() -> Iterator[None]:
    """Raise CannotStore for what `find_cause` knows."""
    try:
        yield
    except Exception as problem:
        cause = find_cause(problem)
        if cause is None:
            raise
        raise CannotStore(cause=SENTENCES[cause]) from problem


def find_cause(problem: BaseException) -> Cause | None:
    """Why the store or its disk refused; None for any other fault, such as one of ours."""
    original = getattr(problem, "orig", None) or problem
    if isinstance(original, OSError):
        return _OF_DISK.get(original.errno or 0)
    if isinstance(problem, NoConnection):
        return "locked"
    name = getattr(original, "sqlite_errorname", None)
    if name:
        return _find(_OF_SQLITE, name)
    state = getattr(original, "sqlstate", None)
    if state:
        return _find(_OF_POSTGRESQL, state)
    return "away" if _is_unconnected(problem, original) else None


def _is_unconnected(problem: BaseException, original: BaseException) -> bool:
    """PostgreSQL gives no state to a connection that broke or never came about.

    What asks the driver directly (engines.select_value) gets its error as it is.
    """
    if isinstance(problem, DBAPIError) and problem.connection_invalidated:
        return True
    names = ("OperationalError", "ConnectionTimeout")
    is_of_psycopg = hasattr(original, "sqlstate") and type(original).__name__ in names
    return is_of_psycopg and getattr(problem, "statement", None) is None


def _find(causes: dict[str, Cause], name: str) -> Cause | None:
    return next((cause for start, cause in causes.items() if name.startswith(start)), None)


SENTENCES: dict[Cause, str] = {
    "full": "nothing can be stored: the disk is full",
    "read-only": "nothing can be stored: the store or its disk is read-only",
    "locked": "nothing can be stored: another process has locked the store",
    "away": "nothing can be stored: the database does not answer",
}
_OF_DISK: dict[int, Cause] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EFBIG: "full",
    errno.EIO: "full",
    errno.EROFS: "read-only",
    errno.EACCES: "read-only",
    errno.EPERM: "read-only",
}
_OF_SQLITE: dict[str, Cause] = {
    "SQLITE_FULL": "full",
    "SQLITE_IOERR": "full",
    "SQLITE_READONLY": "read-only",
    "SQLITE_CANTOPEN": "read-only",
    "SQLITE_PERM": "read-only",
    "SQLITE_BUSY": "locked",
    "SQLITE_LOCKED": "locked",
}
_OF_POSTGRESQL: dict[str, Cause] = {
    "53300": "away",  # too many connections
    "53": "full",
    "58030": "full",  # an I/O error
    "25006": "read-only",
    "55P03": "locked",
    "40P01": "locked",
    "08": "away",
    "57P": "away",
}
