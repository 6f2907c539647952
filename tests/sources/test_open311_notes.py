"""The notes of a GeoReport request, in the forms that real servers write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from data_sync.reading.open311.answers import parse_requests
from portal.domain.case import CityNote
from tests.sources.conftest import answer_of
from tests.sources.test_open311 import ROW, read  # noqa: F401

NINE = datetime(2010, 4, 14, 17, tzinfo=UTC)
OPEN = ROW | {"status": "open", "status_notes": ""}


def note(**changes: Any) -> dict[str, Any]:
    plain = {"datetime": "2010-04-14T09:00:00-08:00", "type": "note", "summary": "Note"}
    return plain | {"description": "A crew comes on Monday."} | changes


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (note(), "A crew comes on Monday."),
        (note(summary="Crew assigned"), "Crew assigned: A crew comes on Monday."),
        (note(summary="Crew assigned", description=None), "Crew assigned"),
        (note(summary="", type="", description="Looked at"), "Looked at"),
        (note(type="activity", summary="Activity"), "A crew comes on Monday."),
        ("A crew comes on Monday.", "A crew comes on Monday."),
        ({"comment": "A crew comes on Monday."}, "A crew comes on Monday."),
    ],
)
def test_a_note_s_words_are_read_from_any_form(read, written, words):  # noqa: F811
    (said,) = read(OPEN | {"notes": [written]}).notes
    assert said.words == words


@pytest.mark.parametrize(
    "written",
    [
        note(type="opened", summary="Request opened", description=""),
        note(description="", summary="Note"),
        note(type="internal"),
        note(visibility="private"),
        note(is_public=False),
        note(description="NULL", summary=""),
        17,
        None,
    ],
)
def test_a_note_that_says_nothing_to_the_public_is_left_out(read, written):  # noqa: F811
    assert read(OPEN | {"notes": [written]}).notes == ()


@pytest.mark.parametrize("notes", [None, "", [], {}, 5, [[]]])
def test_no_notes_are_no_fault(read, notes):  # noqa: F811
    assert read(OPEN | {"notes": notes}).notes == ()


def test_notes_come_oldest_first_and_a_bad_time_is_no_fault(read):  # noqa: F811
    later = note(datetime="2010-04-14T10:00:00-08:00", description="Two.")
    said = read(OPEN | {"notes": [later, note(description="One.")]}).notes
    assert [each.words for each in said] == ["One.", "Two."]
    assert said[0].said_at == NINE
    (undated,) = read(OPEN | {"notes": [note(datetime="soon")]}).notes
    assert undated.said_at is None


def test_notes_are_read_from_the_extension_too(read):  # noqa: F811
    assert read(OPEN | {"extended_attributes": {"notes": [note()]}}).notes[0].said_at == NINE


def test_a_status_note_of_an_open_case_is_a_note_and_said_once(read):  # noqa: F811
    row = OPEN | {"status_notes": "Crew assigned."}
    assert read(row).notes == (CityNote("note", "Crew assigned."),)
    twice = row | {"notes": [note(description="Crew assigned.")]}
    assert [each.words for each in read(twice).notes] == ["Crew assigned."]


def test_a_closing_is_the_reason_and_no_note(read):  # noqa: F811
    closing = note(type="closed", summary="Closed", description="Filled.")
    again = note(type="reopened", summary="Reopened", description="It sank.")
    case = read(ROW | {"status_notes": "", "notes": [note(), closing, again]})
    assert case.closure_reason == "Filled."
    assert [(each.kind, each.words) for each in case.notes] == [
        ("note", "A crew comes on Monday."),
        ("reopened", "It sank."),
    ]
    assert read(ROW | {"notes": [closing]}).closure_reason == "Duplicate request."


def test_notes_in_xml_are_read_like_those_in_json(read):  # noqa: F811
    fields = "".join(f"<{name}>{value}</{name}>" for name, value in note().items())
    row = "".join(f"<{name}>{value}</{name}>" for name, value in OPEN.items())
    body = f"<service_requests><request>{row}<notes><note>{fields}</note></notes></request>"
    (parsed,) = parse_requests(answer_of(body + "</service_requests>"), "town")
    assert [each.words for each in read(parsed).notes] == ["A crew comes on Monday."]
