"""Every number the first pages show, with cases a reader can count."""

from __future__ import annotations

import pytest

from portal.domain.filters import CaseFilter
from portal.filter_sql import Selection
from portal.queries.cases import counts
from tests.conftest import epoch


@pytest.fixture
def count(city, fresh_facts):
    """count("status=open", now=…) on fresh facts."""

    def ask(query: str = "", now: int | None = None) -> int:
        asked = Selection(CaseFilter.from_query_string(query), city.zone, now)
        return counts.count_cases(fresh_facts(), asked)

    return ask


@pytest.fixture
def five_cases(add_case):
    add_case(
        "101",
        opened="2026-01-05",
        service="Pothole",
        neighborhood="Roxbury",
        channel="App",
        district="7",
    )
    add_case(
        "102",
        opened="2026-01-05",
        closed="2026-01-08",
        service="Pothole",
        neighborhood="Roxbury",
        channel="Phone",
    )
    add_case(
        "103",
        opened="2026-02-01",
        service="Graffiti",
        neighborhood="Mattapan",
        status="in_progress",
        department="Parks",
    )
    add_case(
        "104",
        opened="2026-02-01",
        closed="2026-02-02",
        service="Graffiti",
        photo_url="https://city.example/1.jpg",
        lat=None,
        lon=None,
    )
    add_case(
        "105",
        opened="2026-03-01",
        service="Graffiti",
        target_at=epoch("2026-03-03"),
        lat=42.349,
        lon=-71.041,
    )
    add_case("106", visibility="service")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", 5),
        ("status=open", 2),
        ("status=in_progress", 1),
        ("status=closed", 2),
        ("status=closed,open", 4),
        ("service=pothole", 2),
        ("service=pothole,graffiti", 5),
        ("service=nobody-has-this", 0),
        ("neighborhood=roxbury&status=open", 1),
        ("district=7", 1),
        ("department=parks", 1),
        ("channel=app,phone", 2),
        ("photo=yes", 1),
        ("photo=no", 4),
        ("start=2026-02-01", 1),
        ("end=2026-01-31", 4),
        ("start=2026-01-31&end=2026-01-31", 2),
        ("start=2026-01-04&end=2026-01-04&service=pothole", 2),
        ("bbox=-71.05,42.34,-71.03,42.35", 1),
    ],
)
def test_filter_counts_its_cases(count, five_cases, query, expected):
    # Days are the city's: midnight UTC on 1 February is still 31 January in Boston.
    assert count(query) == expected


def test_overdue_is_by_the_city_s_target_and_the_clock_handed_in(count, five_cases):
    assert count("status=overdue", now=epoch("2026-03-03")) == 0
    assert count("status=overdue", now=epoch("2026-03-03") + 1) == 1
    assert count("status=in_progress,overdue", now=epoch("2026-03-04")) == 2


def test_city_without_cases_counts_zero(count):
    assert count() == 0
    assert count("status=overdue") == 0


def test_list_and_map_and_count_agree_on_every_filter(portal, city, count, five_cases, fresh_facts):
    from portal.queries.cases.case_lists import newest_cases

    now = epoch("2026-03-05")
    for query in (
        "",
        "status=overdue",
        "status=open,closed",
        "photo=no&service=graffiti",
        "end=2026-01-31",
        "bbox=-71.05,42.34,-71.03,42.35",
    ):
        asked = Selection(CaseFilter.from_query_string(query), city.zone, now)
        facts = fresh_facts()
        by_store = portal.cached(newest_cases, city.id, asked)
        by_facts = portal.cached(newest_cases, city.id, asked, 50, None, facts)
        assert by_store == by_facts
        assert len(by_store.cases) == count(query, now=now)


def test_this_week_is_today_and_the_six_days_before_in_the_city_s_zone(city, add_case, fresh_facts):
    # Noon on Monday 23 November in UTC. The week begins on Tuesday 17 November at 05:00 UTC, which
    # is midnight in Boston.
    now = epoch("2026-11-23T12:00")
    add_case("101", opened="2026-11-17T05:00", closed="2026-11-19T05:00")
    add_case("102", opened="2026-11-17T04:59", closed="2026-11-21T04:59")
    add_case("103", opened="2026-11-23T11:00")
    add_case("104", opened="2026-11-01", closed="2026-11-17T04:59")
    week = counts.this_week(fresh_facts(), now, city.zone)
    assert (week.opened, week.closed, week.closed_cases) == (2, 2, 2)
    assert week.median_days == 3.0, "two days and four days"


def test_impossible_closing_times_are_not_in_the_median(city, add_case, fresh_facts):
    now = epoch("2026-11-23T12:00")
    add_case("101", opened="2026-11-20", closed="2026-11-21")
    add_case("102", opened="2026-11-22", closed="2026-11-20", contradictions=1, days_open=None)
    add_case("103", opened="2026-11-20", closed="2026-11-30", contradictions=2)
    week = counts.this_week(fresh_facts(), now, city.zone)
    assert (week.opened, week.closed, week.median_days, week.closed_cases) == (3, 2, 1.0, 1)


def test_of_a_file_that_ends_long_ago_the_newest_case_is_told(city, add_case, fresh_facts):
    now = epoch("2026-11-23T12:00")
    add_case("101", opened="2011-12-30", closed="2012-01-05")
    add_case("102", opened="2011-12-31T15:00")
    add_case("103", opened="2031-01-01")
    add_case("104", opened="2026-11-20", visibility="reporter")
    week = counts.this_week(fresh_facts(), now, city.zone)
    assert (week.opened, week.closed, week.newest_at) == (0, 0, epoch("2011-12-31T15:00"))


def test_where_something_happened_this_week_nothing_is_said_of_the_newest_case(
    city, add_case, fresh_facts
):
    add_case("101", opened="2026-11-01", closed="2026-11-22")
    week = counts.this_week(fresh_facts(), epoch("2026-11-23T12:00"), city.zone)
    assert (week.opened, week.closed, week.newest_at) == (0, 1, None)


def test_a_city_without_cases_has_no_newest_one(city, fresh_facts):
    week = counts.this_week(fresh_facts(), epoch("2026-11-23T12:00"), city.zone)
    assert (week.opened, week.closed, week.median_days, week.newest_at) == (0, 0, None, None)


def test_week_in_which_nothing_closed_has_no_median(city, add_case, fresh_facts):
    add_case("101", opened="2026-11-22")
    week = counts.this_week(fresh_facts(), epoch("2026-11-23T12:00"), city.zone)
    assert (week.opened, week.closed, week.median_days, week.closed_cases) == (1, 0, None, 0)


def test_counts_by_value_names_each_service_most_first(city, five_cases, fresh_facts):
    table = counts.counts_by_value(fresh_facts(), "service", Selection(CaseFilter(), city.zone))
    assert table.values.tolist() == [["graffiti", "Graffiti", 3, 2], ["pothole", "Pothole", 2, 1]]


def test_counts_by_value_keeps_cases_the_city_put_nowhere(city, five_cases, fresh_facts):
    table = counts.counts_by_value(
        fresh_facts(), "neighborhood", Selection(CaseFilter(), city.zone)
    )
    assert table.fillna("nowhere")[["slug", "cases"]].values.tolist() == [
        ["nowhere", 2],
        ["roxbury", 2],
        ["mattapan", 1],
    ]


def test_counts_by_value_of_no_case_has_its_columns_and_no_rows(city, fresh_facts):
    table = counts.counts_by_value(fresh_facts(), "channel", Selection(CaseFilter(), city.zone))
    assert table.columns.tolist() == ["slug", "name", "cases", "open_cases"]
    assert len(table) == 0


def test_contradictions_are_counted_one_by_one(add_case, fresh_facts):
    add_case("101", contradictions=1)
    add_case("102", contradictions=1 | 4)
    add_case("103")
    found = counts.contradictions(fresh_facts())
    assert {name: n for name, n in found.items() if n} == {
        "closed_before_opened": 2,
        "outside_city": 1,
    }
    assert len(found) == 6


def test_city_without_cases_contradicts_itself_nowhere(fresh_facts):
    assert set(counts.contradictions(fresh_facts()).values()) == {0}
