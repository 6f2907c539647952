"""Streets drawn from where cases are, and the house nearest to a pin."""

from __future__ import annotations

import pytest

from portal.domain.bounds import Bounds
from portal.domain.distance import metres_between
from portal.queries.cases.street_names import street_index
from portal.queries.report.street_lines import nearest_address, streets_in

ALL = Bounds(42.30, -71.10, 42.35, -71.04)


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def streets(add_case, portal, city):
    """Adams St runs north with a house every 0.0005° (56 m); after number 9 comes one 1.1 km on."""
    for number in range(1, 10):
        add_case(
            f"1{number}",
            address=f"{number} Adams St",
            neighborhood="Northside",
            lat=42.32 + number * 0.0005,
            lon=-71.07,
        )
    add_case("21", address="99 Adams St", neighborhood="Northside", lat=42.3345, lon=-71.07)
    return portal.cached(street_index, city.id, city.name)


def test_a_street_is_a_line_through_its_known_houses_in_the_order_of_their_numbers(streets):
    (street,) = streets_in(streets, ALL)
    (piece,) = street.pieces
    assert street.name == "Adams St"
    assert piece[0][0] < piece[-1][0] and {lon for _, lon in piece} == {-71.07}


def test_houses_far_apart_are_not_joined(streets):
    (street,) = streets_in(streets, ALL)
    assert max(lat for piece in street.pieces for lat, _ in piece) < 42.3345


def test_a_box_without_houses_has_no_streets(streets):
    assert streets_in(streets, Bounds(42.30, -71.05, 42.31, -71.04)) == ()


def test_the_house_nearest_to_a_place_is_named_with_its_neighborhood(streets):
    house = nearest_address(streets, 42.3216, -71.0701, within_metres=100)
    assert house is not None
    assert (house.address, house.area) == ("3 Adams St", "Northside")
    assert 10 < house.metres < 20


def test_no_house_within_reach_is_none(streets):
    assert nearest_address(streets, 42.3216, -71.08, within_metres=100) is None


def test_the_nearest_house_is_the_nearest_of_all_of_them(streets):
    houses = [
        house
        for street in streets.streets
        for house in zip(street.number_lats, street.number_lons, strict=True)
    ]
    for step in range(200):
        here = 42.318 + 0.0001 * step, -71.075 + 0.00007 * step
        closest = min(metres_between(*here, *house) for house in houses)
        found = nearest_address(streets, *here, within_metres=100)
        assert (found.metres if found else None) == (
            pytest.approx(closest) if closest <= 100 else None
        )
