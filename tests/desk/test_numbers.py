"""The desk's box finds a case by either number, as a resident reads it out."""

from __future__ import annotations

import pytest

from data_sync.desk import store
from data_sync.desk.records import NewCase
from data_sync.desk.store import report_case
from portal.domain.tracking_number import check_character, format_tracking_number

THEIRS = "K7M3Q2X9T" + check_character("K7M3Q2X9T")


@pytest.fixture
def light(desk, clock):
    """A closed case that came from the portal."""
    new = NewCase("light", "Dark", "2 Elm St", 42.3, -71.0, external_reference=THEIRS)
    number = report_case(desk, new, now=clock(), actor="test")
    store.close_case(desk, number, "Fixed", actor="Ana", now=clock())
    return number


def find(staff, typed: str):
    return staff.get("/staff", query_string={"words": typed})


@pytest.mark.parametrize(
    "write",
    [
        str,
        str.lower,
        format_tracking_number,
        lambda number: format_tracking_number(number).replace("-", "‑"),
        lambda number: f"Case Nr. {format_tracking_number(number).lower()}",
        lambda number: f"#{number[:4]} {number[4:]}",
    ],
)
def test_a_residents_number_leads_to_the_case_however_it_is_written(staff, light, write):
    assert find(staff, write(THEIRS)).location == f"/staff/cases/{light}"


@pytest.mark.parametrize(
    "typed", ["26-00000001", "26 00000001", "2600000001", "#26-OOOOOO0l", "case 26–00000001"]
)
def test_our_number_leads_to_the_case_however_it_is_written(staff, pothole, typed):
    assert pothole == "26-00000001"
    assert find(staff, typed).location == f"/staff/cases/{pothole}"


def test_our_number_without_its_year_leads_to_the_case(staff, pothole):
    assert find(staff, "00000001").location == f"/staff/cases/{pothole}"


def test_a_short_number_may_be_a_house_and_only_offers_the_case(staff, pothole):
    page = find(staff, "001")
    assert page.status_code == 200
    assert f'Did you mean <a href="/staff/cases/{pothole}">' in page.text


def test_a_mistyped_number_of_a_resident_is_offered_and_no_other(staff, light):
    page = find(staff, THEIRS[:3] + "0" + THEIRS[4:])
    assert f'Did you mean <a href="/staff/cases/{light}">' in page.text
    assert "Did you mean" not in find(staff, THEIRS[:2] + "00" + THEIRS[4:]).text


def test_words_are_searched_as_before(staff, pothole):
    assert pothole in find(staff, "Elm").text
    assert "Did you mean" not in find(staff, "Elm").text


def test_the_desks_pages_do_without_a_slash_too(staff, pothole):
    answer = staff.get(f"/staff/cases/{pothole}/?x=1")
    assert (answer.status_code, answer.location) == (308, f"/staff/cases/{pothole}?x=1")
