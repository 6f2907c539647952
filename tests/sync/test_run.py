"""A whole sync: files and live sources in, store and facts out, and every way it can fail."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from data_sync.process_name import has_process_ended, this_process_name
from data_sync.pull.run import sync_city
from data_sync.reading.base import Answer
from portal.errors import Conflict, SourceError
from portal.facts.reader import open_newest
from portal.facts.verify import verify
from portal.store import leases
from portal.store.engines import core_engine
from portal.store.models import Case, DataVersion, Lease
from tests.sync.support import (
    NOW,
    SOURCE,
    found_by,
    public_rows_of,
    row,
    rows_of,
    with_csv,
    write_csv,
)


def sync(portal, city, *files: Path, **options):
    return sync_city(portal, with_csv(city), from_files=files, now=lambda: NOW, **options)


def test_a_file_is_in_the_store_the_search_and_the_facts(portal, city, tmp_path):
    rows = [
        row("1"),
        row(
            "2",
            state="closed",
            closed="2026-01-07 10:00:00",
            updated="2026-01-07 10:00:00",
            text="Call 617-635-4500",
        ),
    ]
    report = sync(portal, city, write_csv(tmp_path / "town.csv", rows))
    assert (report.read, report.new, report.has_failed, report.problems) == (2, 2, False, [])
    assert public_rows_of(
        portal,
        "select case_id, status, days_open, closure_reason from public_cases order by case_id",
    ) == [
        ("1", "open", None, None),
        ("2", "closed", 2, "Call [phone number hidden]"),
    ]
    assert found_by(portal, city, "pothole") == {"1", "2"}
    assert verify(portal.core, city, portal.facts_folder) == []
    assert public_rows_of(
        portal, "select source, state, read, new, quarantined from public_sync_runs"
    ) == [("town", "done", 2, 2, 0)]


def test_the_same_file_again_changes_nothing(portal, city, tmp_path):
    file = write_csv(tmp_path / "town.csv", [row("1")])
    sync(portal, city, file)
    report = sync(portal, city, file)
    assert (report.read, report.unchanged, report.data_version) == (1, 1, 1)


def test_after_a_restored_backup_the_facts_are_of_the_store_and_not_of_what_it_lost(
    portal, city, tmp_path
):
    sync(portal, city, write_csv(tmp_path / "kept.csv", [row("1")]))
    sync(portal, city, write_csv(tmp_path / "lost.csv", [row("2")]))
    with portal.transaction() as connection:
        connection.execute(delete(Case).where(Case.case_id == "2"))
        connection.execute(update(DataVersion).values(rev=1, public_rev=1))
    # The number of the lost batch is given again.
    assert sync(portal, city, write_csv(tmp_path / "new.csv", [row("3")])).data_version == 2
    assert portal.facts(city.id).rows("select case_id from cases order by 1") == [("1",), ("3",)]
    assert verify(portal.core, city, portal.facts_folder) == []


def test_rows_that_cannot_be_used_are_counted_by_reason_and_the_run_says_when_they_are_many(
    portal, city, tmp_path
):
    file = tmp_path / "town.csv"
    write_csv(
        file,
        [
            row("1"),
            row("2", opened="soon"),
            row("3", opened="2030-01-01 00:00:00"),
            row("4"),
            row("4"),
        ],
    )
    with file.open("a") as more:
        more.write("5,too,short\n")
    report = sync(portal, city, file)
    assert (report.read, report.new, report.unchanged, report.quarantined, report.has_failed) == (
        6,
        2,
        1,
        3,
        False,
    )
    counts = dict(public_rows_of(portal, 'select reason, "rows" from public_quarantine_counts'))
    assert counts == {"bad_time": 1, "future_date": 1, "bad_row": 1}
    assert report.problems == [
        "town.csv: 3 of 6 rows could not be used (50.0%); their reasons are on /status",
        "  town: case 2: opened_at is 'soon': 'soon' is not a time",
        "  smallville: case 3: opened_at 2030-01-01 05:00 UTC is in the future",
        "  town: town.csv: line 7: 3 fields, the header has 11",
    ]
    messages = [message for (message,) in rows_of(portal, "select message from quarantine")]
    assert any("case 2" in message and "'soon'" in message for message in messages)
    assert any("line 7" in message and "town.csv" in message for message in messages)


def broken_zip(folder: Path) -> Path:
    whole, cut = folder / "whole.zip", folder / "cut.zip"
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(
            write_csv(
                folder / "many.csv",
                [row(str(number), text=os.urandom(30).hex()) for number in range(2_000)],
            ),
            "many.csv",
        )
    cut.write_bytes(whole.read_bytes()[:-30_000])
    return cut


def test_a_truncated_zip_says_so_and_what_could_be_read_is_stored(portal, city, tmp_path):
    report = sync(portal, city, broken_zip(tmp_path))
    assert report.has_failed
    assert "cut.zip" in report.problems[0]
    assert 0 < report.new < 2_000
    assert rows_of(portal, "select state from sync_runs") == [("failed",)]
    assert sync(portal, city, tmp_path / "whole.zip").new == 2_000 - report.new


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"id,type\n1,Pothole\n", "there is no column 'state'"),
        ("a.csv", "id,type,état\n".encode("latin-1") + b"\xff\n", "a.csv"),
        ("a.csv", b"<html><body>Service unavailable</body></html>", "there is no column"),
        ("a.csv", b"", "is empty"),
        ("a.zip", b"not a zip at all", "is not a zip file"),
        ("a.csv.gz", gzip.compress(b"id,type\n" * 1000, mtime=0)[:40], "a.csv.gz"),
        ("a.xlsx", b"PK", "(also as .gz) and .zip can be read"),
    ],
)
def test_a_file_that_is_none_of_ours_says_what_is_wrong_and_nothing_is_stored(
    portal, city, tmp_path, name, content, says
):
    (tmp_path / name).write_bytes(content)
    report = sync(portal, city, tmp_path / name)
    assert report.has_failed
    assert says in report.problems[0]
    assert rows_of(portal, "select count(*) from cases") == [(0,)]


def test_a_file_that_is_not_there_says_so(portal, city, tmp_path):
    assert "there is no such file" in sync(portal, city, tmp_path / "none.csv").problems[0]


def live_city(city, *more):
    return replace(city, sources=({**SOURCE, "url": "https://town.example/cases.csv"}, *more))


def test_a_live_source_moves_its_cursor_with_its_rows_and_a_bad_answer_leaves_it(
    portal, city, tmp_path
):
    town = live_city(city)
    body = write_csv(tmp_path / "town.csv", [row("1")]).read_bytes()
    good = sync_city(
        portal, town, now=lambda: NOW, fetch=lambda url: Answer(200, "text/csv", body, url, {})
    )
    cursor = rows_of(portal, "select cursor from sync_cursors")
    bad = sync_city(
        portal,
        town,
        now=lambda: NOW,
        fetch=lambda url: Answer(200, "text/html", b"<html>Sorry</html>", url, {}),
    )
    assert (good.new, bad.has_failed) == (1, True)
    assert "HTML instead of CSV" in bad.problems[0]
    assert rows_of(portal, "select cursor from sync_cursors") == cursor
    assert rows_of(portal, "select state from sync_runs order by sync_run_id") == [
        ("done",),
        ("failed",),
    ]


def test_one_source_that_fails_does_not_hold_up_the_others(portal, city, tmp_path):
    path = write_csv(tmp_path / "other.csv", [row("9")])
    town = live_city(city, {**SOURCE, "name": "other", "path": str(path)})

    def no_answer(url: str) -> Answer:
        raise SourceError("town.example: cannot be reached", reason="unreachable")

    report = sync_city(portal, town, now=lambda: NOW, fetch=no_answer)
    assert (report.new, report.has_failed) == (1, True)
    assert rows_of(portal, "select source, state from sync_runs order by source") == [
        ("other", "done"),
        ("town", "failed"),
    ]
    assert open_newest(portal.facts_folder, city.id).rev == 1


def test_a_second_sync_is_refused_and_told_who_holds_the_first(portal, city, tmp_path):
    token = leases.acquire(portal.core, city.id, "sync", "other-machine:1:2:3", 60, NOW)
    with pytest.raises(
        Conflict,
        match=r"sync is running already \(other-machine:1:2:3\); "
        "it holds its lease until 2026-11-23 12:01:00 UTC",
    ):
        sync(portal, city, write_csv(tmp_path / "town.csv", [row("1")]))
    leases.release(portal.core, city.id, "sync", token)
    assert sync(portal, city, tmp_path / "town.csv").new == 1


def test_the_lease_of_a_killed_process_is_taken_over_at_once_and_that_of_a_living_one_is_not(
    portal, city, tmp_path
):
    file = write_csv(tmp_path / "town.csv", [row("1")])
    code = "from data_sync.process_name import *; print(this_process_name(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        holder = other.stdout.readline().strip()
        with portal.transaction() as connection:
            ends = int(NOW.timestamp()) + 300
            connection.execute(
                insert(Lease).values(
                    jurisdiction_id=city.id, name="sync", token="t", holder=holder, expires_at=ends
                )
            )
        assert not has_process_ended(holder)
        with pytest.raises(Conflict):
            sync(portal, city, file)
        other.kill()
        other.wait()
        assert has_process_ended(holder)
        assert sync(portal, city, file).new == 1


def test_a_holder_of_another_machine_is_never_taken_for_dead():
    host, pid, start, namespace = this_process_name().rsplit(":", 3)
    assert not has_process_ended(f"elsewhere:{pid}:{start}:{namespace}")
    assert not has_process_ended(f"{host}:999999:{start}:another")
    assert has_process_ended(f"{host}:999999:{start}:{namespace}")
    assert has_process_ended(f"{host}:{pid}:1:{namespace}")
    assert not has_process_ended("somebody")


def test_a_sync_that_lost_its_lease_writes_nothing_more(portal, city, tmp_path):
    file = write_csv(tmp_path / "town.csv", [row(str(number)) for number in range(3)])

    def steal(_report) -> None:
        with portal.transaction() as connection:
            connection.execute(update(Lease).values(token="stolen"))

    with pytest.raises(Conflict, match="another process took it"):
        sync_city(portal, with_csv(city), from_files=[file, file], now=lambda: NOW, progress=steal)


def test_a_stop_ends_the_run_after_its_page_and_the_next_run_goes_on(portal, city, tmp_path):
    one, two = write_csv(tmp_path / "1.csv", [row("1")]), write_csv(tmp_path / "2.csv", [row("2")])
    stop = threading.Event()
    report = sync(portal, city, one, two, stop=stop, progress=lambda _report: stop.set())
    assert (report.read, report.has_failed) == (1, True)
    assert "stopped; the next run goes on from here" in report.problems[0]
    assert rows_of(portal, "select state from sync_runs") == [("stopped",)]
    assert rows_of(portal, "select count(*) from leases") == [(0,)]
    assert sync(portal, city, one, two).read == 2


def run_command(
    data_dir: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "PORTAL_DATA_DIR": str(data_dir), **environment}
    return subprocess.run(
        [sys.executable, "-m", "data_sync", *arguments],
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_the_command_ends_with_a_line_of_counts_or_of_json(tmp_path):
    file = tmp_path / "boston.csv"
    header = (
        "case_enquiry_id,open_dt,target_dt,closed_dt,ontime,case_status,closure_reason,"
        "case_title,subject,reason,type,queue,department,submittedphoto,closedphoto,"
        "location,fire_district,pwd_district,city_council_district,police_district,"
        "neighborhood,neighborhood_services_district,ward,precinct,location_street_name,"
        "location_zipcode,latitude,longitude,source"
    )
    file.write_text(
        header
        + "\n101,2011-07-01 01:32:33"
        + "," * 4
        + "Open,,Light,,Lights,Street Light Outages"
        + "," * 15
        + ",42.30,-71.07,App\n"
    )
    plain = run_command(tmp_path / "var", "sync", "boston", "--from-file", str(file))
    assert plain.returncode == 0, plain.stderr
    assert plain.stdout.startswith(
        "boston: read 1 · new 1 · changed 0 · unchanged 0 · quarantined 0 · "
    )
    told = run_command(tmp_path / "var", "sync", "boston", "--from-file", str(file), "--json")
    last = json.loads(told.stdout.splitlines()[-1])
    assert list(last) == [
        "city",
        "read",
        "new",
        "changed",
        "unchanged",
        "quarantined",
        "outside",
        "twice",
        "left_empty",
        "seconds",
        "data_version",
        "rows_per_second",
    ]
    assert (last["city"], last["read"], last["unchanged"], last["data_version"]) == (
        "boston",
        1,
        1,
        1,
    )


def test_a_sync_that_could_not_even_begin_ends_with_its_line_of_json_too(tmp_path):
    told = run_command(tmp_path / "var", "sync", "atlantis", "--json")
    assert told.returncode == 1
    last = json.loads(told.stdout.splitlines()[-1])
    assert (last["city"], last["read"], last["data_version"]) == ("atlantis", 0, 0)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["sync", "atlantis"], "there is no city 'atlantis'"),
        (["sync", "boston", "--from-file", "."], ".: is a folder; name the files in it"),
        (["sync", "boston", "--from-file", "nowhere.csv"], "nowhere.csv: there is no such file"),
        (["sync", "demo"], "the work-order desk is not running"),
        (
            ["boundaries", "demo", "--from-file", "nowhere.geojson"],
            "nowhere.geojson: cannot be read",
        ),
    ],
)
def test_a_command_that_cannot_exits_1_with_a_sentence_and_no_traceback(tmp_path, arguments, says):
    told = run_command(tmp_path / "var", *arguments)
    assert told.returncode == 1
    assert says in told.stderr
    assert "Traceback" not in told.stderr


def test_the_sync_loads_neither_dash_nor_pandas():
    code = (
        "import sys, data_sync.pull.run, data_sync.commands, data_sync.worker; "
        "print({'dash', 'pandas', 'plotly'} & set(sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip()
        == "set()"
    )


SLOW_SYNC = """
import sys
import threading
from dataclasses import replace
from pathlib import Path
from data_sync.commands import stop_on_signals
from data_sync.pull.run import sync_city
from portal import jurisdictions, migrations
from portal.context import Portal
from portal.settings import Settings
from tests.sync.support import SOURCE
city = replace(jurisdictions.load("demo"), sources=(SOURCE,), boundaries=())
portal = Portal(Settings(data_dir=Path(sys.argv[1])), {"demo": city})
migrations.upgrade(portal.core)
stop = threading.Event()
with stop_on_signals(stop):
    say = lambda report: print(report.read, flush=True)
    report = sync_city(portal, city, from_files=[Path(sys.argv[2])], stop=stop, progress=say)
print(report.problems)
"""


def test_sigterm_lets_the_page_be_finished(tmp_path):
    path = write_csv(tmp_path / "big.csv", [row(str(number)) for number in range(30_000)])
    with subprocess.Popen(
        [sys.executable, "-c", SLOW_SYNC, str(tmp_path / "var"), str(path)],
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "5000\n"
        child.send_signal(signal.SIGTERM)
        rest = child.stdout.read()
    assert "stopped; the next run goes on from here" in rest
    from portal.settings import Settings

    engine = core_engine(Settings(data_dir=tmp_path / "var"))
    with engine.connect() as connection:
        stored = connection.exec_driver_sql("select count(*) from cases").scalar()
        assert stored in (5_000, 10_000)
        assert connection.exec_driver_sql("select state from sync_runs").scalar() == "stopped"
    engine.dispose()
