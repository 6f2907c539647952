"""Places that a resident names in words: the very house, one near it, a corner, a neighborhood."""

from __future__ import annotations

import pytest

from portal.queries.report.report_places import address_near, places_named


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def named(add_case, portal, city):
    """named("3 Adams St") → names and neighborhoods; houses 1, 3 and 7 are known."""
    for number in (1, 3, 7):
        add_case(
            f"1{number}",
            address=f"{number} Adams St",
            neighborhood="Northside",
            lat=42.32 + number * 0.001,
            lon=-71.07,
        )

    def find(typed: str) -> list[tuple]:
        found = places_named(portal, city, typed, "en")
        return [(place.name, place.area, round(place.lat, 4)) for place in found]

    return find


def test_a_house_that_is_known_is_where_it_is(named):
    assert named("3 Adams St") == [("3 Adams St", "Northside", 42.323)]


def test_a_house_between_known_ones_has_its_own_number_and_a_neighbors_place(named):
    ((name, area, lat),) = named("4 Adams St")
    assert (name, area) == ("4 Adams St", "Northside")
    assert lat == 42.323


def test_a_street_alone_keeps_its_name(named):
    assert [name for name, *_ in named("Adams St")] == ["Adams St"]


def test_what_nobody_named_is_nowhere(named):
    assert named("9 Elsewhere Rd") == []


def test_a_pin_is_near_a_house_within_120_meters(named, portal, city):
    metre = 0.001 / 111.32
    assert address_near(portal, city, 42.327 + 119 * metre, -71.07) == "Near 7 Adams St"
    assert address_near(portal, city, 42.327 + 121 * metre, -71.07) == ""
