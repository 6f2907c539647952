"""What the city writes to the public on the way: its own words, hidden where they must be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from portal.domain.case import CityNote
from portal.errors import BadRequest
from portal.queries.cases.case_detail import case_by_id
from portal.queries.staff.moderation import case_for_staff
from portal.services.report import private_link
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.services.shared.visibility import set_visibility
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from portal.services.sync import republish
from tests.support.reports import POTHOLE
from tests.sync.support import NOW, public_rows_of, record, rows_of, save

AT = int(NOW.timestamp())
ACT = Act("Ana", "names a neighbor", AT)
SHOWN = "select kind, words from public_case_notes order by case_key, number"


def note(words: str, minutes: int | None = 0, kind: str = "note") -> CityNote:
    return CityNote(kind, words, None if minutes is None else moment(minutes))


def moment(minutes: int) -> Any:
    return NOW - timedelta(hours=2) + timedelta(minutes=minutes)


def told(minutes: int, *notes: CityNote, **fields: Any):
    return record("7", updated_at=moment(minutes), notes=notes, **fields)


def test_the_public_reads_what_the_city_wrote_oldest_first(portal, city):
    again = note("The patch has sunk.", 3, "reopened")
    save(portal, city, told(5, note("A crew comes on Monday."), again))
    with portal.public.connect() as connection:
        case = case_by_id(connection, city.id, "7")
    assert case is not None
    assert [(said.kind, said.words) for said in case.notes] == [
        ("note", "A crew comes on Monday."),
        ("reopened", "The patch has sunk."),
    ]
    assert [said.said_at - AT for said in case.notes] == [-7_200, -7_020]


def test_a_later_version_replaces_the_notes_whatever_came_first(portal, city):
    first, second = told(1, note("One.")), told(2, note("One, and more."), note("Two.", 2))
    save(portal, city, second)
    save(portal, city, first)
    assert public_rows_of(portal, SHOWN) == [("note", "One, and more."), ("note", "Two.")]
    save(portal, city, told(3))
    assert public_rows_of(portal, SHOWN) == []


def test_personal_data_is_hidden_and_kept_for_staff(portal, city):
    written = "The crew is at 617-555-0123."
    save(portal, city, told(1, note(written)))
    ((_, words),) = public_rows_of(portal, SHOWN)
    assert "555" not in words
    with portal.core.connect() as connection:
        staff = case_for_staff(connection, city.id, "7")
    (text_of_city,) = (said for said in staff.texts if said.field == "city_notes")
    assert (text_of_city.original, text_of_city.published) == (
        "The crew is at 617-555-0123.",
        words,
    )
    with pytest.raises(BadRequest, match="do not stand"):
        moderation.hide_words(portal, city, "7", "city_notes", "617-555-0123", ACT)


@pytest.mark.parametrize("visibility", ["held", "reporter", "service", "withdrawn"])
def test_a_note_of_a_case_that_is_not_public_is_not_public(portal, city, visibility):
    save(portal, city, told(1, note("A crew comes.")))
    (key,) = rows_of(portal, "select id from cases")[0]
    with portal.transaction() as connection:
        set_visibility(connection, city, key, visibility, AT)
    assert public_rows_of(portal, SHOWN) == []


def test_words_that_staff_hide_stay_hidden_in_every_later_version(portal, city):
    save(portal, city, told(1, note("Bo Miller lets the crew in.")))
    moderation.hide_words(portal, city, "7", "city_notes", "Bo Miller", ACT)
    assert public_rows_of(portal, SHOWN) == [("note", "[hidden by the city] lets the crew in.")]
    save(portal, city, told(2, note("BO MILLER lets the crew in.", 2)))
    (key,) = rows_of(portal, "select id from cases")[0]
    with portal.transaction() as connection:
        republish.republish_case(connection, city, key, AT)
    assert "MILLER" not in repr(public_rows_of(portal, SHOWN))
    moderation.show_words(portal, city, "7", "city_notes", ACT)
    assert public_rows_of(portal, SHOWN) == [("note", "BO MILLER lets the crew in.")]


def test_words_hidden_in_another_text_are_hidden_in_the_notes_too(portal, city):
    save(portal, city, told(1, note("Bo Miller was there."), note="Bo Miller has the key"))
    moderation.hide_words(portal, city, "7", "note", "Bo Miller", ACT)
    assert public_rows_of(portal, SHOWN) == [("note", "[hidden by the city] was there.")]


def test_all_notes_can_be_hidden_at_once(portal, city):
    save(portal, city, told(1, note("One."), note("Two.", 2)))
    moderation.hide_words(portal, city, "7", "city_notes", "", ACT)
    save(portal, city, told(3, note("One."), note("Two.", 2), note("Three.", 3)))
    assert public_rows_of(portal, SHOWN) == []


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("There is a deep hole in the lane", False),
        ("<p>THERE is a  deep hole in the lane.</p>", False),
        ("The dog in the yard of number nine bites everyone", False),
        ("A crew fills the deep hole tomorrow", True),
    ],
)
def test_our_own_words_are_no_news_from_the_city(portal, city, add_case, written, shown):
    """The resident's words come back from the city's system as a note of its own."""
    add_case("101")
    said = POTHOLE.__class__(**{**vars(POTHOLE), "note": "There is a deep hole in the lane"})
    accepted = submit(portal, city, said, (), Signals(), AT)
    secret = "The dog in the yard of number nine bites everyone"
    private_link.add_note(portal, city, accepted.token, secret, AT)
    with portal.transaction() as connection:
        connection.execute(text("update outbox set tried_at = :now"), {"now": AT})
    later = NOW + timedelta(minutes=5)
    echo = record(
        "26-5",
        reference=accepted.case_id,
        opened_at=NOW,
        updated_at=later,
        lat=42.32,
        lon=-71.07,
        notes=(CityNote("note", written, later),),
    )
    save(portal, city, echo, source="desk")
    assert bool(public_rows_of(portal, SHOWN)) is shown
    report = private_link.own_report(portal, city.id, accepted.token)
    assert report is not None
    assert bool(report.said_by_city) is shown


def test_a_status_note_without_a_time_keeps_the_time_it_came_with(portal, city):
    at = "select said_at from public_case_notes"
    save(portal, city, told(1, note("Crew assigned.", None)))
    (first,) = public_rows_of(portal, at)
    save(portal, city, told(9, note("Crew assigned.", None), queue="Street crew"))
    assert public_rows_of(portal, at) == [first]


def test_a_note_of_a_place_shown_roughly_names_no_house(portal, city):
    save(portal, city, told(1, note("Left it at 12 Adams Street.")))
    (key,) = rows_of(portal, "select id from cases")[0]
    with portal.transaction() as connection:
        rules = republish.NoteRules("block", None, ())
        republish.republish_notes(connection, city.id, {key: rules})
    assert "12 Adams" not in repr(public_rows_of(portal, SHOWN))


def test_a_new_note_alone_moves_the_public_version_and_one_of_a_hidden_case_does_not(portal, city):
    save(portal, city, told(1, note("One.")))
    before = portal.data_version(city.id)
    save(portal, city, told(2, note("One."), note("Two.", 2)))
    assert portal.data_version(city.id) > before
    (key,) = rows_of(portal, "select id from cases")[0]
    with portal.transaction() as connection:
        set_visibility(connection, city, key, "held", AT)
    hidden = portal.data_version(city.id)
    save(portal, city, told(3, note("One."), note("Two.", 2), note("Three.", 3)))
    assert portal.data_version(city.id) == hidden
