"""Single cases are asked for by their numbers: in few requests, each of which a city can take."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from data_sync.reading.by_number import (
    CASES_PER_REQUEST,
    CHARACTERS_PER_REQUEST,
    batches_of,
    pages_by_number,
)

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
IN_REQUEST = 9
"""A number's share of an address beside itself."""


def lengths(numbers: list[str], **most: int) -> list[int]:
    return [len(batch) for batch in batches_of(numbers, **most)]


@pytest.mark.parametrize(
    ("cases", "expected"), [(0, []), (1, [1]), (3, [3]), (4, [3, 1]), (6, [3, 3]), (7, [3, 3, 1])]
)
def test_no_request_has_more_numbers_than_it_may_and_none_is_lost(cases, expected):
    numbers = [str(number) for number in range(cases)]
    assert lengths(numbers, most=3) == expected
    assert [number for batch in batches_of(numbers, 3) for number in batch] == numbers


def test_without_a_limit_of_its_own_a_request_has_as_many_as_we_ask_for_at_once():
    numbers = [str(number) for number in range(CASES_PER_REQUEST + 1)]
    assert lengths(numbers) == [CASES_PER_REQUEST, 1]


@pytest.mark.parametrize("letter", ["7", "é", "/"])
def test_no_request_is_longer_than_an_address_may_be_and_as_long_as_it_may(letter):
    number = letter * 10
    written = len(quote(number, safe="")) + IN_REQUEST
    fitting = CHARACTERS_PER_REQUEST // written
    found = lengths([number] * (2 * fitting + 1), most=10_000)
    assert found == [fitting, fitting, 1]


def test_what_cannot_be_a_number_is_left_out_and_the_rest_is_asked_for():
    odd = ["1", "", "2,3", "4\r\n5", "x" * 101, "6"]
    assert list(batches_of(odd)) == [["1", "6"]]


class Tables:
    """Tables of a city, and how often each was asked for what."""

    def __init__(self, **tables: set[str]) -> None:
        self.tables, self.asked = tables, []

    def ask(self, table: str, numbers: list[str]) -> list[dict]:
        self.asked.append((table, numbers))
        return [{"id": number} for number in numbers if number in self.tables[table]]


def found_in(tables: Tables, numbers: list[str]) -> list[str]:
    pages = pages_by_number(numbers, list(tables.tables), tables.ask, lambda row: row["id"], NOW)
    return [row["id"] for page in pages for row in page.rows]


def test_a_case_is_looked_for_until_it_is_found_and_no_further():
    tables = Tables(new={"1"}, old={"2"}, older={"3"})
    assert found_in(tables, ["2", "1"]) == ["1", "2"]
    assert tables.asked == [("new", ["1", "2"]), ("old", ["2"])]


def test_a_case_that_no_table_has_has_no_row():
    tables = Tables(new={"1"}, old=set())
    assert found_in(tables, ["1", "9"]) == ["1"]
    assert tables.asked == [("new", ["1", "9"]), ("old", ["9"])]


def test_the_table_that_had_the_last_cases_is_asked_first_for_the_next():
    numbers = [str(number) for number in range(2 * CASES_PER_REQUEST)]
    tables = Tables(new=set(), old=set(), older=set(numbers))
    assert sorted(found_in(tables, numbers)) == sorted(numbers)
    assert [table for table, _ in tables.asked] == ["new", "old", "older", "older"]
