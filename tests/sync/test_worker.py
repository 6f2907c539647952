"""The worker: every city in its turn, survived errors, longer pauses after failures, and a stop that is obeyed at once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from data_sync.pull.run import SyncReport
from data_sync.worker import Loop
from portal.errors import Conflict, SettingsError
from portal.settings import Settings


def loop(sync, cities: str = "a") -> tuple[Loop, list[str]]:
    said: list[str] = []
    return Loop(
        Settings(jurisdictions=cities, sync_seconds=60), sync, threading.Event(), say=said.append
    ), said


def test_a_sync_that_found_nothing_new_is_not_worth_a_line():
    made, said = loop(lambda city: SyncReport(city, read=5, unchanged=5))
    made.sync_once("a")
    assert said == []
    assert made.pause_after("a") == 60


def test_failures_are_said_and_make_the_pause_longer_up_to_an_hour_until_one_succeeds():
    outcomes: list = [
        SettingsError("a.toml: wrong"),
        RuntimeError("a bug"),
        Conflict("a: sync is running already"),
    ]

    def sync(city: str) -> SyncReport:
        if outcomes:
            raise outcomes.pop(0)
        return SyncReport(city, read=1, new=1, seconds=0.5)

    made, said = loop(sync)
    pauses = []
    for _ in range(4):
        made.sync_once("a")
        pauses.append(made.pause_after("a"))
    assert pauses == [120, 240, 240, 60]
    assert said[0] == "a.toml: wrong"
    assert "a bug" in said[1]
    assert "Traceback" in said[1]
    assert (
        said[3] == "a: read 1 · new 1 · changed 0 · unchanged 0 · quarantined 0 · 0.5 s · 2 rows/s"
    )
    for _ in range(20):
        made._failed("a", "again")
    assert made.pause_after("a") == 3600


def test_a_sync_that_could_not_counts_as_a_failure():
    report = SyncReport("a")
    report.fail("town.example: cannot be reached")
    made, said = loop(lambda city: report)
    made.sync_once("a")
    assert said == ["town.example: cannot be reached"]
    assert made.pause_after("a") == 120


def test_all_cities_have_their_turn_though_one_fails():
    turns: list[str] = []

    def sync(city: str) -> SyncReport:
        turns.append(city)
        if len(turns) == 2:
            made.wake.set()
        if city == "a":
            raise SettingsError("a.toml: wrong")
        return SyncReport(city)

    made, _ = loop(sync, "a,b")
    made.run_until_told()
    assert turns == ["a", "b"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_ends_at_once_when_told(tmp_path: Path, number):
    from portal import migrations
    from portal.store.engines import core_engine

    engine = core_engine(Settings(data_dir=tmp_path))
    migrations.upgrade(engine)
    engine.dispose()
    environment = {**os.environ, "PORTAL_DATA_DIR": str(tmp_path), "PORTAL_JURISDICTIONS": "demo"}
    with subprocess.Popen(
        [sys.executable, "-m", "data_sync", "worker"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stdout is not None
        assert any(
            "the work-order desk is not running" in line
            for line in iter(worker.stdout.readline, "")
        )
        told_at = time.monotonic()
        worker.send_signal(number)
        assert worker.wait(20) == 0
        assert time.monotonic() - told_at < 10
