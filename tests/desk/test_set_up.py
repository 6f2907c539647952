"""A desk offers what its town's file says, today and after the file has changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from data_sync.desk import accounts, store
from data_sync.desk.invitations import make_invitation
from data_sync.desk.models import open_desk
from data_sync.desk.open311_fields import list_services
from data_sync.desk.questions import list_questions
from data_sync.desk.records import NewCase
from data_sync.desk.set_up import set_up_desk
from data_sync.desk.town import describe_ready
from portal.domain.desk_setup import DeskSetup, DeskType
from portal.domain.report import Question

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
POTHOLE = DeskType(
    "pothole",
    "Pothole",
    "Streets",
    "A hole.",
    "Public Works",
    "Streets crew",
    2,
    (Question("depth", "How deep?", "number"),),
)
LIGHT = replace(POTHOLE, code="light", name="Street light", queue="Lights", questions=())


def set_up(engine: Engine, *types: DeskType) -> None:
    set_up_desk(engine, DeskSetup("Town Hall", "Front desk", types))


def names_offered(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return [service["service_name"] for service in list_services(connection)]


def test_types_questions_and_queues_of_the_file_are_at_the_desk(desk: Engine):
    set_up(desk, POTHOLE, LIGHT)
    assert {"Pothole", "Street light"} == set(names_offered(desk))
    with desk.connect() as connection:
        row = store.service_row(connection, "pothole")
        assert (row.queue, row.sla_hours) == ("Streets crew", 48)
        assert [question.prompt for question in list_questions(connection, "pothole")] == [
            "How deep?"
        ]


def test_changed_file_changes_the_desk_and_keeps_the_cases_of_types_that_are_gone(desk: Engine):
    set_up(desk, POTHOLE, LIGHT)
    case = store.report_case(desk, NewCase("light"), now=NOW, actor="Open311")
    set_up(desk, replace(POTHOLE, name="Hole in the road", questions=()))
    assert names_offered(desk) == ["Hole in the road"]
    with desk.connect() as connection:
        assert list_questions(connection, "pothole") == ()
        assert store.case_row(connection, case).queue == "Lights"
    set_up(desk, POTHOLE, LIGHT)
    assert set(names_offered(desk)) == {"Pothole", "Street light"}


def test_terminal_says_how_to_make_the_first_account_until_there_is_one(tmp_path: Path):
    database = tmp_path / "desk.sqlite"
    engine = open_desk(database)
    url = "http://127.0.0.1:8060"
    page = f"{url}/staff/accounts?invitation={make_invitation(engine, 'secret')}"
    assert page in describe_ready(engine, url, "secret")
    accounts.add_staff(engine, "Ana", "a sentence for the desk")
    assert describe_ready(engine, url, "secret") == f"Staff work on cases at {url}/staff"
    engine.dispose()
