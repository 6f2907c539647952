"""What the queue says of a case: how old it is, and how far from its target."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from data_sync.desk import queue, store
from data_sync.desk.queue import QueueFilter
from data_sync.desk.records import NewCase

DAY, HOUR = 86_400, 3_600


def shown(desk, request_id, now):
    with desk.connect() as connection:
        return queue.build_case_page(connection, request_id, now, UTC)


@pytest.mark.parametrize(
    ("seconds", "age"),
    [
        (0, "a moment"),
        (59, "a moment"),
        (60, "1 minute"),
        (119, "1 minute"),
        (120, "2 minutes"),
        (HOUR - 1, "59 minutes"),
        (HOUR, "1 hour"),
        (2 * HOUR, "2 hours"),
        (2 * DAY - 1, "47 hours"),
        (2 * DAY, "2 days"),
        (1_200 * DAY, "1,200 days"),
    ],
)
def test_an_age_is_said_in_minutes_hours_and_from_two_days_on_in_days(
    desk, clock, pothole, seconds, age
):
    assert shown(desk, pothole, clock() + timedelta(seconds=seconds))["case"]["age"] == age


@pytest.mark.parametrize(
    ("hours", "due"),
    [(47, "due in 1 hour"), (48, "due in a moment"), (49, "1 hour over its target")],
)
def test_a_pothole_is_due_within_two_days_and_late_after_them(desk, clock, pothole, hours, due):
    case = shown(desk, pothole, clock() + timedelta(hours=hours))["case"]
    assert case["due"] == due
    assert (case["status"] == "overdue") is (hours > 48)


def test_a_second_after_its_target_a_case_is_late(desk, clock, pothole):
    case = shown(desk, pothole, clock() + timedelta(hours=48, seconds=1))["case"]
    assert (case["due"], case["status"]) == ("a moment over its target", "overdue")


def test_a_closed_case_and_one_without_a_target_are_never_late(desk, clock, pothole):
    light = store.report_case(desk, NewCase(service_code="light"), now=clock(), actor="test")
    store.close_case(desk, pothole, "Fixed", actor="Ana", now=clock())
    later = clock() + timedelta(days=9)
    for request_id in (light, pothole):
        case = shown(desk, request_id, later)["case"]
        assert (case["due"], case["status"] == "overdue") == ("", False)


def test_a_history_shows_photos_as_photos_and_words_as_words(desk, clock, pothole):
    acts = {"actor": "Ana", "now": clock()}
    store.add_note(desk, pothole, "Seen", is_public=False, **acts)
    store.add_photo(desk, pothole, "https://desk.test/1.jpg", is_public=True, **acts)
    photo, note, _ = shown(desk, pothole, clock())["history"]
    assert (photo["photo"], photo["words"]) == ("https://desk.test/1.jpg", "")
    assert (note["photo"], note["words"], note["is_public"]) == ("", "Seen", False)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (QueueFilter(), 2),
        (QueueFilter(queue="Highway"), 1),
        (QueueFilter(queue="Nowhere"), 0),
        (QueueFilter(words="elm"), 1),
        (QueueFilter(words="wide"), 1),
        (QueueFilter(words="100%"), 0),
        (QueueFilter(queue="Lights", words="wide"), 0),
        (QueueFilter(status="closed"), 1),
        (QueueFilter(status="overdue"), 0),
    ],
    ids=str,
)
def test_the_queue_is_narrowed_by_queue_words_and_status(desk, clock, pothole, asked, found):
    for _ in range(2):
        light = store.report_case(desk, NewCase(service_code="light"), now=clock(), actor="test")
    store.close_case(desk, light, "Fixed", actor="Ana", now=clock())
    with desk.connect() as connection:
        now = clock() + timedelta(hours=48)
        page = queue.build_queue_page(connection, asked, "", now, UTC)
    assert len(page["cases"]) == found


def test_what_a_case_may_repeat_is_told_with_its_words_or_that_it_has_none(desk, clock, pothole):
    place = {"service_code": "pothole", "lat": 42.32, "lon": -71.07}
    acts = {"now": clock(), "actor": "test"}
    silent = store.report_case(desk, NewCase(**place), **acts)
    wordy = store.report_case(desk, NewCase(**place, description="Wide " * 200), **acts)
    told = dict(shown(desk, pothole, clock() + timedelta(hours=3))["similar"])
    assert told[silent] == (f"{silent}, no address, 0 meters away, reported 3 hours ago: no words")
    assert told[wordy].endswith("Wide …")
    store.close_case(desk, pothole, "Fixed", **(acts | {"actor": "Ana"}))
    assert shown(desk, pothole, clock())["similar"] == []
