"""On SQLite, the writer that has waited longest writes next, and no one waits forever."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from portal.context import Portal
from portal.store import sqlite_turns
from portal.store.engines import BUSY_SECONDS, write
from portal.store.sqlite_turns import begin_writing

pytestmark = pytest.mark.parametrize("database", ["sqlite"])


def impatient(engine: Engine, milliseconds: int) -> None:
    engine.dispose()
    event.listen(
        engine,
        "connect",
        lambda connection, _record: connection.execute(f"pragma busy_timeout = {milliseconds}"),
    )


def waiting(turns: list[str], name: str, engine: Engine) -> threading.Thread:
    def take_turn() -> None:
        with write(engine):
            turns.append(name)

    thread = threading.Thread(target=take_turn)
    thread.start()
    while not (sqlite_turns._LINE.locked() and is_in(thread, sqlite_turns.begin_writing)):
        time.sleep(0.001)
    return thread


def is_in(thread: threading.Thread, function: Callable) -> bool:
    """Whether the thread is in a call of the function just now."""
    frame = sys._current_frames().get(thread.ident or 0)
    while frame and frame.f_code is not function.__code__:
        frame = frame.f_back
    return frame is not None


def test_the_writer_that_waited_longest_writes_first(portal: Portal):
    """SQLite retried ever less often for a writer that waited, so the last to come was first."""
    turns: list[str] = []
    with write(portal.core):
        threads = [waiting(turns, name, portal.core) for name in ("first", "second")]
        assert turns == []
    for thread in threads:
        thread.join()
    assert turns[0] == "first"


def test_one_who_waits_for_another_process_writes_a_moment_after_it(portal: Portal, settings):
    other = Portal(settings)
    turns: list[str] = []
    with write(other.core):
        thread = waiting(turns, "first", portal.core)
        time.sleep(1)  # SQLite itself would look every tenth of a second by now
    thread.join()
    other.close()
    assert turns == ["first"]


def test_no_one_waits_longer_than_the_connection_may(portal: Portal):
    impatient(portal.core, 200)
    with write(portal.core):
        asked_at = time.monotonic()
        with pytest.raises(OperationalError, match="locked"), write(portal.core):
            raise AssertionError("two writers at once")
        assert 0.2 <= time.monotonic() - asked_at < 5


def test_those_behind_in_the_line_give_up_too(portal: Portal):
    impatient(portal.core, 300)
    said: list[str] = []

    def ask() -> None:
        try:
            with write(portal.core):
                said.append("wrote")
        except OperationalError as problem:
            said.append(str(problem.orig))

    with write(portal.core):
        threads = [threading.Thread(target=ask) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert said == ["database is locked"] * 3


def test_what_is_no_matter_of_waiting_is_said_at_once(portal: Portal):
    asked_at = time.monotonic()
    with portal.core.connect() as connection:
        connection.exec_driver_sql("select 1")
        with pytest.raises(OperationalError, match="within a transaction"):
            begin_writing(connection)
    assert time.monotonic() - asked_at < BUSY_SECONDS


class Recovering:
    """A driver that fails twice, like SQLite while a killed process's log is being recovered."""

    Error = sqlite3.Error

    def __init__(self, name: str) -> None:
        self.problems, self.said = [name] * 2, []

    def execute(self, statement: str) -> Recovering:
        self.said.append(statement)
        if statement == "begin immediate" and self.problems:
            problem = sqlite3.DatabaseError("not yet")
            problem.sqlite_errorname = self.problems.pop()
            raise problem
        return self

    def fetchone(self) -> tuple[int]:
        return (5_000,)


class Through:
    """A stand-in for SQLAlchemy's connection, as `begin_writing` uses it."""

    def __init__(self, driver: Recovering) -> None:
        self.connection, self.dbapi_connection, self.asked = self, driver, []

    def exec_driver_sql(self, statement: str) -> None:
        self.asked.append(statement)


def test_a_log_that_another_process_recovers_is_waited_for(database):
    """After a kill, the first writers failed: the store was locked."""
    through = Through(driver := Recovering("SQLITE_BUSY_RECOVERY"))
    begin_writing(through)  # pyright: ignore[reportArgumentType]
    assert driver.said.count("begin immediate") == 3
    assert (driver.said[-1], through.asked) == ("pragma busy_timeout = 5000", [])


def test_a_file_that_is_no_database_is_left_to_sqlalchemy_to_say(database):
    """It is no operational error, so it bypassed SQLAlchemy as the driver's own error."""
    through = Through(driver := Recovering("SQLITE_NOTADB"))
    begin_writing(through)  # pyright: ignore[reportArgumentType]
    assert (driver.said.count("begin immediate"), through.asked) == (1, ["begin immediate"])


def test_a_connection_is_as_patient_after_its_turn_as_before(portal: Portal):
    with write(portal.core) as connection:
        assert connection.exec_driver_sql("pragma busy_timeout").scalar() == 5000
