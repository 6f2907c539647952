"""Each query the portal runs all day uses its own index, on both databases, at any size.

The statements are captured from the real queries as they run, and explained with their own
parameters on the public engine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Connection, Engine, event

from portal.domain.filters import CaseFilter
from portal.filter_sql import Selection
from portal.queries.cases.case_detail import case_by_id
from portal.queries.cases.case_lists import find_mark, newest_cases
from portal.queries.cases.linked_cases import linked_cases
from portal.queries.data.requests_query import read_requests_query
from portal.queries.data.service_requests import find_requests

pytestmark = pytest.mark.usefixtures("many_cases")
ZONE = ZoneInfo("America/New_York")
NOW = 1_700_000_000


def plans(engine: Engine, ask: Callable[[Connection], object]) -> list[str]:
    """The plan of every statement that `ask` sends, in one text each."""
    sent: list[tuple[str, object]] = []

    def remember(_connection, _cursor, statement, parameters, _context, _many):
        sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", remember)
    with engine.connect() as connection:
        ask(connection)
    event.remove(engine, "before_cursor_execute", remember)
    assert sent
    with engine.connect() as connection:
        return [_plan(connection, *pair) for pair in sent]


def _plan(connection: Connection, statement: str, parameters) -> str:
    explain = "explain query plan" if connection.dialect.name == "sqlite" else "explain"
    return "\n".join(
        str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {statement}", parameters)
    )


def plan_of_cases(engine: Engine, ask: Callable[[Connection], object]) -> str:
    """The plan of the one statement that reads cases."""
    (found,) = [plan for plan in plans(engine, ask) if "cases" in plan]
    return found


def assert_goes_by(plan: str, index: str):
    assert f"{index} " in plan, plan
    for slow in ("SCAN cases", "TEMP B-TREE", "Seq Scan on cases", "Sort Key"):
        assert slow not in plan, plan


FEEDS = {
    "newest": (CaseFilter(), "ix_cases_feed"),
    "open": (CaseFilter(status=("open",)), "ix_cases_open"),
    "service": (CaseFilter(service=("service-7",)), "ix_cases_service"),
    "neighborhood": (CaseFilter(neighborhood=("area-107",)), "ix_cases_neighborhood"),
}


@pytest.mark.parametrize("feed", FEEDS)
def test_a_feed_reads_its_own_index_newest_first(portal, city, feed):
    case_filter, index = FEEDS[feed]
    plan = plan_of_cases(
        portal.public,
        lambda connection: newest_cases(connection, city.id, Selection(case_filter, ZONE, NOW)),
    )
    assert_goes_by(plan, index)


def test_a_later_page_starts_where_the_last_one_ended(portal, city):
    everything = Selection(CaseFilter(), ZONE, NOW)

    def ask(connection):
        return newest_cases(connection, city.id, everything, after="1600600000~C-101")

    mark, page = (plan for plan in plans(portal.public, ask) if "cases" in plan)
    assert_goes_by(mark, "ix_cases_case_id")
    assert_goes_by(page, "ix_cases_feed")


def test_a_case_is_found_by_its_number_or_its_work_order(portal, city):
    by_number = plans(portal.public, lambda connection: case_by_id(connection, city.id, "C-101"))[0]
    by_work_order = plans(
        portal.public, lambda connection: case_by_id(connection, city.id, "W-101")
    )[2]
    assert_goes_by(by_number, "ix_cases_case_id")
    assert_goes_by(by_work_order, "ix_cases_work_order")


STRAIGHT = {
    "changed since": (
        "select id from cases where jurisdiction_id = 'smallville' and rev > 199",
        "ix_cases_rev",
    ),
    "open ones nearby": (
        "select id from public_cases where jurisdiction_id = 'smallville' and service_id = 11"
        " and is_open = 1 and quad between 1000000 and 2000000",
        "ix_cases_nearby",
    ),
    "by the source's own id": (
        "select id from cases where jurisdiction_id = 'smallville'"
        " and source = 'test' and source_id = 'S77'",
        "uq_cases_jurisdiction_id_source_source_id",
    ),
}


@pytest.mark.parametrize("question", STRAIGHT)
def test_the_sync_finds_its_rows_by_index(portal, question):
    statement, index = STRAIGHT[question]
    plan = plan_of_cases(portal.core, lambda connection: connection.exec_driver_sql(statement))
    # SQLite names the index behind a unique constraint itself.
    assert_goes_by(
        plan,
        "sqlite_autoindex_cases_2"
        if portal.core.dialect.name == "sqlite" and index.startswith("uq_")
        else index,
    )


ONE_CASE = {
    "the case": lambda connection, city_id: case_by_id(connection, city_id, "C-101"),
    "no case": lambda connection, city_id: case_by_id(connection, city_id, "never given"),
    "its relatives": lambda connection, city_id: linked_cases(connection, city_id, "C-101", NOW),
    "where a list goes on": lambda connection, city_id: find_mark(
        connection, city_id, "1600600000~C-101", if_gone=0
    ),
}


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize("question", ONE_CASE)
def test_a_question_about_one_case_never_walks_through_the_city(portal, city, question):
    # With three million cases, the page of one case and the sitemap took longer than a second.
    with portal.core.connect() as connection:
        assert thousands_of_steps(connection, lambda: ONE_CASE[question](connection, city.id)) <= 2
        assert (
            thousands_of_steps(
                connection,
                lambda: connection.exec_driver_sql("select max(address) from cases").all(),
            )
            >= 20
        )


def thousands_of_steps(connection: Connection, ask: Callable[[], object]) -> int:
    """How many thousands of steps SQLite's virtual machine takes to answer.

    A scan of 20,000 cases takes far more than 20.
    """
    taken: list[None] = []
    driver: Any = connection.connection.dbapi_connection
    driver.set_progress_handler(lambda: taken.append(None), 1_000)
    ask()
    driver.set_progress_handler(None, 0)
    return len(taken)


def test_the_test_would_see_a_walk_through_all_cases(portal, city):
    def ask(connection):
        return connection.exec_driver_sql(
            "select case_id from public_cases where address = 'x' order by opened_at"
        )

    with pytest.raises(AssertionError):
        assert_goes_by(plan_of_cases(portal.public, ask), "ix_cases_feed")


def test_cases_by_number_are_looked_up_and_not_searched_for(portal, city):
    query = read_requests_query({"service_request_id": "C1,C2"}, ZONE, NOW)
    found = plans(portal.public, lambda _: find_requests(portal, city, query))
    assert_goes_by(next(plan for plan in found if "ix_cases_case_id" in plan), "ix_cases_case_id")


def test_a_walk_by_last_change_reads_its_own_index(portal, city):
    """Open311's updated_after, with and without the case that the last page ended with."""
    for after in ({}, {"after_id": "C1"}):
        args = {"updated_after": "2020-01-01", "page_size": "10", **after}
        query = read_requests_query(args, ZONE, NOW)
        found = plans(portal.public, lambda _, query=query: find_requests(portal, city, query))
        pages = [plan for plan in found if "ix_cases_updated" in plan]
        assert pages, found
        assert_goes_by(pages[-1], "ix_cases_updated")
