"""Our own sync pulls all of our server, page by page; our own sender posts to it."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from urllib.parse import urlsplit

import jsonschema
import pytest
from lxml import etree
from PIL import Image
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7
from sqlalchemy import text

from data_sync.dispatch.open311 import Open311Adapter
from data_sync.reading.base import Answer
from data_sync.sources.open311 import Open311Source
from portal.domain.dispatch import Absent, Outgoing, Refused, Taken
from portal.domain.report import Question
from portal.domain.route_rules import System
from portal.domain.service_definition import ServiceDefinition
from portal.notifications.contacts import Recipient
from portal.services.data.key_requests import create_key
from portal.services.sync import definitions
from tests.conftest import NOW
from tests.support.desks import as_answer
from tests.support.queries import rows_of

SITE = "https://other.example"
AT = int(NOW.timestamp())
SCHEMAS = {
    "requests.json?extensions=true": "requests",
    "requests/101.json": "requests",
    "services.json": "services",
    "services/Pothole.json": "service-definition",
}


@pytest.fixture
def server(portal, city, client, add_case, publish):
    """Seven cases, four of them changed in the same second, and a type with questions."""
    for number in range(7):
        add_case(
            str(101 + number),
            opened=f"2026-11-1{number}T08:00",
            closed="2026-11-22T09:00" if number > 2 else None,
            note=f"Deep {number} & wide",
            closure_reason="Filled" if number > 2 else None,
            department="Works",
        )
    add_case("999", opened="2026-11-15", visibility="held")
    with portal.transaction() as connection:
        offered = [ServiceDefinition("Pothole", "Pothole", asks=True)]
        definitions.save_definitions(connection, city.id, "desk", offered, AT)
        asked = (Question("size", "How wide?", "number"), Question("where", "Where?"))
        definitions.save_questions(connection, city.id, "Pothole", asked, AT)
    publish()
    return client


def talk_to(client):
    def talk(method: str, url: str, params=None, data=None, files=None) -> Answer:
        fields = dict(data or {})
        if files:
            fields["media"] = [(BytesIO(body), name) for _, (name, body, _) in files]
        path = urlsplit(url).path
        answer = client.open(path, method=method, query_string=params, data=fields or None)
        return as_answer(answer, url)

    return talk


def source_of(city, client, **quirks) -> Open311Source:
    talk = talk_to(client)
    table = {
        "name": "other",
        "endpoint": f"{SITE}/open311/v2",
        "quirks": {"page_size": 2, **quirks},
    }
    fetch = lambda url, params=None, headers=None: talk("GET", url, params)  # noqa: E731
    return Open311Source(city, table, fetch, lambda: 0.0)


def pull(source: Open311Source) -> list:
    """All cases, as far as the cursor goes."""
    cases = []
    for page in source.pages_updated_since(None, since=None, now=NOW):
        cases += [source.to_case(row, NOW) for row in page.rows]
    return cases


def test_our_sync_reads_every_case_of_our_server(city, server, subtests):
    for quirks in ({}, {"updated_after": True}):
        for form in ("json", "xml"):
            with subtests.test(form=form, **quirks):
                check_all_cases(city, server, {**quirks, "format": form})


def check_all_cases(city, server, quirks) -> None:
    cases = pull(source_of(city, server, **quirks))
    found = {case.case_id: case for case in cases}
    assert sorted(found) == [str(101 + number) for number in range(7)]
    last = found["107"]
    assert (last.status, last.note, last.closure_reason) == ("closed", "Deep 6 & wide", "Filled")
    assert (last.close_provenance, last.department) == ("source", "Works")
    assert found["101"].status == "open"


def test_our_sync_reads_types_questions_and_cases_by_number(city, server):
    source = source_of(city, server, id_lists=True)
    (service,) = source.read_services()
    assert (service.code, service.asks) == ("Pothole", True)
    assert [question.code for question in source.read_questions("Pothole")] == ["size", "where"]
    pages = list(source.pages_of_cases(["101", "999", "107"], now=NOW))
    assert {row["service_request_id"] for page in pages for row in page.rows} == {"101", "107"}


def test_our_sender_posts_polls_and_looks_up(portal, city, server):
    with portal.transaction() as connection:
        wanted = ("another city", ("read", "report"), 1_000)
        owner = Recipient("dev@example.org", "en")
        key = create_key(connection, portal.settings, city.id, owner, wanted, AT)[1]
    picture = BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "JPEG")
    system = System("other", "open311", endpoint=SITE, can_look_up=True, takes_photos=True)
    adapter = Open311Adapter(
        system,
        f"{SITE}/open311/v2",
        key,
        talk_to(server),
        lambda name: picture.getvalue(),
        lambda name: name,
        lambda: NOW,
    )
    message = Outgoing(
        id="open_case:1:abc",
        kind="open_case",
        reference="K7M3Q2X9TZ",
        code="Pothole",
        service_name="Pothole",
        note="Deep",
        address="3 Adams St",
        lat=42.32,
        lon=-71.07,
        is_public=False,
        answers={"size": ("3",)},
        answers_in_words=(),
        opened_at=AT,
        photos=("a",),
    )
    assert adapter.look_up(message) == Absent()
    sent = adapter.send(message)
    assert isinstance(sent, Taken)
    assert adapter.send(message) == sent
    assert adapter.poll(sent.work_order_id or "") == sent
    assert adapter.look_up(message) == sent
    assert rows_of(portal.core, text("select visibility from cases where source = 'portal'")) == [
        ("reporter",)
    ]
    refused = adapter.send(replace(message, reference="K8", code="none"))
    assert isinstance(refused, Refused)


@pytest.mark.realdata
def test_the_published_schemas_hold_for_our_answers(server, real_data):
    folder = real_data / "open311" / "json_schema"
    schemas = {path.name: json.loads(path.read_text()) for path in folder.glob("*.json")}
    registry = Registry().with_resources(
        (name, Resource.from_contents(schema, default_specification=DRAFT7))
        for name, schema in schemas.items()
    )
    for path, name in SCHEMAS.items():
        answer = server.get(f"/open311/v2/{path}").get_json()
        assert answer
        validator = jsonschema.Draft7Validator(schemas[f"{name}.json"], registry=registry)
        assert list(validator.iter_errors(answer)) == [], path
    wrong = [{"service_request_id": 1, "status": "lost"}]
    validator = jsonschema.Draft7Validator(schemas["requests.json"], registry=registry)
    assert len(list(validator.iter_errors(wrong))) > 1


@pytest.mark.realdata
def test_our_answers_have_the_shape_of_the_published_examples(server, real_data):
    """What clients parse of the examples has the same names as what they parse of ours."""
    for example, path in (
        ("cfa_ruby_fixtures/service_requests.xml", "requests.xml"),
        ("node_open311_mocks/service-requests.xml", "requests.xml"),
        ("cfa_ruby_fixtures/services.xml", "services.xml"),
    ):
        theirs = etree.fromstring((real_data / "open311" / example).read_bytes())
        ours = etree.fromstring(server.get(f"/open311/v2/{path}").data)
        assert (theirs.tag, theirs[0].tag) == (ours.tag, ours[0].tag)
        assert {part.tag for part in theirs[0]} <= {part.tag for part in ours[0]}, example
