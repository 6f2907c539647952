"""Lists in the order asked for, page by page."""

from __future__ import annotations

import pytest

from portal.domain.filters import CaseFilter
from portal.domain.sort_order import CaseOrder
from portal.errors import BadRequest
from portal.queries.cases.case_lists import cases_in_order
from portal.queries.cases.text_search import make_selection
from tests.conftest import epoch

NOW = epoch("2026-03-01")
OLDEST, CLOSEST = CaseOrder("oldest"), CaseOrder("closest", 42.32, -71.07)


@pytest.fixture
def page(portal, city, fresh_facts):
    def ask(order: CaseOrder, query: str = "", limit: int = 50, after: str | None = None):
        case_filter = CaseFilter.from_query_string(query)
        selection = make_selection(portal, city, case_filter, NOW)
        return portal.cached(cases_in_order, city.id, fresh_facts(), selection, order, limit, after)

    return ask


@pytest.fixture
def whole_list(page):
    """All pages of two cases each, as case ids."""

    def ask(order: CaseOrder, query: str = "") -> list[str]:
        seen, after = [], None
        while True:
            found = page(order, query, 2, after)
            seen += [case.case_id for case in found.cases]
            after = found.next_after
            if after is None:
                return seen

    return ask


def test_oldest_open_case_is_first_and_closed_ones_are_not_there(whole_list, add_case):
    add_case("103", opened="2026-01-03")
    add_case("101", opened="2026-01-01", status="in_progress")
    add_case("102", opened="2026-01-02", closed="2026-01-05")
    add_case("105", opened="2026-01-01")
    add_case("104", opened="2026-01-04", service="Graffiti")
    assert whole_list(OLDEST) == ["101", "105", "103", "104"]
    assert whole_list(OLDEST, "service=pothole") == ["101", "105", "103"]


def test_oldest_of_a_status_are_all_cases_of_that_status(whole_list, add_case):
    add_case("103", opened="2026-01-03", closed="2026-01-04")
    add_case("101", opened="2026-01-01")
    add_case("102", opened="2026-01-02", closed="2026-01-05")
    assert whole_list(OLDEST, "status=closed") == ["102", "103"]
    assert whole_list(OLDEST, "status=closed,open") == ["101", "102", "103"]


def test_closest_case_is_first_says_how_far_and_goes_on_to_the_end_of_the_city(
    whole_list, page, add_case
):
    add_case("3 km", lat=42.347, lon=-71.07)
    add_case("here", lat=42.32, lon=-71.07)
    add_case("111 m", lat=42.321, lon=-71.07, closed="2026-01-09")
    add_case("also here", lat=42.32, lon=-71.07)
    add_case("nowhere", lat=None, lon=None, quad=None)
    add_case("334 m", lat=42.323, lon=-71.07, service="Graffiti")
    assert whole_list(CLOSEST) == ["here", "also here", "111 m", "334 m", "3 km"]
    assert [case.metres for case in page(CLOSEST).cases] == [0, 0, 111, 334, 3006]
    assert whole_list(CLOSEST, "service=pothole&status=open") == ["here", "also here", "3 km"]


def test_words_hold_in_every_order(whole_list, add_case):
    add_case("101", note="deep hole")
    add_case("102", note="broken glass")
    for order in (CaseOrder(), OLDEST, CLOSEST):
        assert whole_list(order, "q=deep") == ["101"]


def test_newest_first_is_the_usual_order(whole_list, add_case):
    add_case("101", opened="2026-01-01")
    add_case("102", opened="2026-01-02")
    add_case("103", opened="2026-01-03")
    assert whole_list(CaseOrder()) == ["103", "102", "101"]


def test_empty_city_has_an_empty_list_in_every_order(page):
    for order in (CaseOrder(), OLDEST, CLOSEST):
        assert page(order) == type(page(order))((), None)


def test_marks_that_no_page_gave_and_closest_to_nowhere_are_refused(page):
    with pytest.raises(BadRequest, match="earlier page"):
        page(OLDEST, after="x")
    with pytest.raises(BadRequest, match="place"):
        page(CaseOrder("closest"))


@pytest.mark.parametrize("order", [CaseOrder(), OLDEST, CLOSEST], ids=lambda order: order.name)
def test_a_page_that_holds_all_has_no_next_one(page, add_case, order):
    add_case("101", opened="2026-01-01")
    add_case("102", opened="2026-01-02", lat=42.33)
    assert page(order, limit=2).next_after is None
    first = page(order, limit=1)
    assert (len(first.cases), first.next_after is None) == (1, False)
    second = page(order, limit=1, after=first.next_after)
    assert (len(second.cases), second.next_after) == (1, None)
    assert first.cases[0].case_id != second.cases[0].case_id
    assert len(page(order, limit=0).cases) == 1, "a page has a case at least"


def test_a_mark_is_a_number_of_twelve_digits_and_a_case(page, add_case):
    add_case("101")
    for mark in ("123456789012~101", "-5~101"):
        page(OLDEST, after=mark)
    for mark in ("1234567890123~101", "12~", "~101", "1.5~101", "x" * 41):
        with pytest.raises(BadRequest) as refused:
            page(OLDEST, after=mark)
        assert f"“{mark[:40]}”" in str(refused.value)
