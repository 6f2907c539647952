"""Open311, read: what is answered, in both forms, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lxml import etree

from app import create_app
from portal.context import Portal
from portal.domain.case import CityNote
from portal.domain.report import Question
from portal.domain.service_definition import ServiceDefinition
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from portal.services.sync import definitions
from tests.conftest import NOW
from tests.support.crawl import ask as answer_to
from tests.sync.support import record, save

AT = int(NOW.timestamp())
LISTS = ("discovery", "services", "services/Pothole", "requests", "requests/101", "tokens/101")
UNKNOWN = ("requests/999.json", "tokens/999.json", "services/none.json", "none.json")
HIDDEN = ("held", "reporter", "withdrawn", "service", "held_private")


@pytest.fixture
def three(add_case):
    """A pothole of 20 November, a closed graffiti of the 21st, a street light of 1 August."""
    add_case("101", opened="2026-11-20T12:00", note="Deep & wide", address="3 Adams St")
    add_case(
        "102",
        opened="2026-11-21T12:00",
        closed="2026-11-22T12:00",
        service="Graffiti",
        lat=42.33,
        closure_reason="Painted over",
        department="Works",
    )
    add_case("103", opened="2026-08-01", service="Street light", lat=None, lon=None)


def test_a_case_is_strings_and_numbers_and_never_a_missing_text(ask, three):
    (case,) = ask("requests/101.json").get_json()
    assert case == {
        "service_request_id": "101",
        "status": "open",
        "status_notes": "",
        "service_name": "Pothole",
        "service_code": "Pothole",
        "description": "Deep & wide",
        "agency_responsible": "",
        "service_notice": "",
        "requested_datetime": "2026-11-20T12:00:00Z",
        "updated_datetime": "2026-11-20T12:00:00Z",
        "expected_datetime": "",
        "address": "3 Adams St",
        "address_id": "",
        "zipcode": "",
        "lat": 42.32,
        "long": -71.07,
        "media_url": "",
    }
    (unplaced,) = ask("requests/103.json").get_json()
    assert (unplaced["lat"], unplaced["long"]) == (None, None)


def test_xml_says_the_same_and_every_list_answers_with_and_without_a_slash(ask, three, subtests):
    body = ask("requests.xml").data
    assert body.startswith(b"<?xml")
    found = etree.fromstring(body)
    assert [one.findtext("service_request_id") for one in found.findall("request")] == [
        "102",
        "101",
    ]
    assert found.findtext("request[2]/description") == "Deep & wide"
    for path in (*LISTS, "servicerequestupdates"):
        for form, kind in (("json", "application/json"), ("xml", "text/xml")):
            with subtests.test(path=path, form=form):
                plain, slash = ask(f"{path}.{form}"), ask(f"{path}.{form}/")
                assert plain.status_code == slash.status_code == 200
                assert plain.data == slash.data
                assert plain.content_type == f"{kind}; charset=utf-8"
                assert plain.headers["Access-Control-Allow-Origin"] == "*"


def test_an_answer_that_the_client_has_is_not_sent_again(client, ask, three):
    tag = ask("requests.json").headers["ETag"]
    again = client.get("/open311/v2/requests.json", headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_questions_find_the_same_in_the_facts_as_in_the_store(ask, three, publish, subtests):
    wanted = {
        "": ["102", "101"],
        "start_date=2026-07-20": ["103"],
        "end_date=2026-11-20": ["101"],
        "start_date=2026-11-21&end_date=2026-11-21": ["102"],
        "status=open": ["101"],
        "status=closed,open&start_date=": ["102", "101"],
        "service_code=Graffiti,Pothole&page_size=1&page=2": ["101"],
        "service_code=Graffiti&service_code=Pothole": ["102", "101"],
        "bbox=-71.08,42.325,-71,42.4": ["102"],
        "lat=42.3201&long=-71.07&radius=50": ["101"],
        "lat=42.3201&long=-71.07&radius=5": [],
        "q=adams": ["101"],
        "q=nothing": [],
        "service_request_id=103,101,999&status=closed": ["103", "101"],
        "updated_after=2026-01-01T00:00:00Z": ["103", "101", "102"],
        "updated_after=2026-11-20T12:00:00Z&after_id=101": ["102"],
        "updated_after=2026-01-01&updated_before=2026-11-21": ["103", "101"],
        "updated_before=2026-11-21": ["101"],
        "updated_after=2026-01-01&start_date=2026-11-01": ["101", "102"],
        "page=9": [],
        "colour=red&_gl=1": ["102", "101"],
    }
    stored = {query: ask(f"requests.json?{query}") for query in wanted}
    publish()
    for query, ids in wanted.items():
        with subtests.test(query=query):
            found = ask(f"requests.json?{query}")
            assert [case["service_request_id"] for case in found.get_json()] == ids
            assert found.data == stored[query].data
            assert [pair for pair in found.headers if pair[0] != "Date"] == [
                pair for pair in stored[query].headers if pair[0] != "Date"
            ]


def test_pages_are_counted_and_the_next_one_is_named(ask, client, three, publish):
    publish()
    first = ask("requests.json", page_size="1", status="open,closed", api_key="k")
    assert (first.headers["X-Result-Count"], first.headers["X-Page-Count"]) == ("2", "2")
    following = first.headers["X-Next-Page-URL"]
    assert following.endswith("/open311/v2/requests.json?page_size=1&status=open%2Cclosed&page=2")
    last = client.get(following)
    assert [case["service_request_id"] for case in last.get_json()] == ["101"]
    assert "X-Next-Page-URL" not in last.headers


def test_a_case_hidden_after_the_facts_were_published_is_in_no_page_and_no_count(
    portal, city, numbers, ask, three, publish
):
    publish()
    assert numbers() == ["102", "101"]
    moderation.hold_case(portal, city, "102", Act("Ana", "a face", AT))
    assert numbers() == ["101"]
    assert ask("requests.json").headers["X-Result-Count"] == "1"


WRONG = [
    ("status=lost", ["status"]),
    ("page_size=5000&page=0", ["page_size", "page is"]),
    ("page=x&bbox=1,2,3&start_date=yesterday", ["page", "start_date", "bbox"]),
    ("bbox=1,2,0,3", ["bbox"]),
    ("lat=nan&long=1", ["lat"]),
    ("lat=42", ["long"]),
    ("lat=91&long=0", ["lat"]),
    ("radius=5", ["radius"]),
    ("lat=42&long=-71&radius=0", ["radius"]),
    ("start_date=2026-11-02&end_date=2026-11-01", ["later"]),
    ("updated_after=2026-11-02&updated_before=2026-11-01", ["later"]),
    ("start_date=2016-01-01&end_date=2026-01-01", ["3,653 days"]),
    ("start_date=0000-00-00", ["start_date"]),
    ("start_date=99999-01-01", ["start_date"]),
    (f"q={'x' * 201}", ["q has"]),
    (f"service_request_id={','.join(['x'] * 501)}", ["service_request_id"]),
]


def test_every_parameter_that_is_not_right_is_named(ask, subtests):
    for query, words in WRONG:
        with subtests.test(query=query[:60]):
            answer = ask(f"requests.json?{query}")
            assert answer.status_code == 400
            errors = answer.get_json()
            assert {error["code"] for error in errors} == {"400"}
            said = [error["description"] for error in errors]
            assert len(said) == len(words)
            assert all(word in one for word, one in zip(words, said, strict=True)), said


def test_what_there_is_not_is_404_in_the_form_asked_for(ask, client, three, subtests):
    for path in (*UNKNOWN, "requests.json?service_code=Pothole,none"):
        with subtests.test(path=path):
            answer = ask(path)
            assert answer.status_code == 404
            assert [error["code"] for error in answer.get_json()] == ["404"]
            assert answer.headers["Access-Control-Allow-Origin"] == "*"
    answer = ask("services/none.xml")
    assert etree.fromstring(answer.data).findtext("error/code") == "404"
    assert ask("requests.pdf").status_code == 404
    refused = client.put("/open311/v2/services.json")
    assert (refused.status_code, refused.get_json()[0]["code"]) == (405, "405")


@pytest.mark.parametrize("visibility", HIDDEN)
def test_a_case_that_is_not_public_is_as_absent_as_one_that_never_was(
    client, add_case, three, publish, visibility
):
    asked = (
        *(f"requests/{number}.{form}" for number in ("105", "999") for form in ("json", "xml")),
        *("tokens/105.json", "requests.json", "requests.json?extensions=true", "services.json"),
        *("requests.json?service_request_id=105,101", "requests.json?q=secret"),
        "requests.json?updated_after=2026-01-01&page_size=1&after_id=105",
        "requests.json?updated_after=2026-01-01&page_size=2",
        "servicerequestupdates.json?service_request_id=105",
        "requests.json?service_code=Needle",
    )
    publish()
    before = {path: answer_to(client, f"/open311/v2/{path}") for path in asked}
    assert before["requests/105.json"] == before["requests/999.json"]
    add_case(
        "105",
        opened="2026-11-20",
        service="Needle",
        note="secret",
        visibility=visibility,
        work_order_id="W-5",
        parent_case_id="101",
    )
    for path, answer in before.items():
        assert answer_to(client, f"/open311/v2/{path}") == answer, path


def test_services_are_those_that_can_be_reported_with_their_questions(portal, city, ask, three):
    asked = Question(
        "size", "How wide?", "singlevaluelist", True, "A foot is 30 cm.", (("s", "a foot"),)
    )
    offered = ServiceDefinition("Pothole", "Pothole", "Streets", "A hole", ("road", "hole"), True)
    with portal.transaction() as connection:
        definitions.save_definitions(connection, city.id, "desk", [offered], AT)
        definitions.save_questions(connection, city.id, "Pothole", (asked,), AT)
    assert ask("services.json").get_json() == [
        {
            "service_code": "Pothole",
            "service_name": "Pothole",
            "description": "A hole",
            "metadata": True,
            "type": "realtime",
            "keywords": "road,hole",
            "group": "Streets",
        }
    ]
    definition = ask("services/Pothole.json").get_json()
    assert definition["attributes"][0]["values"] == [{"key": "s", "name": "a foot"}]
    assert ask("services/Graffiti.json").get_json() == {
        "service_code": "Graffiti",
        "attributes": [],
    }
    found = etree.fromstring(ask("services/Pothole.xml").data)
    assert found.findtext("attributes/attribute/values/value/name") == "a foot"


def test_extensions_tell_what_georeport_has_no_field_for(portal, city, ask):
    save(portal, city, record("101"))
    said = CityNote("note", "A crew comes.", NOW)
    save(
        portal,
        city,
        record(
            "102",
            status="closed",
            closed_at=NOW,
            updated_at=NOW,
            closure_reason="Filled",
            department="Works",
            parent_id="101",
            notes=(said,),
        ),
    )
    (case,) = ask("requests/102.json", extensions="true").get_json()
    more = case["extended_attributes"]
    assert (more["detailed_status"], more["department"]) == ("closed", "Works")
    assert more["closed_datetime"] == "2026-11-23T12:00:00Z"
    assert more["parent_service_request_id"] == "101"
    assert [note["description"] for note in case["notes"]] == ["A crew comes.", "Filled"]
    (tree,) = etree.fromstring(ask("requests/102.xml?extensions=true").data)
    assert tree.findtext("notes/note/description") == "A crew comes."


def test_updates_are_notes_and_changes_of_status_oldest_first(portal, city, ask):
    opened = record("101")
    save(portal, city, opened)
    notes = (CityNote("note", "A crew comes.", NOW.replace(hour=8)),)
    closed = record(
        "101", status="closed", closed_at=NOW, updated_at=NOW, closure_reason="Filled", notes=notes
    )
    save(portal, city, closed)
    answer = ask("servicerequestupdates.json")
    told = [(update["status"], update["description"]) for update in answer.get_json()]
    assert told == [("CLOSED", "A crew comes."), ("CLOSED", "Filled")]
    assert len({update["update_id"] for update in answer.get_json()}) == 2
    assert (
        ask("servicerequestupdates.json", start_date="2026-10-01", end_date="2026-10-02").json == []
    )
    assert ask("servicerequestupdates.json", service_request_id="101", page="2").json == []
    assert ask("servicerequestupdates.json", start_date="x").status_code == 400


def test_with_several_cities_the_request_names_one(portal, city, three, settings):
    other = replace(city, id="otherville", name="Otherville", host_names=("other.localhost",))
    both = Portal(settings, cities={city.id: city, other.id: other})
    client = create_app(settings, both, clock=NOW.timestamp).server.test_client()
    address = "/open311/v2/requests.json"
    missing = client.get(address)
    assert (missing.status_code, "jurisdiction_id" in missing.text) == (400, True)
    assert client.get(f"{address}?jurisdiction_id=nowhere").status_code == 404
    assert len(client.get(f"{address}?jurisdiction_id=smallville").get_json()) == 2
    assert client.get(f"{address}?jurisdiction_id=other.localhost").get_json() == []
    named = {"Host": "smallville.localhost:8050"}
    assert len(client.get(address, headers=named).get_json()) == 2
    assert client.get("/open311/v2/discovery.xml").status_code == 200
    both.close()


def test_the_address_without_a_call_says_which_calls_there_are(client):
    """It answered with a page for people, as an address that leads nowhere."""
    for address in ("/open311/v2", "/open311/v2/"):
        answer = client.get(address)
        assert (answer.status_code, answer.mimetype) == (200, "text/xml")
        assert answer.data == client.get("/open311/v2/discovery.xml").data
