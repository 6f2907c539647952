"""Service request updates: received once, applied to their case, listed for those who ask."""

from __future__ import annotations

import io

import pytest

from data_sync.desk import store
from data_sync.desk.records import NewCase

PATH = "/open311/v2/servicerequestupdates.json"


def send(client, request_id, update_id="7", **fields):
    return client.post(
        PATH,
        data={"api_key": "right", "update_id": update_id, "service_request_id": request_id}
        | fields,
    )


def row(desk, request_id):
    with desk.connect() as connection:
        return store.case_row(connection, request_id)


def told(client, **args):
    return [
        (update["status"], update["description"])
        for update in client.get(PATH, query_string=args).get_json()
    ]


def test_an_update_is_applied_once(client, desk, pothole):
    assert send(client, pothole, status="FIXED", description="Done").get_json() == [
        {"update_id": "7"}
    ]
    again = send(client, pothole, status="FIXED", description="Done")
    assert (again.status_code, again.get_json()[0]["description"]) == (
        400,
        "The update '7' already exists.",
    )
    assert told(client) == [("CLOSED", "Done")]
    assert row(desk, pothole).closure_reason == "Done"


@pytest.mark.parametrize(
    ("status", "becomes"),
    [
        ("", "open"),
        ("open", "open"),
        ("INVESTIGATING", "in_progress"),
        ("CLOSED", "closed"),
        ("DUPLICATE", "closed"),
    ],
)
def test_status_words_of_fixmystreet_are_understood(client, desk, pothole, status, becomes):
    assert send(client, pothole, status=status).status_code == 200
    assert row(desk, pothole).status == becomes


def test_a_closed_case_is_opened_again_and_words_for_it_are_never_lost(client, desk, pothole):
    send(client, pothole, "1", status="CLOSED")
    send(client, pothole, "2", status="CLOSED", description="Really done")
    assert row(desk, pothole).closure_reason == "Closed"
    send(client, pothole, "3", status="REOPEN", description="It is back")
    assert row(desk, pothole).status == "open"
    assert told(client) == [("CLOSED", "Closed"), ("OPEN", "Really done"), ("REOPEN", "It is back")]


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"api_key": "wrong"}, 403),
        ({"update_id": ""}, 400),
        ({"update_id": "x" * 101}, 400),
        ({"status": "EXPLODED"}, 400),
        ({"service_request_id": "26-99999999"}, 404),
        ({"media_url": "ftp://example.org/a.jpg"}, 400),
        ({"description": "x" * 4001}, 400),
    ],
)
def test_an_update_that_cannot_be_taken_changes_nothing_and_may_come_again(
    client, desk, pothole, fields, status
):
    assert (
        send(client, pothole, **({"status": "CLOSED", "description": "Done"} | fields)).status_code
        == status
    )
    assert row(desk, pothole).status == "open"
    assert send(client, pothole, status="CLOSED").status_code == 200


def test_photo_of_an_update_is_kept_and_that_of_a_refused_one_is_not(
    client, desk, pothole, jpeg, tmp_path
):
    send(client, pothole, "1", media=(io.BytesIO(jpeg), "x.jpg"))
    send(client, pothole, "1", media=(io.BytesIO(jpeg), "x.jpg"))
    assert [f"photos/{path.name}" for path in (tmp_path / "photos").iterdir()] == [
        row(desk, pothole).media_url
    ]
    send(client, pothole, "2", media_url="https://example.org/after.jpg")
    assert row(desk, pothole).closed_media_url == "https://example.org/after.jpg"


def test_updates_are_told_in_pages_and_by_their_time(client, desk, clock, pothole):
    for number in range(3):
        store.add_note(desk, pothole, f"note {number}", actor="Ana", now=clock(), is_public=True)
        clock.pass_hours(1)
    assert told(client, page_size="2", page="2") == [("OPEN", "note 2")]
    assert told(client, start_date="2026-11-23T09:30:00Z", end_date="2026-11-23T10:30:00Z") == [
        ("OPEN", "note 1")
    ]
    assert client.get(PATH, query_string={"start_date": "soon"}).status_code == 400


def test_an_update_may_have_a_number_of_a_hundred_characters(client, desk, pothole):
    assert send(client, pothole, "x" * 100, status="CLOSED").status_code == 200
    again = send(client, pothole, "y" * 101).get_json()[0]["description"]
    assert again.endswith(f"it is '{'y' * 40}'.")
    odd = send(client, pothole, "8", status="Z" * 50).get_json()[0]["description"]
    assert odd.startswith(f"status is '{'Z' * 40}';")


@pytest.mark.parametrize(
    ("status", "words", "reason"),
    [
        ("NO_FURTHER_ACTION", "", "No further action"),
        ("FIXED", "", "Fixed"),
        ("FIXED", "Filled", "Filled"),
    ],
)
def test_a_closing_without_words_has_its_status_for_a_reason(
    client, desk, pothole, status, words, reason
):
    send(client, pothole, status=status, description=words)
    assert row(desk, pothole).closure_reason == reason


def test_an_open_case_is_not_reopened_and_the_words_for_it_are_a_note(client, desk, pothole):
    send(client, pothole, status="REOPENED", description="Still there")
    assert row(desk, pothole).status == "open"
    assert told(client) == [("OPEN", "Still there")]


def test_neither_private_words_nor_those_of_a_private_case_are_told(client, desk, clock, pothole):
    act = {"actor": "Ana", "now": clock()}
    hidden = store.report_case(
        desk, NewCase(service_code="light", is_public=False), now=clock(), actor="test"
    )
    store.add_note(desk, pothole, "For the crew", is_public=False, **act)
    store.add_note(desk, pothole, "For everyone", is_public=True, **act)
    store.add_note(desk, hidden, "Of a private case", is_public=True, **act)
    assert told(client) == [("OPEN", "For everyone")]


def test_the_public_may_see_a_case_as_the_last_update_says(client, desk, pothole):
    send(client, pothole, "1", case_is_public="false")
    assert not row(desk, pothole).is_public
    send(client, pothole, "2", description="Seen")
    assert not row(desk, pothole).is_public
    send(client, pothole, "3", case_is_public="true")
    assert row(desk, pothole).is_public
