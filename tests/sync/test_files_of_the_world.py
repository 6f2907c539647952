"""A city's file through the whole sync: one case, one name and one word for each thing in it."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data_sync.pull.checks import check_record
from data_sync.pull.repeats import Repeats
from data_sync.pull.run import sync_city
from portal.services.sync import ingest, spellings
from tests.sync.support import (
    NOW,
    SOURCE,
    content_of,
    found_by,
    public_rows_of,
    record,
    row,
    write_csv,
)

NAMES = "select kind, name from public_labels order by kind, name"
TABLE = {key: value for key, value in SOURCE.items() if key != "columns"} | {
    "columns": {name: column for name, column in SOURCE["columns"].items() if name != "updated_at"},
    "ignored": ["updated"],
}
SPELT = ("Roslindale", "ROSLINDALE", "roslindale", "Roslindale", "Old Town")


@pytest.fixture
def town(city):
    """A city whose CSV has no time of the last change."""
    return replace(city, sources=(TABLE,))


@pytest.fixture
def sync(portal, town, tmp_path):
    """sync(row, …) is a sync of these rows from one file."""

    def sync_rows(*rows: dict[str, str], city=town):
        file = write_csv(tmp_path / "town.csv", rows)
        return sync_city(portal, city, from_files=[file], now=lambda: NOW)

    return sync_rows


def closed(case_id: str, **columns: str) -> dict[str, str]:
    return row(case_id, state="closed", closed="2026-01-07 10:00:00", **columns)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (1, 0, 3, 2)])
def test_of_one_number_twice_in_a_file_the_later_state_counts(portal, sync, order):
    rows = row("1"), closed("1"), closed("2", type="Graffiti"), row("2", text="seen")
    report = sync(*(rows[place] for place in order))
    assert (report.read, report.new, report.twice) == (4, 2, 2)
    assert "numbers that stood twice 2" in str(report)
    query = "select case_id, status from public_cases order by case_id"
    assert public_rows_of(portal, query) == [("1", "closed"), ("2", "closed")]
    [(notes,)] = public_rows_of(portal, "select notes from public_sync_runs")
    assert notes == '{"twice": 2}'


def test_of_two_closings_the_later_counts_whatever_page_it_is_on(portal, sync):
    later = row("1", state="closed", closed="2026-01-09 10:00:00")
    others = [row(str(number)) for number in range(2, 5_010)]
    report = sync(later, *others, closed("1"))
    assert report.twice == 1
    [(closed_at,)] = public_rows_of(
        portal, "select closed_at from public_cases where case_id = '1'"
    )
    assert closed_at == int(datetime(2026, 1, 9, 15, tzinfo=UTC).timestamp())


def test_a_case_that_a_newer_file_reopens_is_open(portal, sync):
    sync(closed("1"))
    sync(row("1"), closed("2", opened="2026-01-08 09:00:00"))
    assert public_rows_of(portal, "select status from public_cases where case_id = '1'") == [
        ("open",)
    ]


def test_numbers_that_stand_twice_are_counted_once_each_over_many_pages():
    repeats = Repeats()
    for page in (["a", "b", "a"], ["c"], ["b", "d", "a"], ["e"] * 3, []):
        repeats.add(page)
    assert repeats.count == 3


@pytest.mark.parametrize("order", list(itertools.permutations(range(5)))[::17])
def test_one_place_is_spelled_as_most_rows_spell_it_in_whatever_order_they_come(
    portal, town, sync, order
):
    for number in order:
        sync(row(str(number), area=SPELT[number]))
    assert public_rows_of(portal, NAMES) == [
        ("neighborhood", "Old Town"),
        ("neighborhood", "Roslindale"),
    ]
    names = {found[0]: found for found in content_of(portal, town)}
    assert all("Roslindale" in names[str(number)] for number in range(4))


def test_a_place_that_most_rows_come_to_spell_in_another_way_is_renamed(portal, sync):
    sync(row("1", area="ROSLINDALE"), row("2", area="ROSLINDALE"), row("3", area="Roslindale"))
    assert public_rows_of(portal, NAMES) == [("neighborhood", "ROSLINDALE")]
    sync(row("4", area="Roslindale"), row("5", area="Roslindale"))
    assert public_rows_of(portal, NAMES) == [("neighborhood", "Roslindale")]
    sync(row("3", area="Old Town"), row("4", area="Old Town"), row("5", area="Old Town"))
    assert public_rows_of(portal, NAMES) == [
        ("neighborhood", "Old Town"),
        ("neighborhood", "ROSLINDALE"),
    ]


def test_one_type_is_spelled_as_most_rows_spell_it_and_found_by_that_name(portal, town, sync):
    sync(row("1", type="POTHOLE"), row("2", type="Pothole"))
    sync(row("3", type="Pothole"), row("4", type="Street  Light"))
    query = "select service_code, name from public_services order by name"
    assert public_rows_of(portal, query) == [
        ("Pothole", "Pothole"),
        ("Street Light", "Street Light"),
    ]
    assert found_by(portal, town, "pothole") == {"1", "2", "3"}
    again = sync(row("1", type="POTHOLE"), row("5", type="pothole"))
    assert (again.new, again.unchanged) == (1, 1)
    assert len(public_rows_of(portal, query)) == 2


def test_private_rows_have_no_say_in_how_a_name_is_spelled(portal, town, sync):
    private = [row(str(number), type="Needle pickup", area="OLD TOWN") for number in range(3)]
    sync(*private, row("9", area="Old Town"))
    assert public_rows_of(portal, NAMES) == [("neighborhood", "Old Town")]


def test_a_name_is_first_shown_as_a_public_row_writes_it(portal, town):
    with portal.transaction() as connection:
        pages = [record("1", neighborhood="OLD TOWN", service_name="X", is_public=False)]
        pages += [record("2", neighborhood="Old Town", department="Roads")]
        pages += [record("3", department="ROADS", is_public=False)]
        checked = [check_record(told, town, NOW) for told in pages]
        for clean in checked:
            page = ingest.SourcePage("town", [clean])
            ingest.save_page(connection, town, page, None, NOW)
    assert public_rows_of(portal, NAMES) == [("department", "Roads"), ("neighborhood", "Old Town")]


def test_an_area_is_called_as_the_city_has_drawn_it(portal, town, sync, add_area):
    sync(row("1", area="OLD TOWN"), row("2", area="OLD TOWN"))
    add_area("Old Town", south=42.3, north=42.34, west=-71.1, east=-71.04)
    assert public_rows_of(portal, NAMES) == [("neighborhood", "Old Town")]
    sync(row("3", area="OLD TOWN"))
    assert public_rows_of(portal, NAMES) == [("neighborhood", "Old Town")]


def test_settling_twice_changes_nothing(portal, town, sync):
    sync(*(row(str(number), area=area) for number, area in enumerate(SPELT)))
    with portal.transaction() as connection:
        assert not spellings.settle_spellings(connection, town, int(NOW.timestamp()))


def test_values_that_cannot_be_read_are_counted_and_the_rows_kept(portal, sync):
    report = sync(
        row("1", closed="N/A"), row("2", lat="N/A", lon="N/A"), row("3", lat="2960412", lon="7e5")
    )
    assert (report.new, report.quarantined, report.left_empty) == (3, 0, 5)
    assert "values left empty 5" in str(report)
    [(notes,)] = public_rows_of(portal, "select notes from public_sync_runs")
    assert json.loads(notes) == {
        "left_empty:closed_at": 1,
        "left_empty:lat": 2,
        "left_empty:lon": 2,
        "projected_places": 1,
    }


def test_the_last_line_says_how_many_rows_fell_outside_the_citys_bounds(sync):
    report = sync(row("1"), row("2", lat="48.1"), row("3", lat="48.2"))
    assert report.outside == 2
    assert "outside the city's bounds 2" in str(report)


@pytest.mark.parametrize(
    ("lat", "lon", "hint"),
    [
        ("-71.07", "42.32", "lat and lon are swapped in the city's file"),
        ("42.32", "71.07", "the minus sign of the longitude is wrong"),
        ("2960412", "774000", "the places are feet or meters; export degrees (WGS84)"),
    ],
)
def test_a_sync_says_what_it_looks_like_if_most_rows_are_outside_the_city(sync, lat, lon, hint):
    wrong = [row(str(number), lat=lat, lon=lon) for number in range(2)]
    report = sync(*wrong, row("9"))
    assert f"town.csv: 2 of 3 rows are outside the city: {hint}" in report.problems
    fine = sync(*wrong, *(row(str(number)) for number in range(3, 9)))
    assert fine.problems == []


@pytest.mark.parametrize(("bad", "fails"), [(3, True), (2, False), (1, False)])
def test_a_sync_fails_if_more_than_half_of_a_file_could_not_be_used(sync, bad, fails):
    rows = [row(str(number), state="odd" if number < bad else "open") for number in range(5)]
    assert sync(*rows).has_failed == fails


def test_an_opening_that_moves_by_the_citys_distance_from_utc_is_noticed(portal, sync):
    sync(row("1"), row("2"))
    sync(
        row("1", opened="2026-01-05 05:00:00"),
        row("2", opened="2026-01-05 09:00:00"),
        row("3", opened="2026-01-06 09:00:00"),
    )
    notes = public_rows_of(portal, "select notes from public_sync_runs order by sync_run_id")
    assert notes == [(None,), ('{"moved_hours": 1}',)]


def test_a_hidden_status_takes_a_case_out_of_sight(portal, town, sync):
    hiding = replace(
        town, sources=({**TABLE, "statuses": {**SOURCE["statuses"], "gone": "hidden"}},)
    )
    sync(row("1"), row("2"))
    sync(row("1", state="gone"), row("3", opened="2026-01-09 09:00:00"), city=hiding)
    assert public_rows_of(portal, "select case_id from public_cases order by case_id") == [
        ("2",),
        ("3",),
    ]


def test_days_without_an_hour_are_kept_as_days(portal, sync):
    sync(
        row("1", opened="2026-01-05", state="closed", closed="2026-01-05"),
        row("2", opened="2026-01-05 15:00:00", state="closed", closed="2026-01-05"),
        row("3", opened="2026-01-05 15:00:00", state="closed", closed="2026-01-06 01:00:00"),
    )
    query = "select case_id, day_only, days_open, contradictions from public_cases order by case_id"
    assert public_rows_of(portal, query) == [("1", 3, 0, 0), ("2", 2, 0, 0), ("3", 0, 0, 0)]


def test_a_code_is_no_name_of_a_type(portal, city, tmp_path: Path):
    columns = {**SOURCE["columns"], "service_code": "text", "closure_reason": "address"}
    del columns["address"]
    town = replace(city, sources=({**SOURCE, "columns": columns},))
    rows = row("1", text="7"), row("2", text="7", type="null", updated="2026-01-09 10:00:00")
    sync_city(portal, town, from_files=[write_csv(tmp_path / "a.csv", rows)], now=lambda: NOW)
    assert public_rows_of(portal, "select service_code, name from public_services") == [
        ("7", "Pothole")
    ]
