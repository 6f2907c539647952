"""Outlines for the live map are short, and names keep their letters."""

from __future__ import annotations

import json

import pytest

from portal.api.areas import _make_geojson, feature_collection
from portal.queries.cases.areas import Area


@pytest.fixture
def database() -> str:
    return "sqlite"


def test_outlines_have_a_name_in_its_own_letters_and_no_needless_space(portal, city, add_area):
    add_area("El Peñón", south=42.32, north=42.34, west=-71.09, east=-71.05)
    add_area("West", south=42.32, north=42.34, west=-71.09, east=-71.05, kind="district")
    with portal.public.connect() as connection:
        body = _make_geojson(connection, city.id, "neighborhood")
    text = body.decode()
    assert "El Peñón" in text
    assert '": ' not in text and ", " not in text
    (feature,) = json.loads(body)["features"]
    assert feature["properties"] == {"name": "El Peñón", "slug": "el-penon"}
    assert feature["geometry"]["type"] == "Polygon"


def test_no_areas_are_an_empty_collection():
    none: list[Area] = []
    assert feature_collection(none) == {"type": "FeatureCollection", "features": []}
