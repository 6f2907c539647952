"""Is anything stuck? One table for staff, and the same figures on the command line."""

from __future__ import annotations

from dataclasses import astuple

import pytest
from sqlalchemy import insert, text

from portal.cli.outbox import _describe_queue
from portal.queries.staff.queues import (
    LATE_SECONDS,
    NEWS_SECONDS,
    is_anything_stuck,
    queue_states,
)
from portal.store.follower_models import Alert
from portal.store.models import Photo, SyncRun
from portal.store.report_models import OutboxMessage
from tests.support.clock import NOON
from tests.support.reports import POTHOLE, submit_to


@pytest.fixture
def case(portal, city, add_case) -> int:
    """A report's key; its message has arrived."""
    add_case("101")
    submit_to(portal, city, "desk", POTHOLE, NOON)
    with portal.transaction() as connection:
        connection.execute(text("update outbox set state = 'sent'"))
        return connection.execute(text("select max(id) from cases")).scalar_one()


@pytest.fixture
def add(portal, city, case):
    """add(Alert, state="pending", created_at=NOON) adds a row about the case."""
    numbers = iter(range(1, 100))

    def row(table, **values) -> None:
        n = next(numbers)
        usual = {
            Alert: {"kind": "closed", "rev": n, "receiver": "", "not_before": NOON, "attempts": 0},
            Photo: {"name": f"{n:032x}", "kind": "before", "taken_at": 0, "changed_at": 0},
            SyncRun: {"sync_run_id": n, "read": 0, "new": 0, "changed": 0, "unchanged": 0}
            | {"quarantined": 0},
        }[table]
        of_case = {} if table is SyncRun else {"case_key": case}
        with portal.transaction() as connection:
            made = insert(table).values(jurisdiction_id=city.id, **of_case, **(usual | values))
            connection.execute(made)

    return row


@pytest.fixture
def states(portal, city):
    """states() → what there is to see, by kind: waiting, failed, oldest, whether it is stuck."""

    def ask() -> dict[str, tuple]:
        with portal.core.connect() as connection:
            found = queue_states(connection, city.id, NOON)
        return {queue.name or queue.kind: astuple(queue)[1:5] for queue in found}

    return ask


def set_messages(portal, **values) -> None:
    with portal.transaction() as connection:
        connection.execute(OutboxMessage.__table__.update().values(**values))


def test_nothing_waits_in_a_city_that_has_sent_and_read_everything(states, add):
    nothing = (0, 0, None, False)
    assert states() == {"messages": nothing, "emails": nothing, "photos": nothing}
    add(SyncRun, source="desk", state="done", started_at=NOON - 60, finished_at=NOON - 50)
    assert states()["desk"] == (0, 0, NOON - 50, False)


def test_what_waits_for_an_hour_is_stuck_and_what_needs_a_decision_at_once(states, add, portal):
    for state in ("pending", "leased", "unknown", "awaited"):
        set_messages(portal, state=state, created_at=NOON - LATE_SECONDS)
        assert states()["messages"] == (1, 0, NOON - LATE_SECONDS, False)
    set_messages(portal, created_at=NOON - LATE_SECONDS - 1)
    assert states()["messages"] == (1, 0, NOON - LATE_SECONDS - 1, True)
    for state in ("refused", "stuck"):
        set_messages(portal, state=state, created_at=NOON)
        assert states()["messages"] == (0, 1, None, True)
    set_messages(portal, state="given_up")
    assert states()["messages"] == (0, 0, None, False)


def test_emails_wait_fail_and_are_news_for_a_day(states, add):
    add(Alert, state="sent", created_at=0, finished_at=1)
    add(Alert, state="failed", created_at=0, finished_at=NOON - NEWS_SECONDS - 1)
    add(Alert, state="pending", created_at=NOON - LATE_SECONDS)
    assert states()["emails"] == (1, 1, NOON - LATE_SECONDS, False)
    add(Alert, state="failed", created_at=0, finished_at=NOON - NEWS_SECONDS)
    assert states()["emails"] == (1, 2, NOON - LATE_SECONDS, True)


def test_photos_that_cannot_be_fetched_three_times_are_stuck(states, add):
    for state, attempts in (("ready", 0), ("refused", 9), ("pending", 0), ("pending", 2)):
        add(Photo, state=state, attempts=attempts)
    assert states()["photos"] == (2, 0, None, False)
    add(Photo, state="pending", attempts=3)
    assert states()["photos"] == (3, 1, None, True)


def test_a_source_that_failed_or_was_not_read_for_an_hour_is_stuck(states, add):
    at = {"started_at": NOON - 9_999}
    add(SyncRun, source="a", state="done", finished_at=NOON - LATE_SECONDS, **at)
    add(SyncRun, source="b", state="done", finished_at=NOON - LATE_SECONDS - 1, **at)
    add(SyncRun, source="c", state="done", finished_at=NOON - 100, **at)
    add(SyncRun, source="c", state="failed", finished_at=NOON, **at)
    found = states()
    assert [found[source][3] for source in "abc"] == [False, True, True]
    assert found["c"] == (0, 1, NOON - 100, True)


def test_the_page_and_the_command_have_the_same_figures(signed_in, add, portal, city):
    set_messages(portal, state="stuck")
    add(Alert, state="pending", created_at=NOON - 60)
    add(SyncRun, source="desk", state="done", started_at=NOON, finished_at=NOON)
    client = signed_in()
    page = client.get("/staff/outbox").text
    assert "Stuck: Messages to the city’s systems." in page
    with portal.core.connect() as connection:
        found = queue_states(connection, city.id, NOON)
    lines = [_describe_queue(queue) for queue in found]
    assert lines[0] == "messages: 0 waiting, 1 failed — stuck"
    assert lines[1].startswith("emails: 1 waiting, 0 failed, oldest since 2026-11-23 11:59")
    assert lines[2] == "photos: 0 waiting, 0 failed"
    assert lines[3].startswith("sync of desk: 0 waiting, 0 failed, last read 2026-11-23 12:00")
    assert is_anything_stuck(found)
    set_messages(portal, state="sent")
    assert "Nothing is stuck." in client.get("/staff/outbox").text
