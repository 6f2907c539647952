"""Whose turn it is to write on SQLite, which has one writer at a time.

SQLite's own wait is longer with every look, up to a tenth of a second, so that who came last was first: at twenty reports a second one in
a hundred waited for a second while others were stored. Here the threads of a process stand in line, and the first one of each process
looks again every other millisecond.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

NEXT_LOOK_SECONDS = 0.002
BUSY = "SQLITE_BUSY"
"""How the names of all that passes begin: somebody writes, or mends the log of a process that was killed (SQLITE_BUSY_RECOVERY)."""
_LINE = threading.Lock()


def begin_writing(connection: Connection) -> None:
    """Begin a transaction as the only writer, after a wait of at most the connection's `busy_timeout`.

    Raises SQLAlchemy's OperationalError when it takes longer, or when the store cannot be written at all.
    """
    driver: Any = connection.connection.dbapi_connection
    (patience,) = driver.execute("pragma busy_timeout").fetchone()
    give_up_at = time.monotonic() + patience / 1000
    with _first_in_line(give_up_at):
        driver.execute("pragma busy_timeout = 0")
        try:
            while (problem := _problem_with_beginning(driver)).startswith(
                BUSY
            ) and time.monotonic() < give_up_at:
                time.sleep(NEXT_LOOK_SECONDS)
            if problem:
                connection.exec_driver_sql("begin immediate")  # SQLAlchemy says what is the matter
        finally:
            driver.execute(f"pragma busy_timeout = {patience}")


def _problem_with_beginning(driver: Any) -> str:
    """SQLite's name for it; empty where it has begun."""
    try:
        driver.execute("begin immediate")
    except driver.Error as problem:
        return getattr(problem, "sqlite_errorname", "not SQLite's")
    return ""


@contextmanager
def _first_in_line(give_up_at: float) -> Iterator[None]:
    """Among the threads of this process. One that never gets there asks all the same, and is told that the store is locked."""
    is_first = _LINE.acquire(timeout=max(0.0, give_up_at - time.monotonic()))
    try:
        yield
    finally:
        if is_first:
            _LINE.release()
