"""A target is kept in its very second, and missed in the next: wherever it is asked for."""

from __future__ import annotations

import pytest

from portal.domain.filters import CaseFilter
from portal.domain.sort_order import CaseOrder
from portal.facts.tiles import tile
from portal.filter_sql import Selection
from portal.queries.cases.area_numbers import area_numbers, open_cases_by_area
from portal.queries.cases.case_detail import case_by_id
from portal.queries.cases.case_lists import cases_in_order, newest_cases
from portal.queries.cases.counts import count_cases
from portal.queries.cases.linked_cases import linked_cases
from portal.queries.cases.nearby import NearbySearch, nearby_cases
from portal.queries.cases.value_counts import value_counts
from tests.conftest import epoch

TARGET = epoch("2026-03-01T12:00")
MOMENTS = pytest.mark.parametrize(("now", "is_late"), [(TARGET, False), (TARGET + 1, True)])
STATUSES = pytest.mark.parametrize("status", ["open", "in_progress", "closed"])


@pytest.fixture
def one_case(add_case):
    """one_case("open") stores a case in Roxbury whose target is TARGET, and one without any."""

    def add(status: str) -> None:
        closed = "2026-02-01" if status == "closed" else None
        place = {"neighborhood": "Roxbury", "parent_case_id": "102"}
        add_case("101", status=status, closed=closed, target_at=TARGET, **place)
        add_case("102", status=status, closed=closed)

    return add


def overdue(city, now: int, more: str = "") -> Selection:
    return Selection(CaseFilter.from_query_string(f"status=overdue{more}"), city.zone, now)


@MOMENTS
@STATUSES
def test_lists_of_what_is_overdue_from_the_store_and_the_facts(
    portal, city, one_case, fresh_facts, now, is_late, status
):
    one_case(status)
    facts = fresh_facts()
    expected = ["101"] if is_late and status != "closed" else []
    selection = overdue(city, now)
    in_store = portal.cached(newest_cases, city.id, selection)
    assert [case.case_id for case in in_store.cases] == expected
    for order in ("oldest", "followed"):
        listed = portal.cached(cases_in_order, city.id, facts, selection, CaseOrder(order))
        assert [case.case_id for case in listed.cases] == expected


@MOMENTS
@STATUSES
def test_numbers_of_what_is_overdue(city, one_case, fresh_facts, now, is_late, status):
    one_case(status)
    facts = fresh_facts()
    expected = int(is_late and status != "closed")
    # Days and a box ask the cases themselves; without, the counts by square answer.
    for more in ("", "&start=2026-01-02", "&bbox=-180,-85,180,85"):
        assert count_cases(facts, overdue(city, now, more)) == expected
        counted = value_counts(
            facts, Selection(overdue(city, now, more).case_filter, city.zone, now)
        )
        assert {count.slug: count.cases for count in counted.status}["overdue"] == expected
    found = area_numbers(facts, "neighborhood", "roxbury", now, city.zone)
    assert found.overdue_cases == expected
    assert [area.overdue_cases for area in open_cases_by_area(facts, now)] == [expected]


@MOMENTS
@STATUSES
def test_the_word_beside_a_case_on_every_page_that_shows_it(
    portal, city, one_case, fresh_facts, now, is_late, status
):
    one_case(status)
    facts = fresh_facts()
    word = "overdue" if is_late and status != "closed" else status
    selection = Selection(CaseFilter(), city.zone, now)
    listed = portal.cached(newest_cases, city.id, selection)
    assert {case.case_id: case.status for case in listed.cases} == {"101": word, "102": status}
    pins = tile(facts, 0, 0, 0, selection)["pins"]
    assert {pin[2]: pin[3] for pin in pins} == {"101": word, "102": status}
    with portal.public.connect() as connection:
        assert case_by_id(connection, city.id, "101", now).status == word
        assert case_by_id(connection, city.id, "102", now).status == status
        near = nearby_cases(connection, city.id, facts, NearbySearch(42.32, -71.07), now)
        assert {case.case_id: case.status for case in near} == {"101": word, "102": status}
        (repeat,) = linked_cases(connection, city.id, "102", now).repeats
        assert repeat.status == word
