"""Which types are likely at a place, and which a resident's own words mean."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portal.domain.report import Question, ReportableService
from portal.domain.report_rules import ReportRule
from portal.domain.service_definition import ServiceDefinition
from portal.facts import publish as facts_publish
from portal.queries.report.reportable_services import (
    likely_services,
    offered_services,
    reportable_at,
)
from portal.queries.report.services_by_words import fitting_services
from portal.services.sync import definitions
from tests.support.clock import NOON

POTHOLE = ReportableService("1", "Pothole", keywords=("hole in the road",))
LIGHT = ReportableService(
    "2", "Street Light Outage", description="A lamp that is out, or on by day"
)
TREE = ReportableService("3", "Fallen Tree", group="Streets")
SERVICES = (POTHOLE, LIGHT, TREE)


@pytest.fixture
def likely(portal, city, add_case):
    def ask(lat=42.32, lon=-71.07):
        facts_publish.update(portal.core, city, portal.facts_folder)
        return portal.read(likely_services, city.id, lat, lon, NOON)

    return ask


def test_the_commonest_type_near_the_place_in_the_last_year_is_the_likeliest(add_case, likely):
    for n in range(3):
        add_case(f"1{n}", opened="2026-06-01", service="Graffiti")
    add_case("20", opened="2026-06-01", service="Pothole")
    add_case("30", opened="2025-11-01", service="Fallen Tree")
    assert likely() == ("graffiti", "pothole")


def test_cases_more_than_400_metres_away_say_nothing_of_a_place(add_case, likely):
    add_case("10", opened="2026-06-01", service="Graffiti", lat=42.32 + 0.0034)  # 378 m
    add_case("20", opened="2026-06-01", service="Pothole", lat=42.32 + 0.0038)  # 423 m
    assert likely() == ("graffiti",)


def test_where_nothing_was_reported_nothing_is_likely(add_case, likely):
    add_case("10", opened="2026-06-01")
    assert likely(lat=42.34) == ()


@pytest.fixture
def offer(portal, city):
    """offer(definition, …) makes these the types of the city's source, which all ask `asked`."""

    def save(*offered: ServiceDefinition, asked: tuple[Question, ...] = ()):
        with portal.transaction() as connection:
            definitions.save_definitions(connection, city.id, "desk", offered, NOON)
            for definition in offered:
                definitions.save_questions(connection, city.id, definition.code, asked, NOON)

    return save


def test_a_city_whose_sources_offer_nothing_offers_the_types_of_its_public_cases_by_name(
    add_case, portal, city
):
    assert reportable_at(portal, city, None, None) == ()
    add_case("10")
    add_case("20", service="Graffiti")
    add_case("30", service="Secret", visibility="service")
    assert [service.name for service in reportable_at(portal, city, 42.32, -71.07)] == [
        "Graffiti",
        "Pothole",
    ]


def test_what_a_source_offers_can_be_reported_before_a_case_of_it_has_come(
    add_case, portal, city, offer
):
    add_case("10")
    offer(
        ServiceDefinition("Pothole", "Hole in the road", "Roads", "Deep ones.", ("hole", "road")),
        ServiceDefinition("needle", "Needle"),
        asked=(Question("deep", "How deep?", "number", True),),
    )
    needle, pothole = portal.cached(offered_services, city.id)
    assert (needle.name, needle.slug) == ("Needle", None)
    assert (pothole.name, pothole.slug, pothole.group, pothole.description) == (
        "Pothole",
        "pothole",
        "Roads",
        "Deep ones.",
    )
    assert pothole.keywords == ("hole", "road")
    assert pothole.questions == (Question("deep", "How deep?", "number", True),)


def test_a_type_that_private_cases_alone_bear_has_no_address_and_can_be_reported(
    add_case, portal, city, offer
):
    add_case("10", service="needle", visibility="service")
    offer(ServiceDefinition("needle", "Needle"))
    (needle,) = portal.cached(offered_services, city.id)
    assert (needle.name, needle.slug) == ("Needle", None)


def test_types_that_are_not_reportable_are_not_offered_and_diversions_are(add_case, portal, city):
    for number, service in enumerate(["Pothole", "Gas smell", "Space saver"]):
        add_case(str(number), service=service)
    rules = (
        ReportRule("^gas", diversion={"en": "Call 911."}, is_emergency=True),
        ReportRule("space", reportable=False),
        ReportRule("gas", reportable=False),
    )
    gas, pothole = reportable_at(portal, replace(city, report_rules=rules), 42.32, -71.07)
    assert (gas.name, gas.diversion, gas.is_emergency) == ("Gas smell", {"en": "Call 911."}, True)
    assert (pothole.name, pothole.diversion) == ("Pothole", {})


def test_a_rule_for_an_area_counts_for_places_in_its_polygon(add_case, add_area, portal, city):
    add_case("10")
    add_area("Northside", south=42.32, north=42.34, west=-71.09, east=-71.05)
    ruled = replace(
        city,
        report_rules=(
            ReportRule(
                "pothole",
                diversion={"en": "Ask the county."},
                areas=(("neighborhood", "Northside"),),
            ),
        ),
    )
    for lat, lon, diversion in (
        (42.33, -71.07, {"en": "Ask the county."}),
        (42.31, -71.07, {}),
        (None, None, {}),
    ):
        assert reportable_at(portal, ruled, lat, lon)[0].diversion == diversion


@pytest.mark.parametrize(
    ("typed", "fitting"),
    [
        ("pothole", (POTHOLE,)),
        ("Pot-Hole", (POTHOLE,)),
        ("hole in road", (POTHOLE,)),
        ("lamp", (LIGHT,)),
        ("street", (LIGHT, TREE)),
        ("tree fallen on my car", (TREE,)),
        ("the hole", (POTHOLE,)),
        ("ärger", ()),
        ("", ()),
        ("--", ()),
    ],
)
def test_a_residents_own_words_find_the_type(typed, fitting):
    assert fitting_services(SERVICES, typed) == fitting
