"""What a resident or staff kept from the public stays hidden however the city gives it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from portal.domain.claims import Told, can_be_same_case
from portal.domain.quoted_words import KnownTexts, has_words_of, hide_quotes
from portal.domain.report import Report
from portal.services.report import private_link
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from tests.sync.support import NOW, found_by, public_rows_of, record, rows_of, save

AT = int(NOW.timestamp())
NOTE = "My neighbor Bo Miller dumps old paint behind 3 Adams St every night"
ACT = Act("Ana", "names a neighbor", AT)
SHOWN = "[hidden by the city]"


@pytest.fixture
def report(portal, city, add_case):
    """report(): a report that went to the city; its number and the token of its private link."""
    add_case("101")

    def accept(name: str = "one", note: str = NOTE, **changes):
        said = Report("Pothole", note, 42.32, -71.07, "3 Adams St", True, f"the-form-{name}")
        accepted = submit(portal, city, replace(said, **changes), (), Signals(), AT)
        with portal.transaction() as connection:
            connection.execute(text("update outbox set tried_at = :now"), {"now": AT})
        return accepted

    return accept


def echo(number: str = "26-5", minutes: int = 5, **said: Any):
    moment = NOW + timedelta(minutes=minutes)
    told = {"opened_at": NOW, "updated_at": moment, "lat": 42.32, "lon": -71.07} | said
    return record(number, **told)


def texts(portal) -> list[tuple]:
    columns = "title, address, note, closure_reason"
    return public_rows_of(portal, f"select {columns} from public_cases where case_id <> '101'")


def all_public(portal) -> str:
    rows = texts(portal) + public_rows_of(portal, "select * from public_case_revisions")
    return repr(rows).lower()


@pytest.mark.parametrize(
    "written",
    [
        "Bo Miller",
        "BO MILLER",
        "bo  miller",
        "Bo\nMiller",
        "Bo&nbsp;Miller",
        "<b>Bo</b> Miller",
        "B\u00f3 Miller",
        "Bo\u200b Miller",
        "\uff22\uff4f Miller",
        "Bo-Miller",
    ],
)
@pytest.mark.parametrize("field", ["note", "title", "closure_reason", "address"])
def test_hidden_words_come_back_in_no_text_and_no_spelling(portal, city, report, field, written):
    accepted = report()
    moderation.hide_words(portal, city, accepted.case_id, "note", "Bo Miller", ACT)
    said: Any = {field: f"Crew met {written} there"}
    closed: Any = {"status": "closed", "closed_at": NOW + timedelta(minutes=4)}
    save(portal, city, echo(reference=accepted.case_id, **closed, **said), source="desk")
    assert "miller" not in all_public(portal)
    assert found_by(portal, city, "Miller") == set()
    with portal.transaction() as connection:
        from portal.services.sync.republish import republish_case

        (key,) = rows_of(portal, "select id from cases where source = 'portal'")[0]
        republish_case(connection, city, key, AT)
    assert "miller" not in all_public(portal)


def test_a_text_hidden_whole_is_quoted_nowhere(portal, city, report):
    accepted = report()
    moderation.hide_words(portal, city, accepted.case_id, "note", "", ACT)
    reason = "Re: my neighbor Bo Miller dumps old paint behind\u2026 Done."
    closed = {"status": "closed", "closed_at": NOW + timedelta(minutes=4)}
    save(
        portal,
        city,
        echo(reference=accepted.case_id, note="Other words", closure_reason=reason, **closed),
        source="desk",
    )
    assert [row[2:] for row in texts(portal)] == [(SHOWN, f"Re: {SHOWN}\u2026 Done.")]


def test_words_hidden_later_leave_the_history_of_every_text(portal, city, report):
    accepted = report()
    closed = {"status": "closed", "closed_at": NOW + timedelta(minutes=4)}
    for minutes, reason in ((5, "Called Bo Miller"), (9, "Bo Miller called back"), (12, "Done")):
        save(
            portal,
            city,
            echo(minutes=minutes, reference=accepted.case_id, closure_reason=reason, **closed),
            source="desk",
        )
    assert "called back" in all_public(portal)
    moderation.hide_words(portal, city, accepted.case_id, "note", "Bo Miller", ACT)
    assert "miller" not in all_public(portal)


def test_a_note_to_the_city_alone_does_not_come_back_in_the_city_s_words(portal, city, report):
    accepted = report()
    note = "My gate code is 4711, please ring at the back door"
    private_link.add_note(portal, city, accepted.token, note, AT + 60)
    private_link.add_note(portal, city, accepted.token, "Still there", AT + 90)
    closed = {"status": "closed", "closed_at": NOW + timedelta(minutes=4)}
    reason = f"Resident: {note.upper()}. Not still there. Fixed."
    told = echo(reference=accepted.case_id, closure_reason=reason, **closed)
    save(portal, city, told, source="desk")
    assert [row[3] for row in texts(portal)] == [f"Resident: {SHOWN}. Not still there. Fixed."]
    alone = echo(minutes=9, reference=accepted.case_id, closure_reason="Still there!", **closed)
    save(portal, city, alone, source="desk")
    assert [row[3] for row in texts(portal)] == [f"{SHOWN}!"]


@pytest.mark.parametrize("visibility", ["reporter", "held"])
def test_a_report_that_comes_back_under_another_number_is_known_by_its_words(
    portal, city, report, visibility
):
    accepted = report(is_public=visibility != "reporter")
    with portal.transaction() as connection:
        hide = text("update cases set visibility = :it where case_id = :case")
        connection.execute(hide, {"it": visibility, "case": accepted.case_id})
        taken = text(
            "update cases set work_order_id = '26-1', content_hash = '' where case_id = :case"
        )
        connection.execute(taken, {"case": accepted.case_id})
    save(portal, city, echo("77-A", note=f"Web report: {NOTE}."), source="desk")
    assert texts(portal) == []
    query = "select case_id, visibility, work_order_id from cases where case_id <> '101'"
    assert rows_of(portal, query) == [(accepted.case_id, visibility, "77-A")]


def test_a_second_case_of_one_report_is_held_and_loses_what_staff_hid(portal, city, report):
    accepted = report()
    save(portal, city, echo("26-1", reference=accepted.case_id, note=NOTE), source="desk")
    moderation.hide_words(portal, city, accepted.case_id, "note", "Bo Miller", ACT)
    shown = texts(portal)
    save(portal, city, echo("26-2", note=NOTE), echo("26-3", note=NOTE), source="desk")
    assert texts(portal) == shown
    query = "select case_id, visibility from cases where source = 'desk' order by case_id"
    assert rows_of(portal, query) == [("26-2", "held"), ("26-3", "held")]
    moderation.release_case(portal, city, "26-2", ACT)
    assert "miller" not in all_public(portal)


def test_of_two_cases_with_our_number_in_one_answer_one_is_the_echo_and_one_is_held(
    portal, city, report
):
    accepted = report(is_public=False)
    same = {"reference": accepted.case_id, "note": "Changed"}
    save(portal, city, echo("26-1", **same), echo("26-2", **same), source="desk")
    assert texts(portal) == []
    query = "select count(*) from cases where case_id <> '101'"
    assert rows_of(portal, query) == [(2,)]


def test_what_a_neighbor_wrote_elsewhere_earlier_or_in_few_words_is_the_neighbor_s(
    portal, city, report
):
    report()
    report("few", note="Deep pothole here")
    save(
        portal,
        city,
        echo("1", note=NOTE, lat=42.345, lon=-71.05),
        echo("2", note=NOTE, opened_at=NOW - timedelta(days=2)),
        echo("3", note="Deep pothole here"),
        echo("4", note="My neighbor Bo Miller is a fine man and helps us all"),
        source="desk",
    )
    query = (
        "select case_id from public_cases where case_id in ('1', '2', '3', '4') order by case_id"
    )
    assert [case for (case,) in public_rows_of(portal, query)] == ["1", "2", "3", "4"]


def test_a_report_that_was_never_sent_has_no_copy(portal, city, report):
    report()
    with portal.transaction() as connection:
        connection.execute(text("update outbox set tried_at = null"))
    save(portal, city, echo("26-1", note=NOTE), source="desk")
    assert rows_of(portal, "select visibility from cases where case_id = '26-1'") == [("public",)]


def test_words_are_known_by_five_in_a_row():
    assert hide_quotes("It is there", "", "\u2026") == "It is there"
    assert hide_quotes("The Bobo Millers", "Bo Miller", "\u2026") == "The Bobo Millers"
    assert hide_quotes("a b c d e f x", "z a b c d e f", "\u2026") == "\u2026 x"
    assert has_words_of(
        "Caller says: a deep hole, in the LEFT lane!", "A deep hole in the left lane"
    )
    assert not has_words_of("Still there", "Still there")
    known = KnownTexts({1: "one two three four five", 2: "too short"})
    assert known.find_repeated("Zero. One two three, four five.") == [1]
    assert known.find_repeated("too short") == []


def test_a_case_can_be_the_same_by_its_words_or_if_nothing_speaks_against_it():
    ours = Told(AT, 42.32, -71.07, NOTE)
    assert can_be_same_case(Told(AT - 99_999, 40.0, -70.0, NOTE), ours)
    assert can_be_same_case(Told(AT - 99_999, None, None, None), ours)
    assert can_be_same_case(Told(AT + 60, 42.321, -71.07, "Trash"), ours)
    assert not can_be_same_case(Told(AT - 901, 42.32, -71.07, "Trash"), ours)
    assert can_be_same_case(Told(AT - 900, 42.32, -71.07, "Trash"), ours)
    assert not can_be_same_case(Told(AT + 60, 42.34, -71.07, "Trash"), ours)
    assert not can_be_same_case(Told(AT - 901, 42.322, -71.07, None), ours)
