"""The cities that come with the portal: their files are right, and the docs explain every key."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest
from shapely import STRtree, points
from shapely.geometry import shape

from data_sync.reading.columns import FIELDS
from data_sync.sources import KINDS, make_sources
from data_sync.sources.open311 import Quirks
from portal import jurisdictions
from portal.domain.jurisdiction import Jurisdiction
from tests.sources.conftest import NOW, Network

ROOT = Path(__file__).parents[2]
CITIES = ["boston", "chicago", "demo", "losangeles", "nyc", "sanfrancisco"]


@pytest.fixture(params=CITIES)
def some_city(request: pytest.FixtureRequest) -> Jurisdiction:
    return jurisdictions.load(request.param)


def test_these_cities_are_available():
    assert set(CITIES) <= set(jurisdictions.available())


def test_a_citys_file_is_complete(some_city):
    assert (
        some_city.name
        and some_city.licence
        and some_city.host_names == (f"{some_city.id}.localhost",)
    )
    assert (
        some_city.bounds.south < some_city.bounds.north
        and some_city.bounds.west < some_city.bounds.east
    )
    assert make_sources(some_city, Network([]), desk_url="http://127.0.0.1:1")
    assert some_city.data_url.startswith("https://") or some_city.is_demonstration
    assert all(some_city.bounds.holds(pin.lat, pin.lon) for pin in some_city.no_place_pins)


def test_every_rule_about_a_service_can_be_read_and_says_why(some_city):
    for rule in some_city.service_rules:
        assert rule.pattern.pattern and len(rule.why) > 20
        assert not rule.public or rule.place != "exact", "a rule that changes nothing is no rule"


def test_boundary_files_are_there_and_have_the_property_that_names_an_area(some_city):
    for layer in some_city.boundaries:
        assert bool(layer.file) != bool(layer.url)
        assert not layer.url or layer.url.startswith("https://")
        if layer.file:
            features = json.loads((jurisdictions.FOLDER / layer.file).read_text())["features"]
            assert all(feature["properties"][layer.name_property] for feature in features)


@pytest.mark.parametrize(
    ("city", "service", "public", "place"),
    [
        ("boston", "Unsatisfactory Living Conditions", True, "block"),
        ("boston", "Heat - Excessive  Insufficient", True, "block"),
        ("boston", "Mice Infestation - Residential", True, "block"),
        ("boston", "Needle Pickup", True, "block"),
        ("boston", "General Comments For An Employee", True, "block"),
        ("boston", "Request for Pothole Repair", True, "exact"),
        ("boston", "Rodent Activity", True, "exact"),
        ("boston", "Street Light Outages", True, "exact"),
        ("boston", "Requests for Street Cleaning", True, "exact"),
        ("nyc", "Noise - Residential", True, "block"),
        ("nyc", "Street Condition", True, "exact"),
        ("nyc", "Elder Abuse", False, "exact"),
        ("chicago", "311 INFORMATION ONLY CALL", False, "exact"),
        ("chicago", "Graffiti Removal Request", True, "exact"),
        ("losangeles", "Homeless Encampment", True, "block"),
        ("sanfrancisco", "Graffiti", True, "exact"),
        ("demo", "Comment About an Employee", False, "exact"),
        ("demo", "Living Conditions", True, "block"),
        ("demo", "Heating", True, "block"),
        ("demo", "Pothole", True, "exact"),
    ],
)
def test_what_is_somebodys_home_is_placed_by_its_block(city, service, public, place):
    rule = jurisdictions.load(city).rule_for("", service)
    assert (rule.public, rule.place) == (public, place)


def test_every_key_field_and_quirk_is_explained_in_the_docs():
    page = (ROOT / "docs" / "cities.md").read_text()
    explained = set(re.findall(r"`([a-z_0-9]+)`", page))
    top = {
        "name",
        "zone",
        "bounds",
        "host_names",
        "licence",
        "data_url",
        "is_demonstration",
        "no_place_pins",
        "neighborhood_aliases",
        "boundaries",
    }
    sources = {
        "kind",
        "sources",
        "service_rules",
        "match",
        "public",
        "place",
        "why",
        "columns",
        "statuses",
        "renames",
        "ignored",
        "delimiter",
        "encoding",
    }
    more = {
        "time_formats",
        "path",
        "url",
        "tables",
        "opened_since",
        "new_system",
        "years",
        "departments",
        "endpoint",
        "params",
        "quirks",
    }
    boundary = {"kind", "name_property", "file"}
    wanted = top | sources | more | boundary | set(KINDS) | set(FIELDS) | set(Quirks.model_fields)
    assert wanted - explained == set()


@pytest.mark.realdata
def test_bostons_large_areas_are_no_aliases_of_one_neighborhood(real_data):
    """The shares in boston.toml: an alias would take four of ten cases out of Dorchester."""
    city = jurisdictions.load("boston")
    (source,) = make_sources(city, Network([]))
    features = json.loads(
        (real_data / "geo" / "boston_neighborhoods_2020tracts_24.geojson").read_text()
    )["features"]
    names = [feature["properties"]["neighborhood"] for feature in features]
    places = []
    for page in source.pages_from_file(
        real_data / "boston" / "boston_2011_311_service_requests.zip", now=NOW
    ):
        places += [
            (row["neighborhood"], float(row["longitude"]), float(row["latitude"]))
            for row in page.rows
        ]
    places = [place for place in places if not city.is_no_place(place[2], place[1])]
    at, area = STRtree([shape(feature["geometry"]) for feature in features]).query(
        points([place[1:] for place in places]), "within"
    )
    shares: dict[str, Counter[str]] = {}
    for index, polygon in zip(at, area, strict=True):
        shares.setdefault(places[index][0], Counter())[names[polygon]] += 1
    mattapan = shares["Greater Mattapan"]
    assert round(mattapan["Mattapan"] / mattapan.total(), 2) == 0.56
    assert round(mattapan["Dorchester"] / mattapan.total(), 2) == 0.42
    for label in (
        "Allston / Brighton",
        "South Boston / South Boston Waterfront",
        "Downtown / Financial District",
    ):
        assert shares[label].most_common(1)[0][1] < 0.95 * shares[label].total()
        assert label not in city.neighborhood_aliases
    assert set(shares["Chestnut Hill"]) == {city.neighborhood_aliases["Chestnut Hill"]}
