"""The worker's syncs: each city in turn, longer pauses after failures, and an immediate stop."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data_sync.pull.report import SyncReport
from data_sync.repeat import repeat_until_told
from data_sync.worker import sync_job
from portal.errors import Conflict, SettingsError
from tests.support.stores import copy_store
from tests.sync.test_repeat import FakeTime


def run_syncs(sync, runs: int, cities: tuple[str, ...] = ("a",)) -> tuple[list[float], list[str]]:
    """Pauses between the syncs, until so many have run, and what was said."""
    time_, said, started_at = FakeTime(), [], []

    def counted(city: str) -> SyncReport:
        started_at.append(time_.now)
        if len(started_at) > runs:
            time_.stop.set()
            return SyncReport(city)
        return sync(city)

    jobs = [sync_job(city, counted, 60, said.append) for city in cities]
    repeat_until_told(jobs, time_.stop, said.append, time_.clock)
    pauses = [later - earlier for earlier, later in zip(started_at, started_at[1:], strict=False)]
    return pauses, said


def test_a_sync_that_found_nothing_new_is_not_worth_a_line():
    pauses, said = run_syncs(lambda city: SyncReport(city, read=5, unchanged=5), runs=1)
    assert said == []
    assert pauses == [60]


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

    pauses, said = run_syncs(sync, runs=4)
    assert pauses == [120, 240, 240, 60]
    assert said[0] == "a.toml: wrong"
    assert "a bug" in said[1]
    assert "Traceback" in said[1]
    assert said[2] == "a: sync is running already"
    assert len(said) == 3


def test_a_sync_that_found_something_is_a_line_of_the_log_with_its_numbers(caplog):
    caplog.set_level(logging.INFO)
    run_syncs(lambda city: SyncReport(city, read=3, new=1, changed=2, seconds=0.5), runs=1)
    (line,) = [record.msg for record in caplog.records if record.msg["event"] == "sync"]
    numbers = {"read": 3, "new": 1, "changed": 2, "unchanged": 0, "quarantined": 0}
    expected = numbers | {"city": "a", "seconds": 0.5, "outcome": "ok"}
    assert {name: line[name] for name in expected} == expected


def test_a_city_that_keeps_failing_is_tried_once_an_hour():
    def sync(city: str) -> SyncReport:
        raise SettingsError("a.toml: wrong")

    pauses, _ = run_syncs(sync, runs=20)
    assert pauses[:6] == [120, 240, 480, 960, 1920, 3600]
    assert set(pauses[6:]) == {3600}


def test_a_sync_that_could_not_counts_as_a_failure():
    report = SyncReport("a")
    report.fail("town.example: cannot be reached")
    pauses, said = run_syncs(lambda city: report, runs=1)
    assert said == ["town.example: cannot be reached"]
    assert pauses == [120]


def test_what_a_sync_found_odd_is_said_although_it_succeeded():
    report = SyncReport("a", problems=["town: 5 of 90 rows could not be used"])
    pauses, said = run_syncs(lambda city: report, runs=1)
    assert said == ["town: 5 of 90 rows could not be used"]
    assert pauses == [60]


def test_all_cities_have_their_turn_though_one_fails():
    turns: list[str] = []

    def sync(city: str) -> SyncReport:
        turns.append(city)
        if city == "a":
            raise SettingsError("a.toml: wrong")
        return SyncReport(city)

    run_syncs(sync, runs=2, cities=("a", "b"))
    assert turns == ["a", "b"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_ends_at_once_when_told(tmp_path: Path, number):
    copy_store(tmp_path)
    environment = {**os.environ, "PORTAL_DATA_DIR": str(tmp_path), "PORTAL_JURISDICTIONS": "demo"}
    with subprocess.Popen(
        [sys.executable, "-m", "data_sync", "worker"],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as worker:
        assert worker.stderr is not None
        assert any(
            "the work-order desk is not running" in json.loads(line)["event"]
            for line in iter(worker.stderr.readline, "")
        )
        told_at = time.monotonic()
        worker.send_signal(number)
        assert worker.wait(60) == 0
        assert time.monotonic() - told_at < 40, "it finished its pause of 45 seconds first"
