"""Jobs that are repeated: they survive faults, wait longer after them, and stop when told."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import create_engine

from data_sync.repeat import SAY_AGAIN_SECONDS, Job, repeat_until_told, start_thread
from portal.errors import Conflict, SourceError


class FakeTime:
    """Time that passes only while somebody waits for `stop`."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.pauses: list[float] = []
        self.stop = threading.Event()
        self.stop.wait = self._wait

    def clock(self) -> float:
        return self.now

    def _wait(self, seconds: float | None = None) -> bool:
        if seconds and not self.stop.is_set():
            self.pauses.append(seconds)
            self.now += seconds
        return self.stop.is_set()


@pytest.fixture
def fake() -> FakeTime:
    return FakeTime()


def in_turn(fake: FakeTime, *outcomes) -> Callable[[], float | None]:
    """A job's `once` that returns or raises one outcome after the other, then stops."""
    left = list(outcomes)

    def once() -> float | None:
        outcome = left.pop(0)
        if not left:
            fake.stop.set()
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return once


def test_a_job_runs_at_once_and_then_after_each_pause(fake, said):
    repeat_until_told(
        [Job("job", in_turn(fake, None, None, None), 5)], fake.stop, said.append, fake.clock
    )
    assert fake.pauses == [5, 5]
    assert said == []


def test_a_job_may_ask_for_another_pause(fake, said):
    repeat_until_told(
        [Job("job", in_turn(fake, 10.0, None, 1.0, None), 60)], fake.stop, said.append, fake.clock
    )
    assert fake.pauses == [10, 60, 1]


def test_no_job_keeps_a_core_busy_whatever_pause_it_asks_for(fake, said):
    outcomes = [0.0, -5.0] * 10
    repeat_until_told([Job("job", in_turn(fake, *outcomes), 0)], fake.stop, said.append, fake.clock)
    assert len(fake.pauses) == 19
    assert min(fake.pauses) > 0.04


def test_it_goes_on_after_an_exception_and_says_where_it_was(fake, said):
    once = in_turn(fake, RuntimeError("a bug"), None)
    repeat_until_told([Job("town: job", once, 5)], fake.stop, said.append, fake.clock)
    assert len(said) == 1
    assert said[0].startswith("town: job: unexpected error\nTraceback")
    assert "RuntimeError: a bug" in said[0]


def test_a_refusal_of_ours_is_its_sentence_alone(fake, said):
    once = in_turn(fake, SourceError("town: cannot be reached"), None)
    repeat_until_told([Job("job", once, 5)], fake.stop, said.append, fake.clock)
    assert said == ["town: cannot be reached"]


def test_the_pause_after_faults_doubles_to_the_longest_and_is_the_usual_one_after_a_success(
    fake, said
):
    faults = [OSError("disk")] * 5
    once = in_turn(fake, *faults, None, OSError("disk"), None)
    job = Job("job", once, 1, retry_seconds=30, longest_retry_seconds=100)
    repeat_until_told([job], fake.stop, said.append, fake.clock)
    assert fake.pauses == [30, 60, 100, 100, 100, 1, 30]


def test_a_fault_never_makes_the_pause_shorter_than_usual():
    assert (
        Job("job", lambda: None, 90, retry_seconds=5, longest_retry_seconds=60).pause_after(9) == 90
    )


def test_a_fault_is_said_once_per_kind_until_the_job_succeeds(fake, said):
    bug, other = RuntimeError("number 1"), KeyError("x")
    once = in_turn(fake, bug, RuntimeError("number 2"), other, bug, None, bug, None)
    repeat_until_told([Job("job", once, 1)], fake.stop, said.append, fake.clock)
    assert [line.rstrip().splitlines()[-1] for line in said] == [
        "RuntimeError: number 1",
        "KeyError: 'x'",
        "RuntimeError: number 1",
    ]


def test_a_fault_that_stays_is_said_again_every_hour(fake, said):
    runs = int(3 * SAY_AGAIN_SECONDS / 60)
    once = in_turn(fake, *[RuntimeError("a bug")] * runs)
    repeat_until_told([Job("job", once, 60, 60)], fake.stop, said.append, fake.clock)
    assert len(said) == 3


def test_where_someone_else_does_the_work_nothing_is_said_and_no_failure_counted(fake, said):
    once = in_turn(fake, Conflict("a lease"), OSError("disk"), Conflict("a lease"), None)
    repeat_until_told([Job("job", once, 5)], fake.stop, said.append, fake.clock)
    assert fake.pauses == [5, 10, 10]
    assert len(said) == 1


def test_jobs_take_turns_and_one_that_fails_does_not_hold_up_the_others(fake, said):
    turns = []

    def run(name: str) -> None:
        turns.append((name, fake.now - 1_000))
        if len(turns) == 8:
            fake.stop.set()
        if name == "bad":
            raise RuntimeError("a bug")

    jobs = [Job("bad", lambda: run("bad"), 10), Job("good", lambda: run("good"), 10)]
    repeat_until_told(jobs, fake.stop, said.append, fake.clock)
    assert turns == [
        ("bad", 0),
        ("good", 0),
        ("good", 10),
        ("bad", 20),
        ("good", 20),
        ("good", 30),
        ("good", 40),
        ("good", 50),
    ]


def test_without_a_job_it_returns_at_once(said):
    repeat_until_told([], threading.Event(), said.append)


def test_it_runs_nothing_once_it_is_told_to_stop(said):
    stop = threading.Event()
    stop.set()
    repeat_until_told([Job("job", lambda: pytest.fail("ran"), 1)], stop, said.append)


def test_a_thread_that_would_wait_for_an_hour_stops_when_told(said):
    stop, has_run = threading.Event(), threading.Event()
    thread = start_thread("job", [Job("job", has_run.set, 3_600)], stop, said.append)
    assert has_run.wait(60)
    assert thread.name == "job"
    stop.set()
    thread.join(60)
    assert not thread.is_alive()


def test_every_run_of_a_job_is_counted_by_job_city_and_outcome(fake, said):
    def count(outcome: str) -> float:
        labels = {"job": "tidying", "city": "town", "outcome": outcome}
        return REGISTRY.get_sample_value("portal_job_seconds_count", labels) or 0.0

    before = count("ok"), count("failed")
    once = in_turn(fake, None, OSError("disk"), Conflict("a lease"), None)
    repeat_until_told([Job("town: tidying", once, 1)], fake.stop, said.append, fake.clock)
    assert (count("ok"), count("failed")) == (before[0] + 2, before[1] + 1)


def test_a_store_that_is_away_is_one_sentence_and_no_traceback(fake, said):
    store = create_engine("postgresql+psycopg://portal@127.0.0.1:1/none")

    def ask() -> None:
        store.connect()

    jobs = [Job("town: sync", ask, 10), Job("town: end", in_turn(fake, None), 10)]
    repeat_until_told(jobs, fake.stop, said.append, fake.clock)
    assert said == ["town: sync: nothing can be stored: the database does not answer; trying again"]
