"""An area's numbers, with cases a reader can count."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from portal.queries.cases.area_numbers import (
    AreaNumbers,
    NamedArea,
    OpenCases,
    ServiceCount,
    Span,
    area_by_path,
    area_numbers,
    list_areas,
    open_cases_by_area,
)
from portal.store.models import Boundary, Label
from tests.conftest import epoch

NOW = epoch("2026-03-01T17:00")  # noon in Boston, a Sunday
ROXBURY = NamedArea("neighborhood", "roxbury", "Roxbury")


@pytest.fixture
def numbers(city, fresh_facts):
    def ask(slug="roxbury", kind="neighborhood", now=NOW):
        return area_numbers(fresh_facts(), kind, slug, now, city.zone)

    return ask


def test_areas_are_neighborhoods_by_name_then_districts_by_number(fresh_facts, add_case):
    add_case("1", neighborhood="Roxbury", district="10")
    add_case("2", neighborhood="Back Bay", district="9")
    assert [(place.path, place.title) for place in list_areas(fresh_facts())] == [
        ("back-bay", "Back Bay"),
        ("roxbury", "Roxbury"),
        ("district-9", "District 9"),
        ("district-10", "District 10"),
    ]


def test_area_is_found_by_its_path_and_a_number_is_not_taken_for_a_neighborhood(
    fresh_facts, add_case
):
    add_case("1", neighborhood="Roxbury", district="7")
    add_case("2", district="District 8")
    facts = fresh_facts()
    assert area_by_path(facts, "roxbury") == ROXBURY
    assert area_by_path(facts, "district-7") == NamedArea("district", "7", "7")
    assert area_by_path(facts, "district-8") == NamedArea("district", "district-8", "District 8")
    assert area_by_path(facts, "7") is None
    assert area_by_path(facts, "atlantis") is None


def test_open_cases_are_counted_for_every_area_and_none_is_left_out(fresh_facts, add_case):
    add_case("1", neighborhood="Roxbury", district="7", target_at=NOW - 1)
    add_case("2", neighborhood="Roxbury", status="in_progress")
    add_case("3", neighborhood="Mattapan", closed="2026-01-20", target_at=NOW - 1)
    add_case("4")
    assert open_cases_by_area(fresh_facts(), NOW) == (
        OpenCases(NamedArea("neighborhood", "mattapan", "Mattapan"), 0, 0),
        OpenCases(ROXBURY, 2, 1),
        OpenCases(NamedArea("district", "7", "7"), 1, 1),
    )


def test_a_city_without_areas_has_no_open_cases_by_area(fresh_facts, add_case):
    add_case("1")
    assert open_cases_by_area(fresh_facts(), NOW) == ()


def test_open_and_overdue_are_by_the_city_s_clock(numbers, add_case):
    add_case("1", neighborhood="Roxbury", target_at=NOW - 1)
    add_case("2", neighborhood="Roxbury", target_at=NOW)
    add_case("3", neighborhood="Roxbury", status="in_progress")
    add_case("4", neighborhood="Roxbury", closed="2026-01-20", target_at=NOW - 1)
    add_case("5", neighborhood="Mattapan", target_at=NOW - 1)
    found = numbers()
    assert (found.open_cases, found.open_with_target_cases, found.overdue_cases) == (3, 2, 1)


def test_spans_are_today_so_far_and_the_days_before_and_the_one_before_is_equally_long(
    numbers, add_case
):
    # Days begin at 05:00 UTC in Boston. The last 7 days began on 23 February, the last 28 on
    # 2 February; the previous 28 began on 5 January and end on 1 February at noon.
    for number, opened in enumerate(
        [
            "2026-02-23T05:00",
            "2026-02-23T04:59",
            "2026-02-02T05:00",
            "2026-02-02T04:59",
            "2026-02-01T17:00",
            "2026-01-05T05:00",
            "2026-01-05T04:59",
            "2026-03-01T17:00",
        ]
    ):
        add_case(str(number), opened=opened, neighborhood="Roxbury")
    add_case("later", opened="2026-03-01T17:01", neighborhood="Roxbury")
    add_case("old", opened="2025-06-01", closed="2026-02-24", neighborhood="Roxbury")
    add_case("older", opened="2025-06-01", closed="2026-01-06", neighborhood="Roxbury")
    found = numbers()
    assert found.last_7_days == Span(opened=2, closed=1)
    assert found.last_28_days == Span(opened=4, closed=1)
    assert found.before_28_days == Span(opened=2, closed=1)


def test_change_is_told_in_percent_where_both_spans_have_thirty_cases():
    def changed(after, before):
        spans = {
            "last_7_days": Span(0, 0),
            "last_28_days": Span(after, 29),
            "before_28_days": Span(before, 60),
        }
        made = AreaNumbers(
            ROXBURY, 0, 0, 0, **spans, closing=None, commonest_services=(), as_of=NOW
        )
        return made.opened_change_pct, made.closed_change_pct

    assert changed(36, 30) == (20, None)
    assert changed(30, 40) == (-25, None)
    assert changed(30, 29) == (None, None)
    assert changed(0, 0) == (None, None)


def test_commonest_services_are_of_the_last_28_days(numbers, add_case):
    for number, service in enumerate(["Pothole", "Graffiti", "Pothole", "Tree"]):
        add_case(str(number), opened="2026-02-20", service=service, neighborhood="Roxbury")
    for number in range(5):
        add_case(f"old {number}", opened="2026-01-20", service="Snow", neighborhood="Roxbury")
    assert numbers().commonest_services == (
        ServiceCount("pothole", "Pothole", 2),
        ServiceCount("graffiti", "Graffiti", 1),
        ServiceCount("tree", "Tree", 1),
    )


def test_the_six_commonest_services_are_named_and_no_more(numbers, add_case):
    for rank in range(1, 8):
        for number in range(rank):
            at = {"opened": "2026-02-20", "neighborhood": "Roxbury"}
            add_case(f"{rank}-{number}", service=f"Type {rank}", **at)
    assert [service.cases for service in numbers().commonest_services] == [7, 6, 5, 4, 3, 2]


def test_typical_days_come_from_thirty_cases_or_more(numbers, add_case):
    for number in range(29):
        add_case(
            str(number),
            opened="2026-02-01",
            closed="2026-02-04T12:00",
            neighborhood="Roxbury",
            district="7",
        )
    assert numbers().closing is None
    add_case("29", opened="2026-02-01", neighborhood="Roxbury", district="7")
    for found in (numbers(), numbers("7", "district")):
        assert (found.closing.days_50, found.closing.cases, found.closing.closed_cases) == (
            4,
            30,
            29,
        )


def test_area_of_a_layer_without_cases_has_zeros(portal, city, numbers):
    of_city = {"jurisdiction_id": city.id, "label_id": 1, "kind": "neighborhood"}
    with portal.transaction() as connection:
        connection.execute(
            insert(Label).values(**of_city, name="Roxbury", slug="roxbury", is_public=1)
        )
        connection.execute(insert(Boundary).values(**of_city, geometry="{}"))
    nothing = Span(0, 0)
    found = numbers()
    assert found == AreaNumbers(ROXBURY, 0, 0, 0, nothing, nothing, nothing, None, (), found.as_of)


def test_area_that_private_cases_alone_bear_is_as_unknown_as_any_other(numbers, add_case):
    add_case("1", neighborhood="Roxbury", visibility="held")
    assert numbers() is None
    assert numbers("atlantis") is None
