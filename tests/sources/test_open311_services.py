"""What GeoReport endpoints offer and ask, in every spelling that servers use, and no apologies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sync.reading.open311.services import MOST_SERVICES, parse_questions, parse_services
from portal.domain.report import Question
from portal.domain.service_definition import (
    ServiceDefinition,
    questions_as_json,
    questions_from_json,
)
from portal.errors import SourceError
from tests.sources.conftest import Network, answer_of

SERVICE: dict[str, Any] = {
    "service_code": 1,
    "service_name": " Cans left\nout 24x7 ",
    "description": "Garbage cans left out",
    "metadata": "true",
    "type": "realtime",
    "keywords": "lorem, ipsum,,",
    "group": "sanitation",
}
READ = ServiceDefinition(
    "1", "Cans left out 24x7", "sanitation", "Garbage cans left out", ("lorem", "ipsum"), True
)
ATTRIBUTE: dict[str, Any] = {
    "variable": True,
    "code": "WHISPAWN",
    "datatype": "singlevaluelist",
    "required": True,
    "datatype_description": "Choose one",
    "order": 1,
    "description": "What is the ticket about?",
    "values": [{"key": 123, "name": "Ford"}, {"key": "124", "name": "Chrysler"}],
}
ASKED = Question(
    "WHISPAWN",
    "What is the ticket about?",
    "singlevaluelist",
    True,
    "Choose one",
    (("123", "Ford"), ("124", "Chrysler")),
)
XML = """<?xml version="1.0" encoding="utf-8"?>
<service_definition><service_code>DMV66</service_code><attributes>
<attribute><variable>true</variable><code>WHISPAWN</code>
<datatype>singlevaluelist</datatype><required>true</required>
<datatype_description>Choose one</datatype_description><order>1</order>
<description>What is the ticket about?</description>
<values><value><key>123</key><name>Ford</name></value>
<value><key>124</key><name>Chrysler</name></value></values>
</attribute></attributes></service_definition>"""
SERVICES_XML = """<services>
<service><service_code>1</service_code><service_name>Cans left out 24x7</service_name>
<description>Garbage cans left out</description><metadata>true</metadata>
<type>realtime</type><keywords>lorem, ipsum</keywords>
<group>sanitation</group></service></services>"""


def services(body: Any) -> list[ServiceDefinition]:
    return parse_services(answer_of(body), "town")


def questions(body: Any) -> tuple[Question, ...]:
    return parse_questions(answer_of(body), "town")


def definition(*attributes: dict[str, Any]) -> dict[str, Any]:
    return {"service_code": "DMV66", "attributes": list(attributes)}


@pytest.mark.parametrize(
    "body", [[SERVICE], {"services": [SERVICE]}, {"services": {"service": [SERVICE]}}, SERVICES_XML]
)
def test_services_are_read_in_every_spelling(body):
    assert services(body) == [READ]


def test_keywords_may_be_a_list_and_much_may_be_missing():
    bare = {
        "service_code": "2",
        "service_name": "Pothole",
        "keywords": ["hole", None],
        "metadata": None,
        "group": None,
    }
    assert services(
        [bare, SERVICE, {**SERVICE, "service_name": "Again"}, {"service_code": "3"}]
    ) == [
        ServiceDefinition("2", "Pothole", None, "", ("hole",), False),
        READ,
    ]


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        "<html><body>Sorry</body></html>",
        [{"code": 404, "description": "jurisdiction_id not found"}],
        [{"service_code": str(n), "service_name": "x"} for n in range(MOST_SERVICES + 1)],
    ],
    ids=["none", "nothing", "a page", "an error", "too many"],
)
def test_what_is_no_list_of_services_is_refused(body):
    with pytest.raises(SourceError):
        services(body)


@pytest.mark.parametrize(
    "body",
    [
        definition(ATTRIBUTE),
        [definition(ATTRIBUTE)],
        {"service_definition": definition(ATTRIBUTE)},
        XML,
    ],
)
def test_questions_are_read_in_every_spelling(body):
    assert questions(body) == (ASKED,)


@pytest.mark.parametrize(
    "nothing", [definition(), {"service_code": "1", "attributes": None}, {"service_code": "1"}]
)
def test_a_service_may_ask_nothing(nothing):
    assert questions(nothing) == ()


def test_questions_stand_in_their_order_and_each_code_once():
    third, first, last = (
        {**ATTRIBUTE, "code": code, "order": order}
        for code, order in (("c", "3"), ("a", 1), ("z", None))
    )
    assert [
        question.code
        for question in questions(definition(last, third, first, {**first, "order": 2}))
    ] == ["a", "c", "z"]


def test_what_is_only_said_asks_nothing_and_requires_nothing():
    said = {
        "variable": "false",
        "code": "",
        "description": "Crews come on Mondays.",
        "required": "true",
        "datatype": "string",
    }
    (question,) = questions(definition(said))
    assert (question.prompt, question.is_asked, question.is_required) == (
        "Crews come on Mondays.",
        False,
        False,
    )


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"datatype": "TEXT", "values": []}, "text"),
        ({"datatype": "datetime", "values": None}, "datetime"),
        ({"datatype": "multivaluelist"}, "multivaluelist"),
        ({"datatype": "fax", "values": []}, "string"),
        ({"datatype": "singlevaluelist", "values": []}, "string"),
        ({"datatype": "string"}, "singlevaluelist"),
    ],
)
def test_a_datatype_we_do_not_know_and_a_list_without_values_are_asked_as_a_line(changes, kind):
    (question,) = questions(definition({**ATTRIBUTE, **changes}))
    assert question.kind == kind


def test_attributes_without_a_code_or_words_are_left_out():
    assert (
        questions(
            definition(
                {**ATTRIBUTE, "code": ""},
                {**ATTRIBUTE, "description": None},
                {**ATTRIBUTE, "code": "x" * 101},
            )
        )
        == ()
    )


LEAVES = st.none() | st.booleans() | st.floats(allow_nan=False) | st.text()
KEYS = st.sampled_from(
    ["attributes", "attribute", "code", "description", "values", "value", "key", "order"]
)


@given(
    st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner))
)
def test_whatever_a_server_answers_is_questions_or_a_refusal(body):
    try:
        found = questions({"service_code": "1", "attributes": body})
    except SourceError:
        return
    assert questions_from_json(questions_as_json(found)) == found


def test_a_type_is_asked_about_at_its_own_address(source_of):
    network = Network([SERVICE], definition(ATTRIBUTE))
    table = {
        "kind": "open311",
        "name": "town",
        "endpoint": "https://open311.example/v2",
        "params": {"jurisdiction_id": "t.example"},
    }
    source: Any = source_of(table, lambda url, **asked: replace(network(url, **asked), url=url))
    assert source.read_services() == [READ]
    assert source.read_questions("A/1") == (ASKED,)
    assert network.urls == [
        "https://open311.example/v2/services.json",
        "https://open311.example/v2/services/A%2F1.json",
    ]
    assert network.asked[1] == {"jurisdiction_id": "t.example"}
