"""Which area a place is in, and places just outside every outline."""

from __future__ import annotations

import pytest

from portal.queries.cases.areas import Area
from portal.queries.cases.outlines import area_at

NORTH, SOUTH = (42.32, 42.34), (42.30, 42.32)


def square(name: str, south: float, north: float) -> Area:
    ring = [[-71.1, south], [-71.0, south], [-71.0, north], [-71.1, north], [-71.1, south]]
    return Area(name.lower(), name, {"type": "Polygon", "coordinates": [ring]})


AREAS = (square("Northside", *NORTH), square("Southside", *SOUTH))


@pytest.mark.parametrize(
    ("lat", "name"), [(42.33, "Northside"), (42.31, "Southside"), (42.35, None)]
)
def test_a_place_is_in_the_area_around_it(lat, name):
    assert area_at(AREAS, lat, -71.05) == name


def test_a_pier_belongs_to_the_area_it_stands_out_from():
    # 0.0005° north of the edge: 56 m.
    assert area_at(AREAS, 42.3405, -71.05, within_metres=80) == "Northside"
    assert area_at(AREAS, 42.3405, -71.05, within_metres=40) is None


def test_metres_to_the_east_are_metres():
    # 0.0005° east of the edge: 41 m at this latitude.
    assert area_at(AREAS, 42.33, -70.9995, within_metres=45) == "Northside"
    assert area_at(AREAS, 42.33, -70.9995, within_metres=38) is None


def test_without_areas_a_place_is_in_none():
    assert area_at((), 42.33, -71.05, within_metres=80) is None
