"""Cases near a place, at distances that can be checked.

Here a thousandth of a degree is 111 m north and 82 m east.
"""

from __future__ import annotations

import pytest

from portal.queries.cases.nearby import NearbySearch, nearby_cases
from tests.conftest import epoch

HERE = (42.32, -71.07)
NOW = epoch("2026-03-01")


@pytest.fixture
def near(portal, city, fresh_facts):
    """near(service="pothole", …) → [(case id, metres)]."""

    def ask(**asked):
        facts = fresh_facts()
        with portal.public.connect() as connection:
            search = NearbySearch(*HERE, **asked)
            found = nearby_cases(connection, city.id, facts, search, NOW)
        return [(case.case_id, case.metres) for case in found]

    return ask


def test_open_cases_come_first_then_recently_closed_ones_and_each_closest_first(near, add_case):
    add_case("far", lat=42.322, lon=-71.07)
    add_case("close", lat=42.321, lon=-71.07)
    add_case("closed", closed="2026-02-20", lat=42.32, lon=-71.069)
    add_case("begun", status="in_progress", lat=42.32, lon=-71.071)
    assert near(service="pothole") == [("begun", 82), ("close", 111), ("far", 223), ("closed", 82)]


def test_circle_is_exact_and_not_the_square_around_it(near, add_case):
    add_case("250 m north", lat=42.3222457, lon=-71.07)
    add_case("251 m north", lat=42.3222550, lon=-71.07)
    add_case("in the corner", lat=42.3215, lon=-71.0674)  # 167 m north and 214 m east: 271 m
    assert near() == [("250 m north", 250)]
    assert len(near(metres=300)) == 3


def test_other_services_are_near_only_when_any_is_asked_for(near, add_case):
    add_case("hole", service="Pothole")
    add_case("paint", service="Graffiti")
    assert near(service="graffiti") == [("paint", 0)]
    assert near() == [("paint", 0), ("hole", 0)]
    assert near(service="unheard-of") == []


def test_case_closed_long_ago_or_after_now_is_not_recent(near, add_case):
    add_case("january", closed="2026-01-06")
    add_case("december", opened="2025-12-01", closed="2025-12-30")
    add_case("later", closed="2026-03-02")
    assert near() == [("january", 0)]


def test_the_page_s_own_case_private_ones_and_those_without_a_place_are_left_out(near, add_case):
    add_case("mine")
    add_case("secret", visibility="held")
    add_case("nowhere", lat=None, lon=None, quad=None)
    add_case("other")
    assert near(exclude="mine") == [("other", 0)]


def test_case_hidden_after_the_facts_were_made_is_not_shown(
    portal, city, near, add_case, fresh_facts
):
    from sqlalchemy import text

    add_case("101")
    facts = fresh_facts()
    with portal.transaction() as connection:
        connection.execute(text("update cases set visibility = 'held'"))
    with portal.public.connect() as connection:
        assert nearby_cases(connection, city.id, facts, NearbySearch(*HERE), NOW) == ()


def test_no_more_than_asked_for(near, add_case):
    for number in range(4):
        add_case(str(number))
    assert len(near(limit=3)) == 3


def test_nothing_near_is_empty(near):
    assert near() == []
