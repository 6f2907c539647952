"""The built-in work-order desk, read as any other Open311 server."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from data_sync.desk import merging, store
from data_sync.desk.records import NewCase
from data_sync.reading.base import Answer
from data_sync.sources import make_sources
from portal import jurisdictions
from tests.support.desks import DESK_URL, as_answer, desk_app, desk_with, potholes

START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


class DeskNetwork:
    """Calls the desk without a network, and counts."""

    def __init__(self, client) -> None:
        self.client, self.calls = client, []

    def __call__(self, url, params=None, headers=None, json=None) -> Answer:
        self.calls.append(params)
        answer = self.client.get(url.removeprefix(DESK_URL), query_string=params)
        return as_answer(answer, url)


@pytest.fixture
def desk(tmp_path):
    with desk_with(tmp_path, [potholes("pothole")]) as engine:
        yield engine


@pytest.fixture
def network(desk, tmp_path):
    app = desk_app(desk, tmp_path, lambda: START + timedelta(days=30))
    return DeskNetwork(app.test_client())


def report(desk, hours: float = 0, **fields) -> str:
    fields = {
        "service_code": "pothole",
        "lat": 42.3,
        "lon": -71.1,
        "channel": "App",
        "address": "1 Main St",
        "description": "A hole",
    } | fields
    return store.report_case(
        desk, NewCase(**fields), now=START + timedelta(hours=hours), actor="resident"
    )


def source_of(network, page_size: int = 1000):
    city = jurisdictions.load("demo")
    table = {**city.sources[0], "quirks": {**city.sources[0]["quirks"], "page_size": page_size}}
    return make_sources(replace(city, sources=(table,)), network, desk_url=DESK_URL)[0]


def pages(source, cursor=None, now=START + timedelta(days=10)):
    return list(source.pages_updated_since(cursor, since=None, now=now))


def ids(pages) -> list[str]:
    return [row["service_request_id"] for page in pages for row in page.rows]


def test_a_case_comes_over_with_everything_the_desk_knows(desk, network):
    case_id = report(desk, external_reference="CC-1")
    store.take_case(desk, case_id, actor="maria", now=START + timedelta(hours=1))
    source = source_of(network)
    (page,) = pages(source)
    case = source.to_case(page.rows[0], page.as_of)
    assert (case.case_id, case.service_code, case.service_name, case.status) == (
        case_id,
        "pothole",
        "Pothole",
        "in_progress",
    )
    assert (case.opened_at, case.updated_at) == (START, START + timedelta(hours=1))
    assert case.target_at == START + timedelta(hours=48)
    assert (case.department, case.queue, case.channel, case.reference) == (
        "Public Works",
        "Highway",
        "App",
        "CC-1",
    )
    assert (case.lat, case.lon, case.address, case.note) == (42.3, -71.1, "1 Main St", "A hole")


def test_a_closing_has_the_desks_own_time_and_a_reopening_takes_it_back(desk, network):
    case_id = report(desk)
    store.close_case(desk, case_id, "Filled.", actor="maria", now=START + timedelta(hours=5))
    store.add_note(
        desk, case_id, "Thank you.", actor="maria", now=START + timedelta(hours=9), is_public=True
    )
    source = source_of(network)
    case = source.to_case(pages(source)[0].rows[0], START + timedelta(days=10))
    assert (case.status, case.closed_at, case.close_provenance) == (
        "closed",
        START + timedelta(hours=5),
        "source",
    )
    assert case.closure_reason == "Filled."
    store.reopen_case(desk, case_id, "Again.", actor="maria", now=START + timedelta(hours=20))
    case = source.to_case(pages(source)[0].rows[0], START + timedelta(days=10))
    assert (case.status, case.closed_at, case.updated_at) == (
        "open",
        None,
        START + timedelta(hours=20),
    )


def test_a_repeat_comes_over_with_the_case_it_repeats_until_they_are_taken_apart(desk, network):
    first, second = report(desk), report(desk, 1)
    act = {"actor": "maria", "now": START + timedelta(hours=2)}
    merging.merge_case(desk, second, first, "", **act)
    source = source_of(network)
    by_number = {row["service_request_id"]: row for row in pages(source)[0].rows}
    case = source.to_case(by_number[second], START + timedelta(days=10))
    assert (case.status, case.parent_id) == ("closed", first)
    assert case.closure_reason == f"Already reported as case {first}."
    assert case.notes == ()
    other = source.to_case(by_number[first], START + timedelta(days=10))
    assert (other.status, other.parent_id, other.updated_at) == ("open", None, START)
    store.reopen_case(desk, second, "Another hole.", **act)
    row = pages(source)[0].rows[-1]
    case = source.to_case(row, START + timedelta(days=10))
    assert (case.case_id, case.status, case.parent_id) == (second, "open", None)
    assert [(note.kind, note.words) for note in case.notes] == [("reopened", "Another hole.")]


def test_many_cases_of_one_second_come_page_by_page_each_once(desk, network):
    expected = {report(desk) for _ in range(25)}
    found = pages(source_of(network, page_size=10))
    assert [len(page.rows) for page in found] == [10, 10, 5]
    assert set(ids(found)) == expected
    assert len(ids(found)) == 25


def test_the_next_run_brings_what_changed_and_the_last_two_days_again(desk, network):
    old, recent = report(desk), report(desk, hours=100)
    source = source_of(network)
    cursor = pages(source)[-1].cursor
    assert ids(pages(source, cursor)) == [recent]
    store.close_case(desk, old, "Filled.", actor="maria", now=START + timedelta(hours=101))
    assert ids(pages(source, cursor)) == [recent, old]


def test_a_run_that_was_interrupted_goes_on_after_the_last_page(desk, network):
    expected = {report(desk, hours=hour) for hour in range(30)}
    source = source_of(network, page_size=10)
    first = pages(source)[0]
    assert set(ids([first]) + ids(pages(source, first.cursor))) == expected
    assert len(ids(pages(source, first.cursor))) == 20


def test_a_private_case_does_not_come_over(desk, network):
    report(desk, is_public=False)
    assert ids(pages(source_of(network))) == []


def test_cases_are_looked_up_many_at_a_time(desk, network):
    expected = {report(desk) for _ in range(5)}
    found = list(source_of(network, page_size=3).pages_of_cases([*expected, "999"], now=START))
    assert set(ids(found)) == expected
    assert len(network.calls) == 2
