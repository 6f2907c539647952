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


def test_the_line_goes_through_the_average_of_each_house_and_two_on_either_side(streets):
    (street,) = streets_in(streets, ALL)
    (piece,) = street.pieces
    lats = [lat for lat, _ in piece]
    # Houses 1 to 3, 1 to 4, 1 to 5 … 5 to 9, 6 to 9, 7 to 9; the first is at 42.3205.
    assert lats == [42.321, 42.32125, 42.3215, 42.322, 42.3225, 42.323, 42.3235, 42.32375, 42.324]


@pytest.mark.parametrize(("metres", "is_joined"), [(249.5, True), (250.5, False)])
def test_houses_are_joined_up_to_250_meters(add_case, portal, city, metres, is_joined):
    north = 42.32 + metres / metres_between(42.0, -71.07, 43.0, -71.07)
    add_case("1", address="1 Bay St", lat=42.32, lon=-71.07)
    add_case("2", address="1 Bay St", lat=42.32, lon=-71.07)
    add_case("3", address="3 Bay St", lat=north, lon=-71.07)
    index = portal.cached(street_index, city.id, city.name)
    assert (streets_in(index, ALL) != ()) is is_joined


def test_a_street_is_drawn_as_far_as_the_houses_next_to_the_box(streets):
    (street,) = streets_in(streets, Bounds(42.3219, -71.10, 42.3221, -71.04))
    (piece,) = street.pieces
    assert len(piece) == 3, "house 4, and one on either side"


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
