"""Invented cases: consistent as a sync would store them, and never among real ones."""

from __future__ import annotations

import csv

import pytest
from sqlalchemy import text

from portal.benchmarks.boston_shape import COLUMNS, write_file
from portal.benchmarks.generate import store_invented_cases
from portal.benchmarks.questions import Questions
from portal.domain import morton
from portal.domain.filters import CaseFilter
from portal.errors import Conflict
from portal.facts.build import rebuild
from portal.facts.verify import verify
from portal.filter_sql import Selection
from portal.queries.cases.case_lists import newest_cases
from portal.queries.cases.counts import count_cases
from portal.queries.cases.text_search import make_selection

NOW = 1_780_000_000


def test_invented_cases_fill_store_search_and_facts_alike(portal, city):
    store_invented_cases(portal.core, city, 2_000, NOW)
    rebuild(portal.core, city, portal.facts_folder)
    facts = portal.facts(city.id)
    assert verify(portal.core, city, portal.facts_folder) == []
    assert count_cases(facts, Selection(CaseFilter(), city.zone)) == 2_000
    wrong = (
        "closed_at < opened_at or opened_at > ? or (status = 2) <> (closed_at is not null) "
        "or days_open <> (closed_at - opened_at) // 86400"
    )
    assert facts.rows(f"select count(*) from cases where {wrong}", [NOW]) == [(0,)]
    assert all(
        quad == morton.encode(lat, lon)
        for lat, lon, quad in facts.rows("select lat, lon, quad from cases where lat is not null")
    )
    asked = make_selection(portal, city, CaseFilter(q="pothole repair"), NOW)
    found = portal.cached(newest_cases, city.id, asked)
    assert found.cases
    assert count_cases(facts, asked) >= len(found.cases)


def test_every_question_of_the_benchmark_can_be_asked(portal, city):
    store_invented_cases(portal.core, city, 600, NOW)
    rebuild(portal.core, city, portal.facts_folder)
    with portal.public.connect() as connection:
        questions = Questions(connection, portal.facts(city.id), city, NOW)
        figures = list(questions.measure(times=8))
    assert len(figures) > 8


def test_invented_cases_leave_every_index_as_it_was(portal, city):
    before = list_indexes(portal.core)
    store_invented_cases(portal.core, city, 10, NOW)
    assert list_indexes(portal.core) == before
    assert len(before) > 40


def list_indexes(engine) -> set[tuple]:
    queries = {
        "sqlite": "select name, sql from sqlite_master where type = 'index'",
        "postgresql": "select indexname, indexdef from pg_indexes where schemaname = 'public'",
    }
    with engine.connect() as connection:
        return set(map(tuple, connection.execute(text(queries[engine.dialect.name]))))


def test_invented_cases_never_join_others(portal, city, add_case):
    add_case("101")
    with pytest.raises(Conflict, match="smallville holds 1 cases"):
        store_invented_cases(portal.core, city, 10, NOW)


def test_same_city_is_invented_each_time(city, tmp_path):
    first, second = (
        write_file(tmp_path / "1.csv", city, 50, NOW),
        write_file(tmp_path / "2.csv", city, 50, NOW),
    )
    assert first.read_bytes() == second.read_bytes()


def test_file_of_boston_s_shape_has_its_columns_and_the_closed_one_is_newer(city, tmp_path):
    before = write_file(tmp_path / "open.csv", city, 50, NOW, all_open=True)
    after = write_file(tmp_path / "closed.csv", city, 50, NOW)
    with before.open(encoding="utf-8") as one, after.open(encoding="utf-8") as other:
        open_rows, closed_rows = list(csv.DictReader(one)), list(csv.DictReader(other))
    assert tuple(open_rows[0]) == COLUMNS
    assert {row["case_status"] for row in open_rows} == {"Open"}
    assert [row["case_enquiry_id"] for row in open_rows] == [
        row["case_enquiry_id"] for row in closed_rows
    ]
    assert max(row["closed_dt"] for row in closed_rows) > max(row["open_dt"] for row in open_rows)
