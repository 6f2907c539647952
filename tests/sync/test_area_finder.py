"""Neighborhood, district and tract: by the city's label, else by polygon, kept apart."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from data_sync.pull import boundaries
from data_sync.pull.area_finder import AreaFinder, load_area_finder
from data_sync.pull.checks import check_record
from portal.domain.areas import Areas
from portal.domain.jurisdiction import BoundaryLayer
from portal.errors import SourceError
from tests.sync.support import NOW, record, rows_of, save


def square(west: float, south: float, east: float, north: float) -> dict:
    return {
        "type": "Polygon",
        "coordinates": [
            [[west, south], [east, south], [east, north], [west, north], [west, south]]
        ],
    }


def layer(*areas: tuple[str, dict], **more) -> bytes:
    features = [
        {"type": "Feature", "properties": {"name": name, "id": 1}, "geometry": geometry}
        for name, geometry in areas
    ]
    return json.dumps({"type": "FeatureCollection", "features": features, **more}).encode()


WEST, EAST = square(-71.10, 42.30, -71.07, 42.35), square(-71.07, 42.30, -71.04, 42.35)
HALVES = layer(("Westside", WEST), ("East Side", EAST))


@pytest.fixture
def finder(city):
    polygons = boundaries.parse_polygons(city, "halves", HALVES, None)
    districts = boundaries.parse_polygons(
        city, "districts", layer(("1", WEST), ("2", EAST)), "name"
    )
    aliased = replace(city, neighborhood_aliases={"the west": "Westside"})
    return AreaFinder(aliased, {"neighborhood": polygons, "district": districts})


def areas(finder, city, **fields) -> Areas:
    return finder.set_areas([check_record(record(**fields), city, NOW)])[0].areas


def test_a_label_that_names_an_area_counts_and_the_polygon_is_kept_beside_it(finder, city):
    found = areas(finder, city, neighborhood="EAST SIDE", lat=42.32, lon=-71.09)
    assert (found.neighborhood, found.city_neighborhood, found.polygon_neighborhood) == (
        "East Side",
        "East Side",
        "Westside",
    )


def test_an_alias_is_the_area_it_stands_for(finder, city):
    assert areas(finder, city, neighborhood="The West").neighborhood == "Westside"


def test_a_label_we_do_not_know_gives_way_to_the_polygon_and_stands_where_there_is_no_pin(
    finder, city
):
    assert (
        areas(finder, city, neighborhood="Greater Town", lat=42.32, lon=-71.05).neighborhood
        == "East Side"
    )
    assert areas(finder, city, neighborhood="Greater Town").neighborhood == "Greater Town"


def test_a_district_is_its_number_however_it_is_written_and_zero_is_none(finder, city):
    assert areas(finder, city, district="02").district == "2"
    assert areas(finder, city, district="District 2").district == "2"
    assert areas(finder, city, district="0").district is None


def test_a_place_outside_the_city_is_in_no_area(finder, city):
    assert areas(finder, city, lat=40.7, lon=-74.0) == Areas()


def test_without_polygons_the_citys_label_serves(city):
    assert (
        areas(
            AreaFinder(city, {}), city, neighborhood="Anywhere", lat=42.32, lon=-71.05
        ).neighborhood
        == "Anywhere"
    )


def test_a_layer_loaded_later_sets_the_stored_cases_into_their_areas_without_revisions(
    portal, city
):
    save(
        portal,
        city,
        record("1", lat=42.32, lon=-71.09),
        record("2", neighborhood="East Side"),
        record("3", service_code="H", service_name="Housing", lat=42.32, lon=-71.09),
    )
    moved = boundaries.store_layer(
        portal, city, "neighborhood", boundaries.parse_polygons(city, "halves", HALVES, None), NOW
    )
    assert moved == 2
    query = (
        "select c.case_id, l.name, c.rev from cases c left join labels l"
        " on l.jurisdiction_id = c.jurisdiction_id and l.label_id = c.neighborhood_id"
        " order by c.case_id"
    )
    assert rows_of(portal, query) == [
        ("1", "Westside", 3),
        ("2", "East Side", 1),
        ("3", "Westside", 3),
    ]
    assert rows_of(portal, "select * from case_revisions") == []
    assert (
        boundaries.store_layer(
            portal,
            city,
            "neighborhood",
            boundaries.parse_polygons(city, "halves", HALVES, None),
            NOW,
        )
        == 0
    )
    assert load_area_finder(portal.core, city).layers["neighborhood"].names == [
        "East Side",
        "Westside",
    ]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html>sorry</html>", "is not JSON; it begins with '<html>sorry</html>'"),
        (b"{}", "is not a GeoJSON FeatureCollection"),
        (layer(("", WEST)), "feature 1 has no property 'name'; it has: name, id"),
        (layer(("A", {"type": "Point", "coordinates": [0, 0]})), r"feature 1 \(A\): is a Point"),
        (
            layer(("A", {"type": "Polygon", "coordinates": "no"})),
            r"feature 1 \(A\): no usable geometry",
        ),
        (layer(("A", square(0, 0, 1, 1))), "none of its 1 areas touches Smallville"),
        (layer(("A", square(230000, 890000, 240000, 900000))), "which are not degrees"),
        (layer(("A", WEST), crs={"properties": {"name": "EPSG:2249"}}), "export it in WGS84"),
    ],
)
def test_a_layer_that_is_none_says_what_is_wrong_with_it(city, body, says):
    with pytest.raises(SourceError, match=says):
        boundaries.parse_polygons(city, "layer.geojson", body, None)


def test_polygons_that_cross_themselves_are_mended_and_those_of_one_name_joined(city):
    bow_tie = {
        "type": "Polygon",
        "coordinates": [
            [[-71.1, 42.3], [-71.05, 42.35], [-71.05, 42.3], [-71.1, 42.35], [-71.1, 42.3]]
        ],
    }
    [(name, geometry)] = boundaries.parse_polygons(
        city, "x", layer(("A", bow_tie), ("A", EAST)), None
    )
    assert name == "A"
    assert json.loads(geometry)["type"] in ("Polygon", "MultiPolygon")


def test_the_citys_own_address_is_asked_through_the_network_handed_in(city):
    from data_sync.reading.base import Answer

    layer_at = BoundaryLayer("neighborhood", "name", url="https://city.example/areas")
    found = boundaries.fetch_polygons(
        city, layer_at, lambda url: Answer(200, "application/json", HALVES, url, {})
    )
    assert [name for name, _ in found] == ["East Side", "Westside"]


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("district 07", "7"),
        ("7", "7"),
        ("007", "7"),
        ("DISTRICT", "District"),
        ("--", "--"),
        ("7 district", "7 district"),
        ("000", None),
        (" 0 ", None),
        (None, None),
    ],
)
def test_a_label_is_known_by_its_words_whatever_stands_between_them(city, label, name):
    polygons = boundaries.parse_polygons(city, "", layer(("7", WEST), ("District", EAST)), None)
    finder = AreaFinder(city, {"district": polygons})
    assert finder.known_name("district", label) == name
    assert finder.known_name("neighborhood", label) == (label if name else None)
