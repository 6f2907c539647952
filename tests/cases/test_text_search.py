"""Cases with a visitor's words, as maps and counts use them."""

from __future__ import annotations

import pytest

from portal.domain.filters import CaseFilter
from portal.filter_sql import Selection
from portal.queries.cases import text_search
from portal.queries.cases.text_search import cases_with_words, make_selection
from portal.store import search_index


@pytest.fixture
def keys(portal, city):
    """How many cases are found for a query."""

    def ask(query: str) -> int:
        case_filter = CaseFilter.from_query_string(query)
        return len(make_selection(portal, city, case_filter).words.keys)

    return ask


def test_filter_without_words_looks_nothing_up(portal, city):
    assert make_selection(portal, city, CaseFilter(status=("open",))).words is None


def test_days_of_opening_narrow_the_search(add_case, keys):
    # Midnight UTC on the 6th is the evening of the 5th in Boston.
    add_case("101", opened="2026-01-05", note="deep hole")
    add_case("102", opened="2026-01-06", note="deep hole")
    assert [
        keys(f"q=hole&{days}")
        for days in ("", "start=2026-01-05", "end=2026-01-04", "start=2026-01-06", "end=2026-01-05")
    ] == [
        2,
        1,
        1,
        0,
        2,
    ]


def test_newest_matches_are_kept_and_the_answer_says_that_there_are_more(
    portal, city, add_case, monkeypatch
):
    monkeypatch.setattr(text_search, "MAX_MATCHES", 2)
    for number in range(3):
        add_case(f"10{number}", opened=f"2026-01-0{number + 1}", note="hole")
    found = portal.cached(cases_with_words, city.id, Selection(CaseFilter(q="hole"), city.zone))
    assert len(found.keys) == 2
    assert list(found.keys) == sorted(found.keys, reverse=True)
    assert not found.is_all
    holes = Selection(CaseFilter(q="holes"), city.zone)
    assert portal.cached(cases_with_words, city.id, holes).is_all


def test_last_word_is_a_beginning_unless_it_is_common_or_short(
    portal, city, add_case, keys, monkeypatch
):
    add_case("101", note="hole")
    add_case("102", note="holes")
    assert keys("q=hole") == 2
    assert keys("q=ho") == 0
    monkeypatch.setattr(search_index, "COMMON", 1)
    add_case("103", note="anything else")
    assert keys("q=hole") == 1
    assert keys("q=hol") == 2
