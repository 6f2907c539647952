"""Two work-order systems that use the same numbers: each is looked up in its own system only."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, text

from data_sync.pull.own_cases import pages_of_own_hidden_cases
from data_sync.reading.base import Answer
from data_sync.sources import make_sources
from portal.domain.dispatch import Taken
from portal.domain.route_rules import RouteRule, System
from portal.errors import SettingsError
from portal.services.report import sending
from portal.store.models import Case
from tests.dispatch.conftest import NOON
from tests.support.reports import POTHOLE, submit_to
from tests.sync.support import record, save

AT = int(NOON.timestamp())
WORKS = System("works", "open311", endpoint="https://works.example/v2", can_look_up=True)
PARKS = System("parks", "open311", endpoint="https://parks.example/v2/", can_look_up=True)
SOURCES = (
    {"kind": "open311", "name": "works-cases", "endpoint": "https://works.example/v2"},
    {"kind": "open311", "name": "parks-cases", "endpoint": "https://parks.example/v2/"},
)


@pytest.fixture
def city(city):
    """Smallville, where the parks have a system of their own."""
    return replace(
        city,
        systems=(WORKS, PARKS),
        sources=SOURCES,
        catch_all=RouteRule("Town Hall", "Front Desk", system="works"),
    )


@pytest.fixture
def sent(portal, city, add_case):
    """sent("works", "26-7"): the tracking number of a report the system took as number 26-7."""
    add_case("101")

    def take(system: str, number: str, is_public: bool = True) -> str:
        key = f"the-form-for-{system}-{number}"
        said = replace(POTHOLE, is_public=is_public, idempotency_key=key)
        accepted = submit_to(portal, city, system, said, AT)
        with portal.transaction() as connection:
            message = sending.claim_message(connection, city.id, system, "me", AT)
            assert message and sending.settle_message(
                connection, city, message, Taken(number), AT, 0.0
            )
            sending.mark_arrived(connection, city, message, Taken(number), AT)
        return accepted.case_id

    return take


def closed(number: str):
    return record(number, status="closed", closed_at=NOON, updated_at=NOON)


def states(portal) -> dict[str, str]:
    with portal.core.connect() as connection:
        return dict(
            connection.execute(
                text("select source || ' ' || case_id, status from cases where case_id <> '101'")
            ).all()
        )


def test_a_number_that_two_systems_give_closes_the_report_of_its_own_system_alone(
    portal, city, sent
):
    hole, tree = sent("works", "26-7"), sent("parks", "26-7")
    save(portal, city, closed("26-7"), source="parks-cases")
    assert states(portal) == {f"portal {hole}": "open", f"portal {tree}": "closed"}
    save(portal, city, closed("26-7"), source="works-cases")
    assert states(portal) == {f"portal {hole}": "closed", f"portal {tree}": "closed"}


def test_a_case_of_another_system_with_the_number_of_a_report_is_a_case_of_its_own(
    portal, city, sent
):
    hole = sent("works", "26-7")
    save(portal, city, closed("26-7"), source="parks-cases")
    assert states(portal) == {f"portal {hole}": "open", "parks-cases 26-7": "closed"}


def test_a_number_given_late_takes_no_case_of_another_system_out_of_sight(portal, city, sent):
    save(portal, city, closed("26-7"), source="parks-cases")
    sent("works", "26-7")
    with portal.core.connect() as connection:
        kept = connection.execute(
            select(Case.visibility).where(Case.source == "parks-cases")
        ).scalar_one()
    assert kept == "public"


def test_a_file_of_cases_belongs_to_the_system_it_names_and_else_to_neither(portal, city, sent):
    hole = sent("works", "26-7")
    town = {"kind": "csv_file", "name": "town"}
    save(portal, replace(city, sources=(town,)), closed("26-7"), source="town")
    assert states(portal)[f"portal {hole}"] == "open"
    save(
        portal,
        replace(city, sources=({**town, "name": "roads", "system": "works"},)),
        closed("26-7"),
        source="roads",
    )
    assert states(portal)[f"portal {hole}"] == "closed"


def test_a_city_with_one_system_that_counts_knows_its_numbers_in_every_source(portal, city, sent):
    hole = sent("works", "26-7")
    with_mail = replace(
        city, systems=(WORKS, System("trees", "email", address="trees@city.example"))
    )
    save(portal, with_mail, closed("26-7"), source="parks-cases")
    assert states(portal) == {f"portal {hole}": "closed"}


def test_a_system_is_asked_for_its_own_private_reports_alone(portal, city, sent):
    sent("works", "26-7", is_public=False)
    sent("parks", "26-8", is_public=False)
    asked = []

    def fetch(url, params=None, headers=None, json=None) -> Answer:
        asked.append((url, (params or {}).get("service_request_id")))
        return Answer(404, "application/json", b"[]", url, {})

    for source in make_sources(city, fetch):
        list(pages_of_own_hidden_cases(portal, source, NOON))
    assert [
        (url.split("/")[2], "26-7" in f"{url} {ids}", "26-8" in f"{url} {ids}")
        for url, ids in asked
    ] == [
        ("works.example", True, False),
        ("parks.example", False, True),
    ]


def test_two_cities_of_one_server_are_two_systems(city):
    server = "https://311.example/v2"
    north, south = (
        System(name, "open311", endpoint=server, jurisdiction=name) for name in ("north", "south")
    )
    source = {
        "kind": "open311",
        "name": "cases",
        "endpoint": server,
        "params": {"jurisdiction_id": "south"},
    }
    assert replace(city, systems=(north, south), sources=(source,)).systems_apart_from("cases") == (
        "north",
    )


def test_a_source_that_names_a_system_the_file_has_not_is_told_which_there_are(city):
    named = replace(city, sources=({**SOURCES[0], "system": "water"},))
    with pytest.raises(
        SettingsError, match="source 'works-cases': system is 'water'; it is one of works, parks"
    ):
        make_sources(named, lambda *_, **__: Answer(200, "", b"", "", {}))


def asked_for(portal, city, source: str = "works-cases", now=NOON) -> list[str]:
    """What a source is asked for by number."""
    asked: list[str] = []

    def pages(wanted, now, key):
        asked.extend(wanted)
        return []

    def fetch(url, params=None, headers=None, json=None) -> Answer:
        return Answer(404, "application/json", b"[]", url, {})

    (found,) = (each for each in make_sources(city, fetch) if each.name == source)
    found.pages_of_cases = pages  # pyright: ignore[reportAttributeAccessIssue]
    list(pages_of_own_hidden_cases(portal, found, now))
    return asked


def test_only_private_reports_of_this_city_are_asked_for_and_never_of_a_server_not_ours(
    portal, city, sent
):
    sent("works", "26-7", is_public=False)
    sent("works", "26-8")
    assert asked_for(portal, city) == ["26-7"]
    assert asked_for(portal, replace(city, id="otherville")) == []
    assert asked_for(portal, replace(city, systems=(PARKS,))) == []
    assert asked_for(portal, replace(city, systems=(replace(WORKS, can_look_up=False),))) == []


@pytest.mark.parametrize(("days", "is_asked"), [(13, True), (14, False), (15, False)])
def test_a_closed_private_report_is_asked_for_during_two_weeks(portal, city, sent, days, is_asked):
    sent("works", "26-7", is_public=False)
    with portal.transaction() as connection:
        moment = {"at": AT - days * 86_400}
        connection.execute(
            text("update cases set is_open = 0, closed_at = :at where source = 'portal'"), moment
        )
    assert bool(asked_for(portal, city)) is is_asked
