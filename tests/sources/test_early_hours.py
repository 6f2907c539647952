"""Boston's newer snapshots: every time is early by the city's distance from UTC."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data_sync.pull.run import sync_city
from data_sync.sources import make_sources
from portal import jurisdictions
from portal.domain.sync_notes import CORRECTED_HOURS, EARLY_HOURS
from tests.sources.conftest import NOW, Network, answer_of, cases_of_file
from tests.sync.support import public_rows_of

HEADER = "case_enquiry_id,open_dt,sla_target_dt,closed_dt,case_status,closure_reason,type,reason"
OPEN = "1,2025-01-01 07:15:40,2025-01-03 03:30:00,,Open, ,Street Light Outages,Street Lights"
EARLY = (
    "2,2024-07-28 07:53:37,,2024-07-28 09:11:33,Closed,Case Closed. Closed date : Sun Jul 28"
    " 13:11:33 EDT 2024 Resolved Picked up.,Pick up Dead Animal,Street Cleaning"
)
EARLY_IN_WINTER = (
    "3,2024-01-08 07:00:00,,2024-01-09 01:43:06,Closed,Case Closed. Closed date : 2024-01-09"
    " 06:43:06.347 Noted,Pothole,Street Cleaning"
)
RIGHT = (
    "4,2022-01-19 11:18:00,,2022-01-19 11:42:16,Closed,Case Closed. Closed date : Wed Jan 19"
    " 11:42:16 EST 2022 Resolved,Needle Pickup,Needle Program"
)


@pytest.fixture
def boston():
    return replace(jurisdictions.load("boston"), boundaries=(), photos=None)


@pytest.fixture
def without_rule(boston):
    """Boston, if its file did not correct the hours."""
    (table,) = boston.sources
    return replace(boston, sources=({k: v for k, v in table.items() if k != "early_hours"},))


@pytest.fixture
def file(tmp_path):
    """file(row, …) writes a snapshot."""

    def write(*rows: str, name: str = "2024.csv"):
        path = tmp_path / name
        path.write_text("\n".join((HEADER, *rows, "")))
        return path

    return write


def source(city, network=None):
    return make_sources(city, network or Network({}))[0]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # pyright: ignore[reportArgumentType]


def test_a_snapshot_that_is_early_by_its_own_texts_is_corrected_as_the_citys_file_says(
    boston, file
):
    cases = cases_of_file(source(boston), file(OPEN, EARLY, EARLY_IN_WINTER))
    assert [case.opened_at for case in cases] == [
        utc(2025, 1, 1, 17, 15, 40),
        utc(2024, 7, 28, 15, 53, 37),
        utc(2024, 1, 8, 17, 0),
    ]
    assert [case.closed_at for case in cases[1:]] == [
        utc(2024, 7, 28, 17, 11, 33),
        utc(2024, 1, 9, 11, 43, 6),
    ]
    assert cases[0].target_at == utc(2025, 1, 3, 13, 30)
    assert [case.remarks for case in cases] == [(CORRECTED_HOURS,)] * 3


def test_a_snapshot_whose_texts_agree_with_its_times_stays_as_it_is(boston, file):
    cases = cases_of_file(source(boston), file(OPEN, RIGHT))
    assert [case.opened_at for case in cases] == [
        utc(2025, 1, 1, 12, 15, 40),
        utc(2022, 1, 19, 16, 18),
    ]
    assert [case.remarks for case in cases] == [(), ()]


def test_a_row_that_agrees_with_itself_stays_as_it_is_in_an_early_snapshot(boston, file):
    *_, right = cases_of_file(source(boston), file(EARLY, EARLY_IN_WINTER, RIGHT))
    assert (right.closed_at, right.remarks) == (utc(2022, 1, 19, 16, 42, 16), ())


def test_each_table_of_a_zip_is_early_or_right_by_itself(boston, file, tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(file(EARLY, name="a.csv"), "a.csv")
        archive.write(file(RIGHT, OPEN, name="b.csv"), "b.csv")
    cases = cases_of_file(source(boston), tmp_path / "all.zip")
    assert [case.remarks for case in cases] == [(CORRECTED_HOURS,), (), ()]


def test_early_hours_are_noticed_where_the_citys_file_does_not_correct_them(without_rule, file):
    _, case = cases_of_file(source(without_rule), file(OPEN, EARLY))
    assert (case.closed_at, case.remarks) == (utc(2024, 7, 28, 13, 11, 33), (EARLY_HOURS,))


def test_what_is_known_of_a_live_table_serves_for_the_pages_that_tell_nothing(boston):
    names = HEADER.split(",")
    telling, silent = (dict(zip(names, row.split(","), strict=True)) for row in (EARLY, OPEN))
    telling["closure_reason"] = EARLY.split(",")[5]

    def answer(url, rows):
        return answer_of({"success": True, "result": {"records": rows}}, url)

    table = next(iter(boston.sources[0]["years"].values()))
    first = source(
        boston, lambda url, params: answer(url, [telling] if table in params["sql"] else [])
    )
    pages = list(first.pages_updated_since(None, since=None, now=NOW))
    assert (pages[-1].cursor or {})["early"] == [table]
    second = source(
        boston, lambda url, params: answer(url, [silent] if table in params["sql"] else [])
    )
    later = list(second.pages_updated_since(pages[-1].cursor, since=NOW, now=NOW))
    [case] = [second.to_case(row, page.as_of) for page in later for row in page.rows]
    assert (case.opened_at, case.remarks) == (utc(2025, 1, 1, 17, 15, 40), (CORRECTED_HOURS,))


def test_the_status_page_can_tell_how_many_rows_were_corrected_and_why(portal, boston, file):
    portal.cities[boston.id] = boston
    report = sync_city(portal, boston, from_files=[file(OPEN, EARLY)], now=lambda: NOW)
    assert report.new == 2
    assert public_rows_of(portal, "select notes from public_sync_runs") == [
        ('{"corrected_hours": 2}',)
    ]
    assert "4 hours early in summer" in boston.reason_for_hours("analyze-boston")


def test_what_was_read_early_and_is_corrected_later_is_noticed(portal, without_rule, boston, file):
    sync_city(portal, without_rule, from_files=[file(OPEN, EARLY)], now=lambda: NOW)
    sync_city(portal, boston, from_files=[file(OPEN, EARLY)], now=lambda: NOW)
    notes = "select notes from public_sync_runs order by sync_run_id"
    assert public_rows_of(portal, notes) == [
        ('{"early_hours": 2}',),
        ('{"corrected_hours": 2, "moved_hours": 2}',),
    ]
