"""Cases that the city links to each other."""

from __future__ import annotations

import pytest

from portal.queries.cases.linked_cases import LinkedCases, linked_cases
from tests.conftest import epoch

NOW = epoch("2026-03-01T12:00")


@pytest.fixture
def tied(portal, city):
    def ask(case_id: str) -> LinkedCases:
        with portal.public_connection() as connection:
            return linked_cases(connection, city.id, case_id, NOW)

    return ask


def numbers(found: LinkedCases) -> tuple[str | None, list[str], int]:
    return (
        found.parent and found.parent.case_id,
        [case.case_id for case in found.repeats],
        found.repeat_cases,
    )


def test_a_report_leads_to_the_case_it_repeats_and_back(tied, add_case):
    add_case("1")
    add_case("2", parent_case_id="1")
    add_case("3", parent_case_id="1")
    assert numbers(tied("1")) == (None, ["3", "2"], 2)
    assert numbers(tied("2")) == ("1", [], 0)


def test_ten_of_many_are_shown_and_all_are_counted(tied, add_case):
    add_case("1")
    for number in range(2, 14):
        add_case(str(number), parent_case_id="1")
    found = tied("1")
    assert (len(found.repeats), found.repeat_cases) == (10, 12)
    assert found.repeats[0].case_id == "13"


def test_a_private_relative_is_not_told_of(tied, add_case):
    add_case("1", visibility="reporter")
    add_case("2", parent_case_id="1")
    add_case("3", parent_case_id="2", visibility="held")
    for case in ("1", "2", "3"):
        assert tied(case) == LinkedCases()


def test_a_case_alone_an_unknown_one_and_one_tied_to_itself_or_to_nothing_have_no_relatives(
    tied, add_case
):
    add_case("1")
    add_case("2", parent_case_id="2")
    add_case("3", parent_case_id="nowhere")
    for case in ("1", "2", "3", "4"):
        assert tied(case).is_empty
