"""Somebody else holds the store for longer than a connection waits: the sync waits on."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import pytest

from data_sync.pull.run import sync_city
from portal.settings import Settings
from portal.store.engines import core_engine, write
from tests.support.stores import copy_store
from tests.sync.support import row, with_csv, write_csv


@pytest.mark.faults
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_lock_held_for_seven_seconds_only_delays_a_page(portal, city, tmp_path):
    file = write_csv(tmp_path / "town.csv", [row("1")])
    holds, free = threading.Event(), threading.Event()

    def hold() -> None:
        with write(portal.core):
            holds.set()
            free.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert holds.wait(60)
    threading.Timer(7, free.set).start()
    began = time.monotonic()
    report = sync_city(portal, with_csv(city), from_files=[file])
    holder.join()
    assert (report.new, report.has_failed) == (1, False)
    assert time.monotonic() - began > 6


@pytest.mark.faults
def test_the_command_waits_from_its_first_look_at_the_store(tmp_path):
    """It asks for the store's version before it syncs, and gave up there after five seconds."""
    copy_store(tmp_path)
    engine = core_engine(Settings(data_dir=tmp_path))
    file = tmp_path / "empty.csv"
    file.write_text("")
    command = [sys.executable, "-m", "data_sync", "sync", "boston", "--from-file", str(file)]
    with subprocess.Popen(
        command,
        env={**os.environ, "PORTAL_DATA_DIR": str(tmp_path)},
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        with write(engine), pytest.raises(subprocess.TimeoutExpired):
            child.communicate(timeout=10)
        _, told = child.communicate(timeout=120)
    engine.dispose()
    assert told == "empty.csv: is empty, not even a header\n"
