"""Outlines of areas as a city's file has them, and what of such a file is refused by name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from data_sync.pull.boundaries import fetch_polygons, parse_polygons
from data_sync.reading.base import Answer
from portal.domain.jurisdiction import BoundaryLayer
from portal.errors import SettingsError, SourceError
from tests.conftest import smallville

CITY = smallville()
BOX = (42.31, 42.33, -71.09, -71.05)


def box(south: float, north: float, west: float, east: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(name: Any = "Northside", geometry: Any = None, **more: Any) -> dict[str, Any]:
    properties = {"id": 7, "NAME": name}
    return {"type": "Feature", "properties": properties, "geometry": geometry or box(*BOX)} | more


def parse(*features: Any, name_property: str | None = None, **layer: Any):
    body = {"type": "FeatureCollection", "features": list(features)} | layer
    return parse_polygons(CITY, "areas.geojson", json.dumps(body).encode(), name_property)


def refusal(*features: Any, **layer: Any) -> str:
    with pytest.raises(SourceError) as refused:
        parse(*features, **layer)
    return str(refused.value)


def test_areas_come_by_name_and_parts_of_one_name_are_one_area():
    far = box(42.34, 42.345, -71.06, -71.05)
    found = parse(feature("West"), feature(" East "), feature("West", far))
    assert [name for name, _ in found] == ["East", "West"]
    east, west = (json.loads(geometry) for _, geometry in found)
    assert (east["type"], west["type"], len(west["coordinates"])) == ("Polygon", "MultiPolygon", 2)


def test_the_name_is_in_the_property_that_is_named_or_in_one_that_is_called_name():
    assert parse(feature("A"))[0][0] == "A"
    assert parse(feature("A"), name_property="id")[0][0] == "7"
    assert parse(feature("x" * 201))[0][0] == "x" * 200
    assert "feature 1 has no property 'ward'; it has: id, NAME" in refusal(
        feature("A"), name_property="ward"
    )
    assert "feature 2 has no property 'NAME'" in refusal(feature("A"), feature(" "))
    assert "has no property 'name'; it has: none" in refusal(feature(properties=None))


def test_a_layer_has_features_and_not_more_than_twenty_thousand():
    odd = "areas.geojson: is not a GeoJSON FeatureCollection with features"
    assert refusal() == refusal(features={"a": 1}) == odd
    assert "feature 1 has no property" in refusal(features=[1] * 20_000)
    assert refusal(features=[1] * 20_001) == "areas.geojson: 20,001 features; at most 20,000"


@pytest.mark.parametrize("body", [b"<html>" + b"x" * 100, b"[" * 100_000])
def test_what_is_no_json_is_shown_from_its_start(body):
    with pytest.raises(SourceError) as refused:
        parse_polygons(CITY, "areas.geojson", body, None)
    assert str(refused.value).endswith(f"it begins with {body[:60].decode()!r}")


def test_coordinates_that_are_no_degrees_are_refused():
    assert parse(feature(), crs={"properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}})
    assert "export it in WGS84" in refusal(feature(), crs={"properties": {"name": "EPSG:2249"}})
    edges = box(-90, 90, -180, 180)
    assert parse(feature(geometry=edges))
    for south, north, west, east in (
        (-90.1, 1, 1, 2),
        (1, 90.1, 1, 2),
        (1, 2, -180.1, 1),
        (1, 2, 1, 180.1),
    ):
        assert "which are not degrees" in refusal(feature(geometry=box(south, north, west, east)))


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        ({"type": "Point", "coordinates": [-71.07, 42.32]}, "is a Point; areas are Polygons"),
        ({"type": "Polygon", "coordinates": "north"}, "no usable geometry"),
        ({"type": "Circle"}, "no usable geometry"),
        (box(42.32, 42.32, -71.07, -71.06), "areas are Polygons"),
    ],
)
def test_what_is_no_area_is_refused_with_its_name(geometry, words):
    said = refusal(feature("A"), feature("B", geometry))
    assert said.startswith("areas.geojson: feature 2 (B):")
    assert words in said


def test_a_ring_that_crosses_itself_is_made_right_and_heights_are_left_out():
    ring = [[-71.09, 42.31, 5], [-71.05, 42.33, 5], [-71.05, 42.31, 5], [-71.09, 42.33, 5]]
    crossed = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    ((_, geometry),) = parse(feature(geometry=crossed))
    made = json.loads(geometry)
    assert made["type"] == "MultiPolygon"
    assert all(len(point) == 2 for part in made["coordinates"] for point in part[0])


def test_one_area_at_least_is_in_the_city():
    elsewhere = feature("Elsewhere", box(10, 11, 10, 11))
    assert len(parse(elsewhere, feature())) == 2
    assert refusal(elsewhere) == "areas.geojson: none of its 1 areas touches Smallville"


@pytest.mark.parametrize("status", [200, 199, 201, 404])
def test_a_layer_is_read_at_its_address_if_that_answers_200(status):
    url = "https://data.example/wards"
    body = json.dumps({"features": [feature()]}).encode()
    layer = BoundaryLayer("district", "NAME", url=url)
    if status == 200:
        fetched = fetch_polygons(CITY, layer, lambda asked: Answer(200, "", body, asked, {}))
        assert [name for name, _ in fetched] == ["Northside"]
        return
    with pytest.raises(SourceError, match=f"{url} answered {status}"):
        fetch_polygons(CITY, layer, lambda asked: Answer(status, "", body, asked, {}))


def test_a_layer_without_an_address_wants_a_file():
    with pytest.raises(SettingsError, match="give a file"):
        fetch_polygons(CITY, BoundaryLayer("district", "NAME"), lambda asked: pytest.fail(asked))
