"""What a case's page shows of its neighborhood: five cases like it, and five of other types."""

from __future__ import annotations

import pytest

from portal.queries.cases.case_detail import case_by_id
from portal.queries.cases.surroundings import Surroundings, find_surroundings
from tests.conftest import epoch

NOW = epoch("2026-03-01")
METRE = 0.001 / 111.32


@pytest.fixture
def around(portal, city, fresh_facts):
    """around("here") → the numbers of the cases like it, and of the others."""

    def ask(case_id: str) -> tuple[list[str], list[str]]:
        fresh_facts()
        with portal.public.connect() as connection:
            case = case_by_id(connection, city.id, case_id, NOW)
        assert case
        found = find_surroundings(portal, city, case, NOW)
        return [near.case_id for near in found.alike], [near.case_id for near in found.others]

    return ask


def test_five_of_each_are_shown_the_closest_ones_and_never_the_case_itself(around, add_case):
    add_case("here")
    for number in range(1, 8):
        add_case(f"hole{number}", lat=42.32 + 10 * number * METRE)
        add_case(f"paint{number}", lat=42.32 + 10 * number * METRE, service="Graffiti")
    alike, others = around("here")
    assert alike == [f"hole{number}" for number in range(1, 6)]
    assert others == [f"paint{number}" for number in range(1, 6)]


def test_the_same_type_is_near_within_500_meters_and_others_within_250(around, add_case):
    add_case("here")
    for metres in (249, 251, 499, 501):
        add_case(f"hole{metres}", lat=42.32 + metres * METRE)
        add_case(f"paint{metres}", lat=42.32 + metres * METRE, service="Graffiti")
    alike, others = around("here")
    assert alike == ["hole249", "hole251", "hole499"]
    assert others == ["paint249"]


def test_others_are_found_behind_twenty_cases_of_the_same_type(around, add_case):
    add_case("here")
    for number in range(24):
        add_case(f"hole{number}")
    add_case("paint", lat=42.32 + 100 * METRE, service="Graffiti")
    assert around("here")[1] == ["paint"]


def test_a_case_without_a_place_is_near_nothing(around, add_case):
    add_case("nowhere", lat=None, lon=None, quad=None)
    add_case("here")
    assert around("nowhere") == ([], [])


def test_before_the_first_facts_there_is_nothing_around(portal, city, add_case):
    add_case("here")
    with portal.public.connect() as connection:
        case = case_by_id(connection, city.id, "here", NOW)
    assert case
    assert find_surroundings(portal, city, case, NOW) == Surroundings()
