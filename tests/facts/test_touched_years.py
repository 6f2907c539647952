"""Counts by year are made again for the years that a change touches, and for no others."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from portal.facts import publish
from portal.facts.verify import verify


@pytest.fixture
def years(portal, city):
    """years() publishes, and gives the cases of each year; facts and store must agree."""

    def now() -> list[tuple]:
        publish.update(portal.core, city, portal.facts_folder)
        assert verify(portal.core, city, portal.facts_folder) == []
        return portal.facts(city.id).rows(
            "select year, sum(cases)::integer from year_counts group by 1 order by 1"
        )

    return now


def change(portal, number: str, values: str) -> None:
    with portal.transaction() as connection:
        connection.execute(
            text("update data_versions set rev = rev + 1, public_rev = public_rev + 1")
        )
        rev = "(select rev from data_versions)"
        connection.execute(
            text(f"update cases set {values}, rev = {rev} where case_id = :number"),
            {"number": number},
        )


def test_a_case_that_moves_to_another_year_or_goes_is_counted_where_it_is(portal, years, add_case):
    for number, opened in (
        ("101", "2023-06-02"),
        ("102", "2024-06-02"),
        ("103", "2024-06-03"),
        ("104", "2026-01-05"),
    ):
        add_case(number, opened=opened)
    assert years() == [(2023, 1), (2024, 2), (2026, 1)]
    change(portal, "102", f"opened_month = {2025 * 12}, opened_at = opened_at + 20000000")
    assert years() == [(2023, 1), (2024, 1), (2025, 1), (2026, 1)]
    change(portal, "101", "visibility = 'withdrawn'")
    assert years() == [(2024, 1), (2025, 1), (2026, 1)]
    change(portal, "104", "status = 'closed'")
    add_case("105", opened="2026-01-06")
    assert years() == [(2024, 1), (2025, 1), (2026, 2)]
