"""Somebody else holds the store for longer than a connection waits: the sync waits on."""

from __future__ import annotations

import threading
import time

import pytest

from data_sync.run import sync_city
from portal.engines import write
from tests.sync.support import row, with_csv, write_csv


@pytest.mark.faults
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_lock_held_for_seven_seconds_only_delays_a_page(portal, city, tmp_path):
    file = write_csv(tmp_path / "town.csv", [row("1")])
    holds, free = threading.Event(), threading.Event()

    def hold() -> None:
        with write(portal.core):
            holds.set()
            free.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    holds.wait(5)
    threading.Timer(7, free.set).start()
    began = time.monotonic()
    report = sync_city(portal, with_csv(city), from_files=[file])
    holder.join()
    assert (report.new, report.could_not) == (1, False)
    assert time.monotonic() - began > 6
