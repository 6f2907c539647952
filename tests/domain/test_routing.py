"""A report goes to the first rule that fits, and what none covers to the city's catch-all queue."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.areas import Areas
from portal.domain.land import Land
from portal.domain.route_rules import Place, RouteRule, System
from portal.domain.routing import choose_route
from tests.conftest import smallville

SQUARE = ((-71.08, 42.31), (-71.06, 42.31), (-71.06, 42.33), (-71.08, 42.33), (-71.08, 42.31))
HOLE = (
    (-71.072, 42.318),
    (-71.068, 42.318),
    (-71.068, 42.322),
    (-71.072, 42.322),
    (-71.072, 42.318),
)
PARK = Land("park.geojson", ((SQUARE, HOLE),))
NORTH, SOUTH = (
    Areas(neighborhood="Northside", district="District 1"),
    Areas(neighborhood="Southside"),
)
HERE = Place(42.315, -71.075, NORTH)
LIGHTS = RouteRule("Light Office", "Lamps", match="street light")
NORTH_ROADS = RouteRule(
    "Roads", "North Yard", match="^pothole$", areas=(("neighborhood", "northside"),)
)
ROADS = RouteRule("Roads", "South Yard", match="^pothole$", code="POT")
PARKS = RouteRule("Parks", "Park Crew", land=PARK)
CITY = replace(smallville(), routes=(LIGHTS, NORTH_ROADS, ROADS, PARKS))


def queue_of(code: str, name: str, place: Place = HERE) -> str | None:
    return choose_route(CITY, code, name, place).queue


def test_a_rule_fits_by_the_types_name_or_code_whatever_its_capitals():
    assert queue_of("17", "Street Light Out") == "Lamps"
    assert queue_of("STREET LIGHT", "Lamp") == "Lamps"


def test_the_first_rule_that_fits_decides():
    assert queue_of("1", "Pothole", HERE) == "North Yard"
    assert queue_of("1", "Pothole", Place(42.315, -71.075, SOUTH)) == "South Yard"


def test_a_rule_for_some_land_fits_on_it_and_not_in_its_holes():
    assert queue_of("2", "Bench", Place(42.315, -71.075)) == "Park Crew"
    assert queue_of("2", "Bench", Place(42.320, -71.070)) == "Front Desk"
    assert queue_of("2", "Bench", Place(42.340, -71.075)) == "Front Desk"


def test_what_no_rule_covers_goes_to_the_catch_all_queue_and_says_so():
    decision = choose_route(CITY, "9", "Something Else", Place(42.34, -71.05))
    assert (decision.department, decision.queue, decision.is_catch_all) == (
        "City Hall",
        "Front Desk",
        True,
    )
    assert [step.misfit for step in decision.steps] == ["type", "type", "type", "land"]


def test_each_rule_tried_is_told_with_why_it_does_not_fit():
    decision = choose_route(CITY, "1", "Pothole", Place(42.315, -71.075, SOUTH))
    assert [(step.number, step.misfit) for step in decision.steps] == [
        (1, "type"),
        (2, "area"),
        (3, None),
    ]
    assert (decision.code, decision.is_catch_all) == ("POT", False)


def test_a_rule_that_names_no_system_means_the_only_one():
    assert choose_route(CITY, "1", "Pothole", HERE).system == "desk"
    two = replace(
        CITY,
        systems=(System("a", "open311"), System("b", "email")),
        routes=(replace(ROADS, system="b"),),
    )
    assert choose_route(two, "1", "Pothole", HERE).system == "b"


def test_a_city_whose_file_says_nothing_decides_nothing():
    decision = choose_route(
        replace(CITY, systems=(), routes=(), catch_all=None), "1", "Pothole", HERE
    )
    assert (decision.department, decision.queue, decision.system, decision.is_catch_all) == (
        None,
        None,
        None,
        True,
    )


WORDS = st.sampled_from(["pothole", "street light", "bench", ""])
AREAS = st.lists(
    st.tuples(
        st.sampled_from(["neighborhood", "district", "tract"]),
        st.sampled_from(["Northside", "District 1"]),
    ),
    max_size=2,
)
RULES = st.builds(
    RouteRule,
    department=st.just("Roads"),
    queue=st.uuids().map(str),
    match=WORDS,
    areas=AREAS.map(tuple),
    land=st.sampled_from([None, PARK]),
)
ANYWHERE = st.builds(
    Place,
    st.floats(allow_nan=True),
    st.floats(allow_nan=True),
    st.builds(Areas, st.sampled_from([None, "Northside", "Ñ"])),
)


@given(st.lists(RULES, max_size=5), st.text(), st.text(), ANYWHERE)
def test_whatever_is_reported_wherever_somebody_gets_it_and_no_earlier_rule_fits(
    rules, code, name, place
):
    decision = choose_route(replace(CITY, routes=tuple(rules)), code, name, place)
    fitting = [rule for rule in rules if rule.find_misfit(code, name, place) is None]
    assert decision.queue == (fitting[0].queue if fitting else "Front Desk")
    assert decision.is_catch_all == (not fitting)


@pytest.mark.parametrize(
    ("lat", "lon", "is_on_it"),
    [(42.315, -71.075, True), (42.32, -71.07, False), (42.3300001, -71.07, False)],
)
def test_a_place_is_on_land_by_its_outline_and_its_holes(lat, lon, is_on_it):
    assert PARK.contains(lat, lon) == is_on_it
