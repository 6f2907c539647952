"""A disk that fills up in a sync: a clear sentence, nothing half stored, the next run completes."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import text

from portal.settings import Settings
from portal.store.engines import core_engine
from tests.support.stores import copy_store
from tests.sync.support import row, write_csv

# RLIMIT_FSIZE makes the system refuse to let a file grow, as a full disk does; the signal that
# comes with it is ignored.
PROGRAM = """
import resource, signal, sys
from pathlib import Path
import data_sync.reading.tables as tables
from data_sync.pull.run import sync_city
from portal.context import Portal
from portal.settings import Settings
from tests.faults.test_kill_sync import town, small_pages
small_pages(tables)
portal = Portal(Settings(data_dir=Path(sys.argv[1])), {"town": town()})
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
if int(sys.argv[3]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
report = sync_city(portal, town(), from_files=[Path(sys.argv[2])])
print(report.read, "|".join(report.problems), sep="|")
"""


@pytest.mark.faults
def test_a_full_disk_is_told_plainly_and_the_next_run_completes(tmp_path):
    settings = Settings(data_dir=tmp_path / "var")
    copy_store(settings.data_dir)
    engine = core_engine(settings)
    file = write_csv(
        tmp_path / "town.csv",
        [row(str(number), text="a long note " * 50) for number in range(2_000)],
    )
    room = settings.data_dir.joinpath("portal.sqlite").stat().st_size + 1_000_000
    full = run(settings, file, room)
    assert "the disk of the store is full" in full.stdout, full.stdout + full.stderr
    assert "free some space and run the sync again" in full.stdout
    assert "Traceback" not in full.stderr
    with engine.connect() as connection:
        stored = connection.execute(text("select count(*) from cases")).scalar_one()
        assert stored % 40 == 0
        assert stored < 2_000
        assert connection.exec_driver_sql("pragma integrity_check").scalar() == "ok"
    again = run(settings, file, 0)
    assert again.stdout.startswith("2000|"), again.stdout + again.stderr
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from cases")).scalar_one() == 2_000
    engine.dispose()


def run(settings: Settings, file, room: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM, str(settings.data_dir), str(file), str(room)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)
