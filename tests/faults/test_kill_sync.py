"""kill -9 at any moment of a sync: the next run completes and leaves what a clean run leaves."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from data_sync.pull.run import sync_city
from portal import jurisdictions
from portal.context import Portal
from portal.facts.verify import verify
from portal.settings import Settings
from tests.support.stores import copy_store
from tests.sync.support import SOURCE, content_of, found_by, row, rows_of, write_csv

ROWS = 600
KILLS = {"sqlite": 100, "postgresql": 25}

# Small pages, so that a kill falls into every part of the run; imports done once, then a child per
# sync by fork.
NURSERY = """
import os, sys
from dataclasses import replace
from pathlib import Path
import data_sync.reading.tables as tables
from data_sync.pull.run import sync_city
from portal import jurisdictions
from portal.context import Portal
from portal.errors import PortalError
from portal.settings import Settings
from tests.faults.test_kill_sync import town, small_pages
small_pages(tables)
settings = Settings(data_dir=Path(sys.argv[1]), database_url=sys.argv[2], secret_key="test")
for _line in sys.stdin:
    child = os.fork()
    if child == 0:
        os.setsid()
        portal = Portal(settings, {"town": town()})
        report = sync_city(portal, town(), from_files=[Path(sys.argv[3])])
        os._exit(1 if report.has_failed else 0)
    print(child, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def town():
    """The demo city's square with a CSV and no polygons."""
    return replace(
        jurisdictions.load("demo"), id="town", sources=(SOURCE,), boundaries=(), service_rules=()
    )


def small_pages(tables) -> None:
    """40 rows a page instead of 10,000."""
    whole = tables.in_pages
    tables.in_pages = lambda rows: whole(rows, 40)


def town_rows(updated: str, text_of: str) -> list[dict[str, str]]:
    return [
        row(
            str(number),
            type=f"Type {number % 5}",
            updated=updated,
            text=f"{text_of} {number} call 617-635-4500",
            lat=f"42.3{number:04}",
        )
        for number in range(ROWS)
    ]


class Nursery:
    """A process that forks a sync whenever it is told to."""

    def __init__(self, settings: Settings, file: Path) -> None:
        command = [
            sys.executable,
            "-c",
            NURSERY,
            str(settings.data_dir),
            settings.database_url,
            str(file),
        ]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def sync(self, kill_after: float | None = None) -> int:
        """Run one sync, kill it after so many seconds where it still runs; its exit code."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("go\n")
        child = int(self.process.stdout.readline())
        if kill_after is not None:
            time.sleep(kill_after)
            with contextlib.suppress(ProcessLookupError):  # it was faster than we were
                os.kill(child, signal.SIGKILL)
        return int(self.process.stdout.readline())

    def close(self) -> None:
        self.process.communicate(timeout=30)


@pytest.mark.faults
def test_a_hundred_kills_leave_what_a_clean_run_leaves(portal, settings, database, tmp_path):
    first, second = (
        write_csv(tmp_path / "first.csv", town_rows("2026-01-06 10:00:00", "lamp")),
        tmp_path / "second.csv",
    )
    write_csv(second, town_rows("2026-01-08 10:00:00", "zebra"))
    seed = random.Random(311)  # noqa: S311
    killed = 0
    for file, share in ((first, 0.5), (second, 1.0)):
        nursery = Nursery(settings, file)
        began = time.monotonic()
        latest = 0.3
        while killed < KILLS[database] * share:
            # The latest kill hovers about the length of a run, whatever the machine: kills fall
            # into its beginning, middle and end.
            was_killed = nursery.sync(kill_after=seed.uniform(0.005, latest)) == -signal.SIGKILL
            killed += was_killed
            latest *= 1.05 if was_killed else 0.8
            assert time.monotonic() - began < 280, "kills come too slowly"
            check_whole(portal, database)
        assert nursery.sync() == 0
        nursery.close()
    clean = Portal(Settings(data_dir=tmp_path / "clean", secret_key="test"), {"town": town()})
    copy_store(clean.settings.data_dir)
    for file in (first, second):
        assert not sync_city(clean, town(), from_files=[file]).has_failed
    assert content_of(portal, town()) == content_of(clean, town())
    assert verify(portal.core, town(), portal.facts_folder) == []
    assert found_by(portal, town(), "zebra") == {str(number) for number in range(ROWS)}
    assert found_by(portal, town(), "lamp") == set()
    assert rows_of(portal, "select count(*) from case_revisions") == [(ROWS,)]
    assert rows_of(portal, "select count(*) from leases") == [(0,)]
    assert rows_of(portal, "select count(*) from sync_runs where state = 'running'") == [(0,)]
    clean.close()


def check_whole(portal: Portal, database: str) -> None:
    """After any kill: the database is sound, no page is half stored, every batch has its number."""
    # A fresh connection: in one that was open before, SQLite's check compares the search index with
    # what it remembers of it.
    portal.core.dispose()
    with portal.core.connect() as connection:
        if database == "sqlite":
            assert connection.exec_driver_sql("pragma quick_check").scalar() == "ok"
        stored, newest = connection.execute(
            text("select count(*), coalesce(max(rev), 0) from cases")
        ).one()
        assert stored % 40 == 0
        assert newest == (connection.execute(text("select rev from data_versions")).scalar() or 0)
