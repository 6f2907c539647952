"""The desk's verbs: what they change, and what they refuse."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from data_sync.desk import store
from data_sync.desk.errors import DeskError, UnknownCase, UnknownService, WrongState
from data_sync.desk.models import History
from data_sync.desk.records import DeskCase


def row(desk, request_id):
    with desk.connect() as connection:
        return store.case_row(connection, request_id)


def test_a_case_goes_from_report_to_closing_and_its_history_says_so(desk, clock, pothole):
    store.take_case(desk, pothole, actor="Ana", now=clock())
    clock.pass_hours(3)
    store.close_case(desk, pothole, "Fixed", actor="Ana", now=clock())
    case = row(desk, pothole)
    assert (case.status, case.closed_at - case.requested_at, case.closure_reason) == ("closed", 3 * 3600, "Fixed")
    with desk.connect() as connection:
        assert list(connection.execute(select(History.verb).order_by(History.id)).scalars()) == ["reported", "taken", "closed"]


def test_a_reopened_case_has_no_closing(desk, clock, pothole):
    store.close_case(desk, pothole, "Fixed", actor="Ana", now=clock())
    store.reopen_case(desk, pothole, "It is back", actor="Ana", now=clock())
    assert (row(desk, pothole).status, row(desk, pothole).closed_at) == ("open", None)


def test_another_queue_brings_its_department(desk, clock, pothole):
    store.move_to_queue(desk, pothole, "Lights", actor="Ana", now=clock())
    assert (row(desk, pothole).queue, row(desk, pothole).department) == ("Lights", "Lighting")


def test_what_cannot_be_is_refused_and_changes_nothing(desk, clock, pothole):
    acts = {"actor": "Ana", "now": clock()}
    with pytest.raises(DeskError, match="no queue"):
        store.move_to_queue(desk, pothole, "Nowhere", **acts)
    with pytest.raises(DeskError, match="reason"):
        store.close_case(desk, pothole, "  ", **acts)
    with pytest.raises(WrongState, match="open already"):
        store.reopen_case(desk, pothole, "", **acts)
    with pytest.raises(DeskError, match="empty"):
        store.add_note(desk, pothole, "\x00 ", is_public=True, **acts)
    with pytest.raises(UnknownCase):
        store.take_case(desk, "26-99999999", **acts)
    with pytest.raises(UnknownService):
        store.report_case(desk, service_code="nope", **acts)
    store.close_case(desk, pothole, "Fixed", **acts)
    with pytest.raises(WrongState, match="reopen it first"):
        store.take_case(desk, pothole, **acts)


def test_the_last_change_never_goes_back_when_the_clock_does(desk, clock, pothole):
    store.add_note(desk, pothole, "later", actor="Ana", now=clock() + timedelta(hours=2), is_public=False)
    store.add_note(desk, pothole, "clock set back", actor="Ana", now=clock(), is_public=False)
    assert row(desk, pothole).updated_at == int((clock() + timedelta(hours=2)).timestamp())


def test_numbers_go_on_after_a_filled_desk(desk, clock):
    case = DeskCase(
        "26-00004711", "light", "", "", None, None, clock(), clock(), None, None, "open", "Lighting", "Lights", "App", "", "", ""
    )
    assert store.add_cases(desk, [case]) == 1
    assert store.report_case(desk, service_code="light", now=clock(), actor="test") == "26-00004712"
    assert store.count_cases(desk) == 2


def test_known_services_stay_as_they_are(desk):
    from data_sync.desk.records import DeskService

    assert store.add_services(desk, [DeskService("pothole", "Other name", "", "", "", "", None)]) == 0
