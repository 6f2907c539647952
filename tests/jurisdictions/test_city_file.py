"""A city's file with mistakes is refused with the file, the key, the value and the way out."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from portal import jurisdictions
from portal.domain.bounds import Bounds
from portal.domain.jurisdiction import PhotoSource, Pin
from portal.errors import SettingsError

ROOT = Path(__file__).parents[2]
TOWN = """
name = "Riverton"
zone = "America/Chicago"
bounds = { south = 41, west = -71.2, north = 42.4, east = -70.9 }
"""
DEMOGRAPHICS = """[demographics]
source = "2010 census"
tract = ["id"]
population = "people"
[demographics.measures]
"""
LAYER = """
[[boundaries]]
kind = "district"
name_property = "name"
url = "https://riverton.example/districts.geojson"
"""


def refusal_of(toml: str) -> str:
    with pytest.raises(SettingsError) as refusal:
        jurisdictions.parse("riverton", tomllib.loads(toml))
    return str(refusal.value)


def test_a_small_file_is_a_city():
    city = jurisdictions.parse("riverton", tomllib.loads(TOWN))
    assert (city.id, city.name, str(city.zone)) == ("riverton", "Riverton", "America/Chicago")
    assert city.bounds == Bounds(south=41, west=-71.2, north=42.4, east=-70.9)
    assert (city.language, city.no_place_pins, city.photos) == ("en", (), None)


def test_what_is_left_out_has_the_default_of_its_dataclass():
    more = 'no_place_pins = [{ lat = 42, lon = -71 }]\n[photos]\nhosts = ["riverton.example"]'
    city = jurisdictions.parse("riverton", tomllib.loads(TOWN + more))
    assert city.no_place_pins == (Pin(42, -71, 15.0),)
    assert city.photos == PhotoSource(("riverton.example",), 30)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("Riverton", " "), "name is empty; write what it is"),
        (('"Riverton"', "7"), "name is 7; it must be text"),
        (
            ("Chicago", "Chigaco"),
            "zone is 'America/Chigaco'; "
            "it must be the name of a time zone, such as America/Chicago",
        ),
        (
            ("/Chicago", ""),
            "zone is 'America'; it must be the name of a time zone, such as America/",
        ),
        (
            ("America/Chicago", "../../etc/hosts"),
            "zone is '../../etc/hosts'; it must be the name of a time zone",
        ),
        (('"America/Chicago"', "-6"), "zone is -6; it must be the name of a time zone"),
        (
            ("south = 41", "south = 43"),
            "bounds: south is 43.0 and north is 42.4; south must be the smaller",
        ),
        (("-71.2", "-70.8"), "bounds: west is -70.8 and east is -70.9; west must be smaller"),
        (("south = 41", "south = true"), "bounds: south is True; it must be a number"),
        (("south = 41", 'south = "41"'), "bounds: south is '41'; it must be a number"),
        (("south = 41", "south = nan"), "bounds: south is nan; it must be a number"),
        (("-71.2", "-inf"), "bounds: west is -inf; it must be "),
        (("42.4", "142.4"), "bounds: north is 142.4; it must be at most 90"),
        (("south = 41, ", ""), "bounds: the key 'south' is missing"),
        (
            ('name = "', 'nam = "'),
            "the key 'name' is missing\nriverton.toml: unknown key 'nam'; docs/cities.md lists",
        ),
        (("south = 41", "south = 41, top = 3"), "bounds: unknown key 'top'; docs/cities.md lists"),
        (
            ("{ south = 41, west = -71.2, north = 42.4, east = -70.9 }", "3"),
            "bounds is 3; it must be a table",
        ),
    ],
)
def test_a_wrong_value_at_the_top_is_named(change, sentence):
    assert refusal_of(TOWN.replace(*change)).startswith(f"riverton.toml: {sentence}")


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ("is_demonstration = 1", "is_demonstration is 1; it must be true or false"),
        ('language = "English"', "language is 'English'; it must be a code such as en or es"),
        ('host_names = "311.example"', "host_names is '311.example'; it must be a list"),
        ('host_names = ["a.example", 3]', "host_names 2 is 3; it must be text"),
        (
            'host_names = ["https://a.example"]',
            "host_names 1 is 'https://a.example'; write the host's name alone",
        ),
        (
            "no_place_pins = [{ lat = 42, lon = true }]",
            "no_place_pins 1: lon is True; it must be a number",
        ),
        (
            "no_place_pins = [{ lat = 42, lon = -71, metres = 0 }]",
            "no_place_pins 1: metres is 0; it must be more than 0",
        ),
        (
            'neighborhood_aliases = { "Old Town" = 3 }',
            "neighborhood_aliases: Old Town is 3; it must be text",
        ),
        ('[photos]\nhosts = ["a.example"]\ndays = 0', "photos: days is 0; it must be at least 1"),
        (
            '[photos]\nhosts = ["a.example"]\ndays = true',
            "photos: days is True; it must be a whole number",
        ),
        (
            '[photos]\nhosts = ["a.example"]\ndays = 1.5',
            "photos: days is 1.5; it must be a whole number",
        ),
        (
            '[service_rules]\nmatch = "x"',
            "service_rules is one table; there may be several: write [[service_rules]]",
        ),
        (
            '[[service_rules]]\nmatch = "x"\nplace = "street"',
            "service_rules 1: place is 'street'; it is one of exact, block, area, none",
        ),
        ('[[report_rules]]\nmatch = " "', "report_rules 1: match is empty; write what it is"),
        ('sources = ["x"]', "sources 1 is 'x'; it must be a table of keys"),
        (
            LAYER.replace("district", "ward", 1),
            "boundaries 1: kind is 'ward'; it is one of neighborhood, district, tract",
        ),
        (
            DEMOGRAPHICS + 'height = "h"',
            "demographics: measures has 'height'; it is one of black, hispanic,",
        ),
        (DEMOGRAPHICS, "demographics: measures is empty; name one of black, hispanic,"),
        (
            DEMOGRAPHICS + "owner = { column = 3 }",
            "demographics: measures: owner: column is 3; it must be text",
        ),
        (DEMOGRAPHICS.replace('["id"]', "[]"), "demographics: tract is []; "),
        (
            LAYER + LAYER,
            "two boundaries are of kind 'district'; the second would replace the first",
        ),
    ],
)
def test_a_wrong_value_deep_in_a_table_is_named(more, sentence):
    assert refusal_of(TOWN + more).startswith(f"riverton.toml: {sentence}")


def test_an_empty_file_lacks_three_keys():
    assert refusal_of("").splitlines() == [
        "riverton.toml: the key 'name' is missing",
        "riverton.toml: the key 'zone' is missing",
        "riverton.toml: the key 'bounds' is missing",
    ]


def test_all_that_is_wrong_is_said_at_once():
    toml = TOWN.replace("Chicago", "Chigaco") + 'colour = "red"\n[photos]\nhosts = []\ndays = 0'
    lines = refusal_of(toml).splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["riverton.toml"] * 3
    assert "zone is" in lines[0] and "days is 0" in lines[1] and "'colour'" in lines[2]


def test_all_references_that_lead_nowhere_are_said_at_once():
    rule = '[[report_rules]]\nmatch = "gas"\nareas = ["district=1", "tract=2"]\n'
    route = '[[routes]]\ndepartment = "Roads"\nqueue = "North"\nsystem = "roads"\n'
    assert len(refusal_of(TOWN + rule + route).splitlines()) == 3


def test_a_long_wrong_value_is_repeated_in_part():
    assert len(refusal_of(TOWN + f"host_names = '{'x' * 5000}'")) < 400


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (b"name = ", "town.toml: not valid TOML: "),
        (b'name = "Kreuth\xf6he"', "town.toml: not UTF-8 text at byte 14; save it as UTF-8"),
    ],
)
def test_a_file_that_is_no_toml_is_named(tmp_path, monkeypatch, written, sentence):
    monkeypatch.setattr(jurisdictions, "FOLDER", tmp_path)
    (tmp_path / "town.toml").write_bytes(written)
    with pytest.raises(SettingsError) as refusal:
        jurisdictions.load("town")
    assert str(refusal.value).startswith(sentence)


def test_a_file_saved_with_a_byte_order_mark_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(jurisdictions, "FOLDER", tmp_path)
    (tmp_path / "markedtown.toml").write_text(TOWN, encoding="utf-8-sig")
    assert jurisdictions.load("markedtown").name == "Riverton"


def test_the_facts_of_a_city_know_no_pydantic():
    """portal.domain is the standard library alone; only those who read files wait for pydantic."""
    probe = "import sys, portal.domain.jurisdiction; print('pydantic' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", probe], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
