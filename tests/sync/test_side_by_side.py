"""Cities are synced side by side: one sick host is one city's trouble and no other's."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from data_sync.pull.report import SyncReport
from data_sync.reading.fetch import Fetcher
from data_sync.repeat import Job, start_threads
from data_sync.worker import PHOTOS_AT_ONCE, SYNCS_AT_ONCE, sync_job, thread_groups
from portal.context import Portal
from portal.domain.jurisdiction import PhotoSource
from portal.domain.route_rules import System
from tests.support.dripping import dripping
from tests.support.waiting import wait_until

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"


@contextmanager
def refusing() -> Iterator[int]:
    """A port on which nobody answers."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield one.getsockname()[1]


@contextmanager
def silent() -> Iterator[int]:
    """A host that takes the question and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


SICK: dict[str, Callable] = {
    "drips a body": lambda: dripping(HEAD, b"x"),
    "drips a head": lambda: dripping(b"HTTP/1.1 200 OK\r\n", b"X-More: yes\r\n"),
    "says nothing": silent,
    "refuses": refusing,
}


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    made = threading.Event()
    yield made
    made.set()


@pytest.mark.parametrize("sickness", SICK)
def test_a_city_whose_host_is_sick_holds_up_no_other(sickness, stop):
    runs: list[str] = []
    with SICK[sickness]() as port:
        fetch = Fetcher(set(), local_origin=f"http://127.0.0.1:{port}", max_seconds=60)

        def sync(city: str) -> SyncReport:
            runs.append(city)
            if city == "sick":
                fetch(f"http://127.0.0.1:{port}/requests.json")
            return SyncReport(city)

        jobs = [sync_job(city, sync, 0.01, print) for city in ("sick", "a", "b")]
        threads = start_threads("sync", jobs, stop, print, SYNCS_AT_ONCE)
        wait_until(lambda: min(runs.count("a"), runs.count("b")) >= 5)
        assert runs.count("sick") == 1
        stop.set()
    assert len(threads) == 3


def test_threads_are_bounded_and_no_job_runs_beside_itself(stop):
    running: dict[int, int] = dict.fromkeys(range(20), 0)
    most: list[int] = []
    done: list[int] = []

    def once(number: int) -> None:
        running[number] += 1
        most.append(sum(running.values()))
        assert running[number] == 1
        running[number] -= 1
        done.append(number)

    jobs = [Job(f"job {number}", lambda n=number: once(n), 0.0) for number in range(20)]
    threads = start_threads("jobs", jobs, stop, pytest.fail, most=4)
    wait_until(lambda: set(done) == set(range(20)))
    stop.set()
    for thread in threads:
        thread.join(60)
    assert len(threads) == 4
    assert max(most) <= 4


def test_a_job_that_becomes_due_is_taken_although_another_thread_waits_for_a_host(stop):
    released, ran = threading.Event(), []
    jobs = [
        Job("stuck", lambda: released.wait(60) and None, 3_600),
        Job("first", lambda: ran.append("first"), 0.05),
        Job("second", lambda: ran.append("second"), 0.05),
    ]
    start_threads("jobs", jobs, stop, pytest.fail, most=2)
    wait_until(lambda: min(ran.count("first"), ran.count("second")) >= 5)
    released.set()


def test_threads_end_when_told(stop):
    has_run = threading.Event()
    jobs = [Job("often", has_run.set, 3_600), Job("rare", lambda: None, 3_600)]
    threads = start_threads("jobs", jobs, stop, pytest.fail, most=2)
    assert has_run.wait(60)
    stop.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def test_two_cities_systems_and_photos_have_threads_of_their_own(portal, city, stop):
    """What is sent to one city's system never waits for another's, nor for a photo."""
    cities = {
        name: replace(
            city,
            id=name,
            systems=(System("works", "open311", endpoint=f"https://{name}.example/v2"),),
            photos=PhotoSource(hosts=(f"photos.{name}.example",), days=1),
        )
        for name in ("a", "b")
    }
    both = Portal(portal.settings, cities)
    groups = {name: (jobs, most) for name, jobs, most in thread_groups(both, None, stop)}
    assert {"send a works", "send b works"} <= set(groups)
    assert all(len(groups[f"send {name} works"][0]) == 1 for name in cities)
    assert len(groups["sync"][0]) == 2 <= groups["sync"][1] == SYNCS_AT_ONCE
    assert groups["photos"][1] == PHOTOS_AT_ONCE >= 2
    both.close()
