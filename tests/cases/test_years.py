"""Days that span whole years are counted from counts by year, and give the same numbers."""

from __future__ import annotations

import pytest

from portal.domain.bounds import Bounds
from portal.domain.filters import CaseFilter
from portal.facts.count_source import count_source
from portal.facts.tiles import cells_in
from portal.filter_sql import Selection
from portal.queries.cases.counts import count_cases
from portal.queries.cases.extent import extent
from portal.queries.cases.value_counts import value_counts
from tests.conftest import epoch

WORLD = (0, 1 << 48)
NEW_YEAR = "2025-01-01T05:00"
"""Midnight in Boston, in UTC."""
CASES = (
    ("101", "2023-06-02"),
    ("102", "2024-03-31T12:00"),
    ("103", "2025-01-01T04:59"),
    ("104", NEW_YEAR),
    ("105", "2025-12-31"),
    ("106", "2026-02-02"),
)


@pytest.fixture
def cases_of_four_years(add_case):
    """One in 2023, two in 2024 (one last minute), two in 2025 (one first minute), one in 2026."""
    for number, (case_id, opened) in enumerate(CASES):
        add_case(
            case_id,
            opened=opened,
            lat=round(42.31 + number / 100, 2),
            lon=-71.07,
            service="Graffiti" if case_id == "106" else "Pothole",
        )


SPANS = [
    ("start=2025-01-01", 3, 42.34, 42.36),
    ("start=2024-12-31", 4, 42.33, 42.36),
    ("start=2024-04-01", 4, 42.33, 42.36),
    ("start=2024-03-31", 5, 42.32, 42.36),
    ("end=2024-12-31", 3, 42.31, 42.33),
    ("end=2025-01-01", 4, 42.31, 42.34),
    ("start=2024-01-01&end=2024-12-31", 2, 42.32, 42.33),
    ("start=2023-12-31&end=2026-01-31", 4, 42.32, 42.35),
    ("start=2023-06-01&end=2025-01-01&service=pothole", 4, 42.31, 42.34),
    ("start=2025-06-01&end=2026-01-31", 1, 42.35, 42.35),
    ("start=2027-03-01", 0, None, None),
]


@pytest.mark.parametrize(("query", "cases", "south", "north"), SPANS)
def test_days_over_years_count_their_cases(
    city, fresh_facts, cases_of_four_years, query, cases, south, north
):
    facts = fresh_facts()
    asked = Selection(CaseFilter.from_query_string(query), city.zone)
    assert count_cases(facts, asked) == cases
    found = extent(facts, asked)
    assert (found.cases, found.placed_cases) == (cases, cases)
    assert found.bounds == (Bounds(south, -71.07, north, -71.07) if cases else None)
    cells = cells_in(facts, 10, WORLD, asked)
    assert [(lon, round(lat, 3), counted) for lon, lat, counted, _ in cells] == _one_circle(
        cases, south, north
    )
    counted = value_counts(facts, asked)
    assert counted.extent == found
    assert cells_in(facts, 10, WORLD, asked, counted.squares) == cells
    assert sum(value.cases for value in counted.photo) == cases
    assert next(value.cases for value in counted.status if value.slug == "open") == cases


def _one_circle(cases: int, south: float | None, north: float | None) -> list[tuple]:
    return (
        [] if south is None or north is None else [(-71.07, round((south + north) / 2, 3), cases)]
    )


def test_what_is_overdue_over_years_is_counted_by_the_clock_handed_in(city, fresh_facts, add_case):
    add_case("101", opened="2024-05-05", target_at=epoch("2026-03-03"))
    add_case("102", opened="2025-05-05", target_at=epoch("2026-03-04"))
    facts, asked = fresh_facts(), CaseFilter.from_query_string("start=2024-05-01&status=overdue")
    assert [
        count_cases(facts, Selection(asked, city.zone, epoch(day)))
        for day in ("2026-03-03", "2026-03-04", "2026-03-05")
    ] == [0, 1, 2]


def test_only_days_within_one_year_ask_for_the_cases_themselves(city):
    def table(query: str) -> str:
        return count_source(Selection(CaseFilter.from_query_string(query), city.zone)).table

    assert table("start=2024-02-01&end=2025-11-30") == "cases"
    assert table("service=pothole") == "counts"
    assert table("start=2024-01-01").endswith(
        "from year_counts where year >= 2024 and year < 9999)"
    )
    assert table("start=2024-01-01&bbox=-71.05,42.34,-71.03,42.35") == "cases"
