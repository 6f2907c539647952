"""Fair turns for writers on SQLite, which has one writer at a time.

SQLite's own wait grows with each retry, up to a tenth of a second, so the last to come was often
the first to write: at twenty reports a second, one in a hundred waited a second while others were
stored. Here the threads of a process stand in line, and the first of each process tries again every
two milliseconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection

from portal import metrics

RETRY_SECONDS = 0.002
BUSY = "SQLITE_BUSY"
"""Prefix of the errors that pass: another process writes, or recovers the log of a killed process
(SQLITE_BUSY_RECOVERY)."""
_LINE = threading.Lock()


def begin_writing(connection: Connection) -> None:
    """Begin a transaction as the only writer; waits at most the connection's `busy_timeout`.

    Raises SQLAlchemy's OperationalError if that is not enough, or if the store cannot be written.
    """
    driver: Any = connection.connection.dbapi_connection
    (patience,) = driver.execute("pragma busy_timeout").fetchone()
    started = time.perf_counter()
    give_up_at = time.monotonic() + patience / 1000
    with _first_in_line(give_up_at):
        driver.execute("pragma busy_timeout = 0")
        try:
            if _try_until(driver, give_up_at):
                connection.exec_driver_sql("begin immediate")  # raises SQLAlchemy's own error
        finally:
            driver.execute(f"pragma busy_timeout = {patience}")
            metrics.QUEUE_SECONDS.labels("write").observe(time.perf_counter() - started)


def _try_until(driver: Any, give_up_at: float) -> str:
    """Try to begin as long as others write; returns like `_try_to_begin`."""
    problem = _try_to_begin(driver)
    while problem.startswith(BUSY) and time.monotonic() < give_up_at:
        time.sleep(RETRY_SECONDS)
        problem = _try_to_begin(driver)
    return problem


def _try_to_begin(driver: Any) -> str:
    """Begin a write transaction; returns SQLite's name for the error, or "" if there is none."""
    try:
        driver.execute("begin immediate")
    except driver.Error as problem:
        return getattr(problem, "sqlite_errorname", "not SQLite's")
    return ""


@contextmanager
def _first_in_line(give_up_at: float) -> Iterator[None]:
    """Wait in line with the other threads of this process.

    A thread whose turn does not come in time goes ahead, and finds the store locked.
    """
    is_first = _LINE.acquire(timeout=max(0.0, give_up_at - time.monotonic()))
    try:
        yield
    finally:
        if is_first:
            _LINE.release()
