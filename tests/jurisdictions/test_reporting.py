"""A city's rules for reports are read, or refused with file, key, value and the way out."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from data_sync.demo.figures import DISTRICT_QUEUE, load_figures
from portal import jurisdictions
from portal.domain.areas import Areas
from portal.domain.report_rules import Elsewhere
from portal.domain.route_rules import Place
from portal.domain.routing import choose_route
from portal.errors import SettingsError

TOWN = """
name = "Riverton"
zone = "America/Chicago"
bounds = { south = 42.2, west = -71.2, north = 42.4, east = -70.9 }
[[boundaries]]
kind = "neighborhood"
name_property = "name"
file = "geo/demo_neighborhoods.geojson"
"""
SYSTEMS = """
[[systems]]
name = "roads"
kind = "open311"
endpoint = "https://roads.example/open311/v2"
can_look_up = true
[[systems]]
name = "mail"
kind = "email"
address = "hall@example.gov"
[catch_all]
department = "Town Hall"
queue = "Front Desk"
system = "mail"
"""
ROUTE = """
[[routes]]
match = "pothole"
areas = ["neighborhood=roxbury"]
department = "Roads"
queue = "North Yard"
system = "roads"
code = "POT"
"""


def town(more: str = ""):
    return jurisdictions.parse("riverton", tomllib.loads(TOWN + more))


def test_systems_routes_and_the_catch_all_are_read():
    city = town(SYSTEMS + ROUTE)
    assert [(system.name, system.kind, system.can_look_up) for system in city.systems] == [
        ("roads", "open311", True),
        ("mail", "email", False),
    ]
    decision = choose_route(city, "1", "Pothole", Place(42.3, -71.1, Areas(neighborhood="Roxbury")))
    assert (decision.department, decision.queue, decision.system, decision.code) == (
        "Roads",
        "North Yard",
        "roads",
        "POT",
    )
    assert choose_route(city, "1", "Pothole", Place(42.3, -71.1)).system == "mail"
    assert city.takes_reports


def test_a_city_without_a_system_takes_no_reports_and_may_name_its_own_way():
    assert not town().tells_where_to_report
    city = town('[report_elsewhere]\nurl = "https://riverton.example/311"\nphone = "311"')
    assert (city.takes_reports, city.tells_where_to_report) == (False, True)
    assert city.report_elsewhere == Elsewhere("https://riverton.example/311", "311")


def test_rules_of_types_and_land_of_others_are_read():
    city = town(
        '[[report_rules]]\nmatch = "gas"\nemergency = true\n'
        'diversion = { en = "Call 911.", es = "Llame al 911." }\n'
        '[[not_ours]]\nfile = "geo/demo_state_park.geojson"\nowner = "State Parks"\n'
        'sentence = "A state park."\nphone = "617-555-0142"'
    )
    assert city.report_rules[0].diversion == {"en": "Call 911.", "es": "Llame al 911."}
    land = city.find_others_land(42.302, -71.0955)
    assert land and (land.owner, land.sentence, land.elsewhere.phone) == (
        "State Parks",
        {"en": "A state park."},
        "617-555-0142",
    )
    assert city.find_others_land(42.33, -71.0955) is None


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (SYSTEMS.partition("[catch_all]")[0], "no [catch_all]"),
        (ROUTE, "routes 1: system is 'roads'; it is one of none"),
        (
            SYSTEMS + ROUTE.replace("pothole", "po(thole"),
            "routes 1: match is 'po(thole', which is no regular expression",
        ),
        (
            SYSTEMS + ROUTE.replace("roxbury", "Rocksbury"),
            "routes 1: areas has 'neighborhood=Rocksbury', which geo/demo_neighborhoods",
        ),
        (
            SYSTEMS + ROUTE.replace("neighborhood=", "ward="),
            "kinds are neighborhood, district, tract",
        ),
        (
            SYSTEMS + ROUTE.replace("neighborhood=", "district="),
            "no [[boundaries]] of kind district",
        ),
        (
            SYSTEMS + ROUTE.replace('system = "roads"', 'system = "rods"'),
            "routes 1: system is 'rods'; it is one of roads, mail",
        ),
        (SYSTEMS + ROUTE.replace('system = "roads"', ""), "routes 1: the key 'system' is missing"),
        (SYSTEMS + ROUTE.replace("queue", "queeu"), "routes 1: the key 'queue' is missing"),
        (SYSTEMS + ROUTE + 'qeue = "x"', "routes 1: unknown key 'qeue'"),
        (
            SYSTEMS + ROUTE + 'file = "geo/nowhere.geojson"',
            "routes 1: file 'geo/nowhere.geojson' cannot be read",
        ),
        (SYSTEMS + ROUTE.replace('"North Yard"', "3"), "routes 1: queue is 3; it must be text"),
        (
            SYSTEMS.replace("https://roads", "http://roads"),
            "systems 1: endpoint is 'http://roads.example/open311/v2'",
        ),
        (SYSTEMS.replace("hall@example.gov", "hall"), "systems 2: address is 'hall'"),
        (SYSTEMS.replace('"mail"', '"roads"'), "two systems are named 'roads'"),
        (
            SYSTEMS.replace('"open311"', '"fax"'),
            "systems 1: kind is 'fax'; it is one of open311, email",
        ),
        (
            SYSTEMS.replace("[[systems]]", "[systems]").partition('[systems]\nname = "mail"')[0],
            "write [[systems]] with two brackets",
        ),
        (
            '[[report_rules]]\nmatch = "gas"\nemergency = true',
            "report_rules 1: emergency is true and there is no diversion",
        ),
        (
            '[[report_rules]]\nmatch = "gas"\ndiversion = { english = "x" }',
            "report_rules 1: diversion is {'english': 'x'}",
        ),
        (
            '[[not_ours]]\nfile = "geo/demo_state_park.geojson"\nowner = "A"\nsentence = "B"',
            "not_ours 1: neither url nor phone",
        ),
        (
            '[[not_ours]]\nfile = "geo/demo_state_park.geojson"\nowner = "A"\nphone = "1"',
            "not_ours 1: the key 'sentence' is missing",
        ),
        (
            '[report_elsewhere]\nurl = "javascript:alert(1)"',
            "report_elsewhere: url is 'javascript:alert(1)'; it begins with https://",
        ),
        ('[[service_rules]]\nmatch = "(("', "service_rules 1: match is '(('"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_place_and_the_way_out(more, said):
    with pytest.raises(SettingsError) as refusal:
        town(more)
    assert str(refusal.value).startswith("riverton.toml: ")
    assert said in str(refusal.value)


def test_every_type_of_the_demonstration_goes_to_the_queue_that_most_of_its_cases_are_in():
    city, figures = jurisdictions.load("demo"), load_figures()
    for service in figures.services:
        for hood, district_queue in figures.district_queues.items():
            decision = choose_route(
                city, service.code, service.name, Place(42.3, -71.1, Areas(neighborhood=hood))
            )
            if service.name == "Something Else":
                assert decision.is_catch_all
                continue
            queues = [
                district_queue if name == DISTRICT_QUEUE else name for name, _ in service.queues
            ]
            assert decision.queue in queues, service.name
            assert decision.department == service.department, service.name


def test_nothing_in_the_demonstration_goes_to_a_system_that_is_not_there():
    city = jurisdictions.load("demo")
    assert {choose_route(city, "x", "Pothole", Place(42.3, -71.1)).system} == {"desk"}
    assert replace(city, systems=()).takes_reports is False
