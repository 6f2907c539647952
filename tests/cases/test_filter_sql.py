"""Each field of a filter is said three times: to the store, to the facts, and in words."""

from __future__ import annotations

from dataclasses import fields

import pytest

from layouts.cases.sentence import PHRASES, describe_filter
from portal.domain.filters import CaseFilter
from portal.errors import BadRequest
from portal.filter_sql import FIELDS, Selection, StoreQuestion, facts_where, store_where
from portal.queries.cases.case_lists import newest_cases
from portal.queries.cases.text_search import make_selection
from portal.store import search_index
from tests.conftest import epoch

NOW = epoch("2026-03-05")
ONE_OF_EACH = {
    "status": "overdue",
    "service": "pothole",
    "neighborhood": "roxbury",
    "district": "7",
    "department": "parks",
    "channel": "app",
    "start": "2026-01-05",
    "end": "2026-01-05",
    "photo": "yes",
    "q": "hole",
    "bbox": "-71.05,42.34,-71.03,42.35",
}


def test_every_field_has_sql_for_both_stores_and_words():
    names = {field.name for field in fields(CaseFilter)}
    assert set(FIELDS) == names
    assert sorted(name for phrase in PHRASES for name in phrase) == sorted(names)
    assert set(ONE_OF_EACH) == names


@pytest.fixture
def a_case_of_each(add_case):
    """C-status is found by the filter's status alone, C-service by its service, and so on."""
    plain = {"service": "Graffiti", "opened": "2026-02-05", "lat": 42.31, "lon": -71.07}
    apart = {
        "status": {"target_at": epoch("2026-03-01")},
        "service": {"service": "Pothole"},
        "neighborhood": {"neighborhood": "Roxbury"},
        "district": {"district": "7"},
        "department": {"department": "Parks"},
        "channel": {"channel": "App"},
        "start": {"opened": "2026-03-01T12:00"},
        "end": {"opened": "2026-01-01T12:00"},
        "photo": {"photo_url": "https://city.example/1.jpg"},
        "q": {"note": "a deep hole"},
        "bbox": {"lat": 42.345, "lon": -71.04},
    }
    for name, values in apart.items():
        add_case(f"C-{name}", **{**plain, **values})


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_store_facts_and_sentence_tell_each_field(portal, city, a_case_of_each, fresh_facts, name):
    value = {"start": "2026-03-01", "end": "2026-01-01"}.get(name, ONE_OF_EACH[name])
    case_filter = CaseFilter.from_query_string(f"{name}={value}")
    selection, facts = make_selection(portal, city, case_filter, NOW), fresh_facts()
    in_store = portal.cached(newest_cases, city.id, Selection(case_filter, city.zone, NOW))
    where, values = facts_where(facts, selection)
    in_facts = facts.rows(f"select case_id from cases where {where}", values)
    assert [case.case_id for case in in_store.cases] == [f"C-{name}"]
    assert in_facts == [(f"C-{name}",)]
    assert describe_filter(case_filter, {}, "Boston") != describe_filter(CaseFilter(), {}, "Boston")


def test_both_stores_ask_the_fields_in_the_same_order(portal, city, a_case_of_each, fresh_facts):
    query = "&".join(f"{name}={value}" for name, value in ONE_OF_EACH.items())
    selection = make_selection(portal, city, CaseFilter.from_query_string(query), NOW)
    with portal.public.connect() as connection:
        search = search_index.parameters(connection, city.id, "hole")
        in_store, _ = store_where(StoreQuestion(connection, city.id, selection, search))
    in_facts, _ = facts_where(fresh_facts(), selection)
    columns = (
        "service",
        "neighborhood",
        "district",
        "department",
        "channel",
        "target_at",
        "has_photo",
        "opened_at",
        "lat",
    )
    for sql in (in_store, in_facts):
        assert [sql.index(column) for column in columns] == sorted(map(sql.index, columns))


def test_no_filter_lets_all_cases_of_the_city_through(portal, city, fresh_facts):
    everything = Selection(CaseFilter(), city.zone)
    assert facts_where(fresh_facts(), everything) == ("true", [])
    with portal.public.connect() as connection:
        question = StoreQuestion(connection, city.id, everything)
        assert store_where(question) == ("c.jurisdiction_id = :city", {"city": city.id})


def test_facts_refuse_words_that_were_not_looked_up(city, fresh_facts):
    with pytest.raises(BadRequest, match="Words cannot be searched here"):
        facts_where(fresh_facts(), Selection(CaseFilter(q="hole"), city.zone))
