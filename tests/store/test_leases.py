"""A lease has one holder at a time. If the holder dies, the lease runs out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from portal.errors import Conflict
from portal.store import leases
from tests.conftest import NOW


def acquire(engine, holder: str, now=NOW) -> str:
    return leases.acquire(engine, "smallville", "sync", holder, 60, now)


def test_a_second_holder_is_told_who_holds_it_until_when(engine):
    acquire(engine, "host-a process 7")
    with pytest.raises(
        Conflict,
        match=r"sync is running already \(host-a process 7\).*until 2026-11-23 12:01:00 UTC",
    ):
        acquire(engine, "host-b process 9", NOW + timedelta(seconds=59))


def test_a_lease_that_ran_out_is_taken_over_and_the_old_holder_learns_it(engine):
    old = acquire(engine, "a")
    new = acquire(engine, "b", NOW + timedelta(seconds=60))
    assert new != old
    with pytest.raises(Conflict, match="ran out and another process took it"):
        leases.renew(engine, "smallville", "sync", old, 60, NOW + timedelta(seconds=61))
    leases.renew(engine, "smallville", "sync", new, 60, NOW + timedelta(seconds=61))


def test_a_renewed_lease_lasts_longer(engine):
    token = acquire(engine, "a")
    leases.renew(engine, "smallville", "sync", token, 60, NOW + timedelta(seconds=50))
    with pytest.raises(Conflict):
        acquire(engine, "b", NOW + timedelta(seconds=109))
    acquire(engine, "b", NOW + timedelta(seconds=110))


def test_a_released_lease_is_free_and_a_lost_one_is_not_released_by_its_old_holder(engine):
    old = acquire(engine, "a")
    new = acquire(engine, "b", NOW + timedelta(seconds=60))
    leases.release(engine, "smallville", "sync", old)
    with pytest.raises(Conflict):
        acquire(engine, "c", NOW + timedelta(seconds=61))
    leases.release(engine, "smallville", "sync", new)
    acquire(engine, "c", NOW + timedelta(seconds=61))


def test_cities_and_jobs_do_not_wait_for_each_other(engine):
    acquire(engine, "a")
    leases.acquire(engine, "elsewhere", "sync", "b", 60, NOW)
    leases.acquire(engine, "smallville", "publish", "c", 60, NOW)


def test_of_six_who_ask_at_once_one_gets_it(engine):
    def ask(number: int) -> bool:
        try:
            acquire(engine, f"holder {number}")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(ask, range(6))) == 1
