"""Which types are likely at a place, and which a resident's own words mean."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from portal.domain.report import ReportableService
from portal.facts import publish as facts_publish
from portal.queries.reporting import fitting_services, likely_services, reportable_services, takes_reports

NOON = int(datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp())
POTHOLE = ReportableService("1", "Pothole", keywords=("hole in the road",))
LIGHT = ReportableService("2", "Street Light Outage", description="A lamp that is out, or on by day")
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


def test_types_come_by_name(add_case, portal, city):
    add_case("10")
    add_case("20", service="Graffiti")
    assert [service.name for service in portal.look_up(reportable_services, city.id, 42.32, -71.07)] == ["Graffiti", "Pothole"]


def test_a_city_without_types_takes_no_reports(add_case, portal, city):
    assert not portal.look_up(takes_reports, city.id)
    add_case("10")
    assert portal.look_up(takes_reports, city.id)


@pytest.mark.parametrize(
    ("typed", "fitting"),
    [
        ("pothole", (POTHOLE,)),
        ("Pot-Hole", (POTHOLE,)),
        ("hole in road", (POTHOLE,)),
        ("lamp", (LIGHT,)),
        ("street", (LIGHT, TREE)),
        ("tree fallen on my car", (TREE,)),
        ("ärger", ()),
        ("", ()),
        ("--", ()),
    ],
)
def test_a_residents_own_words_find_the_type(typed, fitting):
    assert fitting_services(SERVICES, typed) == fitting
