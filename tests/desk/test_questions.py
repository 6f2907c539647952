"""Questions are in a service's definition, answers are for the staff, none refuses a report."""

from __future__ import annotations

import pytest
from lxml import etree
from sqlalchemy import select

from data_sync.desk.models import Case
from data_sync.desk.questions import list_answers, list_questions, set_questions
from data_sync.desk.records import DeskQuestion
from tests.desk.conftest import report

API = "/open311/v2"
WHERE = DeskQuestion(
    "where",
    "Where is it?",
    "singlevaluelist",
    True,
    choices=(("lane", "In a lane"), ("curb", "At the curb")),
)
WHAT = DeskQuestion(
    "what", "What is near?", "multivaluelist", choices=(("tree", "A tree"), ("bin", "A bin"))
)
SAID = DeskQuestion("said", "Crews come on weekdays.", is_asked=False)


@pytest.fixture
def asking(desk):
    set_questions(desk, "pothole", [WHERE, WHAT, SAID])
    return desk


def only_case(desk):
    with desk.connect() as connection:
        return connection.execute(select(Case.__table__)).one()


def answered(desk) -> list[tuple[str, str]]:
    with desk.connect() as connection:
        return list_answers(connection, only_case(desk).id)


def test_a_definition_has_every_question_in_its_order(client, asking):
    definition = client.get(f"{API}/services/pothole.json").get_json()
    assert definition["service_code"] == "pothole"
    assert [
        (one["order"], one["code"], one["datatype"], one["required"], one["variable"])
        for one in definition["attributes"]
    ] == [
        (1, "where", "singlevaluelist", True, True),
        (2, "what", "multivaluelist", False, True),
        (3, "said", "string", False, False),
    ]
    assert definition["attributes"][0]["values"] == [
        {"key": "lane", "name": "In a lane"},
        {"key": "curb", "name": "At the curb"},
    ]


def test_a_definition_says_the_same_in_xml(client, asking):
    root = etree.fromstring(client.get(f"{API}/services/pothole.xml").data)
    assert (root.tag, root.findtext("service_code")) == ("service_definition", "pothole")
    first = root.find("attributes/attribute")
    assert (
        first.findtext("variable"),
        first.findtext("required"),
        first.findtext("values/value/key"),
    ) == ("true", "true", "lane")


def test_only_services_that_ask_say_that_there_is_more_to_know(client, asking):
    services = client.get(f"{API}/services.json").get_json()
    assert {service["service_code"]: service["metadata"] for service in services} == {
        "pothole": True,
        "light": False,
    }


def test_questions_that_are_set_again_replace_those_before(asking):
    set_questions(asking, "pothole", [SAID])
    with asking.connect() as connection:
        assert list_questions(connection, "pothole") == (SAID,)


def test_answers_are_kept_by_the_words_of_question_and_choice(client, asking):
    form = {
        "attribute[where]": "curb",
        "attribute[what][]": ["tree", "bin"],
        "attribute[gone]": "as it came",
    }
    assert report(client, **form).status_code == 200
    assert answered(asking) == [
        ("Where is it?", "At the curb"),
        ("What is near?", "A tree, A bin"),
        ("gone", "as it came"),
    ]


def test_staff_see_the_answers_and_the_public_does_not(client, asking, staff):
    report(client, **{"attribute[where]": "curb"})
    number = only_case(asking).request_id
    page = staff.get(f"/staff/cases/{number}").get_data(as_text=True)
    assert "Where is it?" in page
    assert "At the curb" in page
    assert "At the curb" not in client.get(
        f"{API}/requests/{number}.json?extensions=true"
    ).get_data(as_text=True)


@pytest.mark.parametrize(
    ("department", "queue", "gets"),
    [
        ("Lighting", "Lights", ("Lighting", "Lights")),
        ("Lighting", "No such queue", ("Public Works", "Highway")),
        ("Public Works", "Lights", ("Public Works", "Highway")),
        ("", "", ("Public Works", "Highway")),
    ],
)
def test_a_report_goes_to_the_queue_it_names_where_the_desk_has_it(
    client, desk, department, queue, gets
):
    report(client, department=department, queue=queue)
    case = only_case(desk)
    assert (case.department, case.queue) == gets
