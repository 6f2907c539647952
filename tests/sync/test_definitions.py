"""What can be reported follows its source once a day, and stays while the source fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from data_sync.desk import store
from data_sync.desk.models import open_desk
from data_sync.desk.questions import set_questions
from data_sync.desk.records import DeskQuestion, DeskService, NewCase
from data_sync.pull import definitions
from data_sync.pull.run import sync_city
from data_sync.reading.base import Answer
from data_sync.sources import make_sources
from portal.errors import SourceError
from portal.queries.report.reportable_services import offered_services
from portal.services.sync import definitions as stored
from tests.conftest import NOW
from tests.support.desks import DESK_URL, as_answer, desk_app

TABLE = {
    "kind": "open311",
    "name": "desk",
    "endpoint": "desk",
    "quirks": {"updated_after": True, "id_lists": True},
}
DEEP = DeskQuestion("deep", "How deep is it?", "number", is_required=True)
DAY = timedelta(days=1, seconds=1)


class Desk:
    """A desk without a network; `fails` are paths that get no answer, and `asked` counts."""

    def __init__(self, folder) -> None:
        self.engine = open_desk(folder / "desk.sqlite")
        self.client = desk_app(self.engine, folder, lambda: NOW).test_client()
        self.fails: dict[str, str] = {}
        self.asked: list[str] = []

    def __call__(self, url, params=None, headers=None, json=None) -> Answer:
        path = url.removeprefix(f"{DESK_URL}/open311/v2/")
        self.asked.append(path)
        if reason := self.fails.get(path):
            raise SourceError(f"desk: {path} failed", reason=reason)
        answer = self.client.get(url.removeprefix(DESK_URL), query_string=params)
        return as_answer(answer, url)


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    offer(made, "pothole", "Pothole")
    offer(made, "light", "Street light")
    set_questions(made.engine, "pothole", [DEEP])
    yield made
    made.engine.dispose()


def offer(desk: Desk, code: str, name: str) -> None:
    store.add_services(
        desk.engine,
        [DeskService(code, name, "Streets", f"{name}.", "Public Works", "Highway", None)],
    )


@pytest.fixture
def refresh(portal, city, desk):
    """refresh(now) asks the desk where that is due; what could not be read."""
    (source,) = make_sources(replace(city, sources=(TABLE,)), desk, desk_url=DESK_URL)

    def ask(now=NOW) -> list[str]:
        desk.asked.clear()
        return definitions.refresh_definitions(portal, source, now)

    return ask


def offered(portal, city) -> dict[str, list[str]]:
    """Name of each type, and what it asks."""
    types = portal.cached(offered_services, city.id)
    return {service.name: [question.prompt for question in service.questions] for service in types}


def test_types_and_their_questions_are_read_once_a_day(portal, city, desk, refresh):
    assert refresh() == []
    assert desk.asked == ["services.json", "services/pothole.json"]
    assert offered(portal, city) == {"Pothole": ["How deep is it?"], "Street light": []}
    refresh(NOW + timedelta(hours=23))
    assert desk.asked == []
    refresh(NOW + DAY)
    assert desk.asked == ["services.json", "services/pothole.json"]


def test_a_type_that_is_new_changed_or_gone_is_so_here_a_day_later(portal, city, desk, refresh):
    refresh()
    offer(desk, "tree", "Fallen tree")
    with desk.engine.begin() as connection:
        connection.execute(text("delete from services where service_code = 'light'"))
    set_questions(desk.engine, "pothole", [DEEP, DeskQuestion("wide", "How wide is it?")])
    refresh(NOW + DAY)
    assert offered(portal, city) == {
        "Fallen tree": [],
        "Pothole": ["How deep is it?", "How wide is it?"],
    }


def test_a_type_that_asks_nothing_any_more_asks_nothing_here(portal, city, desk, refresh):
    refresh()
    set_questions(desk.engine, "pothole", [])
    refresh(NOW + DAY)
    assert offered(portal, city)["Pothole"] == []


def test_a_day_without_news_changes_no_version_of_the_data(portal, city, refresh):
    refresh()
    before = portal.data_version(city.id)
    refresh(NOW + DAY)
    assert portal.data_version(city.id) == before


def test_a_source_that_fails_leaves_what_is_there_and_is_asked_again_in_an_hour(
    portal, city, desk, refresh
):
    refresh()
    desk.fails["services.json"] = "unreachable"
    (problem,) = refresh(NOW + DAY)
    assert "stays as it was" in problem
    assert offered(portal, city) == {"Pothole": ["How deep is it?"], "Street light": []}
    desk.fails.clear()
    refresh(NOW + DAY + timedelta(minutes=59))
    assert desk.asked == []
    refresh(NOW + DAY + timedelta(minutes=61))
    assert desk.asked == ["services.json", "services/pothole.json"]


def test_one_definition_that_cannot_be_used_keeps_no_other_from_being_read(
    portal, city, desk, refresh
):
    set_questions(desk.engine, "light", [DeskQuestion("pole", "Which pole?")])
    desk.fails["services/light.json"] = "bad_answer"
    assert len(refresh()) == 1
    assert offered(portal, city) == {"Pothole": ["How deep is it?"], "Street light": []}


def test_a_source_that_allows_few_calls_is_read_in_several_runs(portal, city, desk):
    for number in range(5):
        offer(desk, f"type{number}", f"Type {number}")
        set_questions(desk.engine, f"type{number}", [DEEP])
    table = {**TABLE, "quirks": {**TABLE["quirks"], "pages_per_run": 4}}
    (source,) = make_sources(replace(city, sources=(table,)), desk, desk_url=DESK_URL)
    asked = []
    for minute in range(4):
        desk.asked.clear()
        definitions.refresh_definitions(portal, source, NOW + timedelta(minutes=minute))
        asked.append(len(desk.asked))
    assert asked == [4, 4, 0, 0]
    assert sum(bool(questions) for questions in offered(portal, city).values()) == 6


def test_two_sources_of_a_city_do_not_take_each_others_types_away(portal, city):
    with portal.transaction() as connection:
        stored.save_definitions(
            connection, city.id, "roads", [stored.ServiceDefinition("1", "Pothole")], 0
        )
        stored.save_definitions(
            connection,
            city.id,
            "parks",
            [stored.ServiceDefinition("1", "Bench"), stored.ServiceDefinition("2", "Tree")],
            0,
        )
    assert list(offered(portal, city)) == ["Pothole", "Tree"]


def test_the_sync_brings_what_can_be_reported_along_with_the_cases(portal, city, desk):
    store.report_case(
        desk.engine, NewCase(service_code="pothole", lat=42.32, lon=-71.07), now=NOW, actor="test"
    )
    report = sync_city(
        portal, replace(city, sources=(TABLE,)), desk_url=DESK_URL, now=lambda: NOW, fetch=desk
    )
    assert (report.new, report.problems) == (1, [])
    assert offered(portal, city) == {"Pothole": ["How deep is it?"], "Street light": []}
