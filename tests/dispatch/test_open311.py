"""Sending to an Open311 server: what goes over, and what each kind of answer means."""

from __future__ import annotations

from dataclasses import replace

import httpx2
import pytest

from data_sync.dispatch.base import NoAnswer, NotSent, talk_over
from data_sync.dispatch.open311_replies import parse_look_up_reply, parse_report_reply
from data_sync.reading.base import Answer
from data_sync.reading.fetch import Fetcher
from portal.domain.dispatch import (
    Absent,
    Awaited,
    ForStaff,
    Later,
    LockedOut,
    Refused,
    Taken,
    Unsure,
)
from tests.dispatch.conftest import DESK, TOLD, adapter_on
from tests.support.queries import rows_of

BLIND = replace(DESK, can_look_up=False, takes_photos=False, takes_updates=False)


def answering(status: int, body: str = "", **headers: str):
    """A network on which every question gets this answer."""
    return lambda method, url, **said: Answer(status, "", body.encode(), url, headers)


def test_a_report_arrives_at_the_desk_with_all_that_was_said(desk, line):
    outcome = adapter_on(line).send(TOLD)
    assert outcome == Taken("26-00000001")
    columns = (
        "external_reference, service_code, description, address, lat, lon, queue, channel, "
        "is_public, reporter_email"
    )
    (row,) = rows_of(desk, f"select {columns} from cases")
    assert row[:5] == ("K7M3Q2X9TZ", "Pothole", "Deep; call 617-555-0143", "3 Adams St", 42.32)
    assert row[5:] == (-71.07, "Highway", "Citizens Connect", 1, "")


def test_answers_go_as_attributes_and_several_as_a_list(line):
    adapter_on(line).send(TOLD)
    fields = line.said[0][2]
    assert (fields["attribute[size]"], fields["attribute[where][]"]) == ("large", ["lane", "kerb"])


def test_a_private_report_is_private_at_the_desk_and_is_found_by_our_number_with_the_key_alone(
    desk, line, desk_client
):
    adapter_on(line).send(replace(TOLD, is_public=False))
    assert rows_of(desk, "select is_public from cases") == [(0,)]
    assert adapter_on(line).look_up(TOLD) == Taken("26-00000001")
    assert desk_client.get("/open311/v2/requests.json").json == []


def test_the_same_report_again_is_no_second_case(desk, line):
    adapter = adapter_on(line)
    assert adapter.send(TOLD) == adapter.send(TOLD)
    assert rows_of(desk, "select count(*) from cases") == [(1,)]


def test_what_never_arrived_is_absent(line):
    assert adapter_on(line).look_up(TOLD) == Absent()


def test_every_photo_goes_along_as_a_file(desk, line, tmp_path, keep_photo, portal):
    from portal.photos.signed import read_jpeg

    names = (keep_photo("a" * 32), keep_photo("b" * 32), "c" * 32)
    told = replace(TOLD, photos=names)  # the third is lost
    outcome = adapter_on(line, read_photo=lambda name: read_jpeg(portal.photos_folder, name)).send(
        told
    )
    assert isinstance(outcome, Taken)
    ((shown,),) = rows_of(desk, "select media_url from cases")
    ((other,),) = rows_of(desk, "select words from history where verb = 'photographed'")
    assert shown != other
    assert len(list((tmp_path / "photos").iterdir())) == 2


def test_a_system_that_fetches_photos_gets_an_address(line):
    adapter_on(line, BLIND).send(replace(TOLD, photos=("a" * 32, "b" * 32)))
    assert line.said[0][2]["media_url"] == f"https://311.example/{'a' * 32}"


def test_notes_and_withdrawals_reach_the_staff_once_and_nobody_else(desk, line, desk_client):
    adapter = adapter_on(line)
    adapter.send(TOLD)
    note = replace(
        TOLD, id="add_note:1:x", kind="add_note", words="Still there", work_order_id="26-00000001"
    )
    assert adapter.send(note) == adapter.send(note) == Taken()
    assert adapter.send(replace(note, id="withdraw:1", kind="withdraw_case")) == Taken()
    assert rows_of(desk, "select words, is_public from history where verb = 'noted'") == [
        ("Still there", 0),
        ("The resident has taken this report back.", 0),
    ]
    assert desk_client.get("/open311/v2/servicerequestupdates.json").json == []


def test_a_photo_added_later_stands_in_the_history_and_is_none_of_the_work_that_was_done(
    portal, desk, line, keep_photo
):
    from portal.photos.signed import read_jpeg

    adapter = adapter_on(line, read_photo=lambda name: read_jpeg(portal.photos_folder, name))
    first, later = keep_photo("a" * 32), keep_photo("b" * 32)
    adapter.send(replace(TOLD, photos=(first,)))
    note = replace(
        TOLD,
        id="add_note:1:x",
        kind="add_note",
        words="",
        photos=(later,),
        work_order_id="26-00000001",
    )
    assert adapter.send(note) == adapter.send(note) == Taken()
    assert rows_of(desk, "select verb, words from history where verb = 'noted'") == [
        ("noted", "The resident has added a photo.")
    ]
    assert rows_of(
        desk, "select count(*), count(distinct words) from history where verb = 'photographed'"
    ) == [(1, 1)]
    assert rows_of(desk, "select media_url <> '', closed_media_url from cases") == [(1, "")]


def test_a_report_that_is_made_private_is_so_at_the_desk_and_public_again(desk, line):
    adapter = adapter_on(line)
    adapter.send(TOLD)
    for number, is_public in enumerate((False, True)):
        adapter.send(
            replace(
                TOLD,
                id=f"set_public:{number}",
                kind="set_public",
                is_public=is_public,
                work_order_id="26-00000001",
            )
        )
        assert rows_of(desk, "select is_public from cases") == [(int(is_public),)]


def test_a_system_without_updates_leaves_them_to_staff(line):
    outcome = adapter_on(line, BLIND).send(
        replace(TOLD, kind="add_note", words="Still there", work_order_id="9")
    )
    assert isinstance(outcome, ForStaff)
    assert "Still there" in outcome.reason
    assert line.said == []


def test_a_wrong_key_locks_us_out_and_says_what_the_desk_said(line):
    outcome = adapter_on(line, key="wrong").send(TOLD)
    assert isinstance(outcome, LockedOut)
    assert outcome.reason.startswith("403: 403 The api_key is missing or wrong")


def test_an_unknown_code_is_refused_with_the_systems_own_words(line):
    outcome = adapter_on(line).send(replace(TOLD, code="No such"))
    assert isinstance(outcome, Refused)
    assert "There is no service 'No such'" in outcome.reason


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, '[{"service_request_id": "7"}]', Taken),
        (201, '[{"service_request_id": 7}]', Taken),
        (200, '{"service_requests": [{"service_request_id": "7"}]}', Taken),
        (200, '{"service_request_id": "7"}', Taken),
        (
            200,
            "<service_requests><request><service_request_id>7</service_request_id></request>"
            "</service_requests>",
            Taken,
        ),
        (200, '[{"service_request_id": "", "token": "t"}]', Awaited),
        (200, '[{"token": "t"}]', Awaited),
        (200, '{"token": "t"}', Awaited),
        (200, "<!DOCTYPE html><html><body>We will be back soon</body></html>", Unsure),
        (200, '[{"service_request_id": "7', Unsure),
        (200, "[]", Unsure),
        (200, '[{"service_notice": "thanks"}]', Unsure),
        (204, "", Unsure),
        (302, "", Later),
        (400, "", Refused),
        (404, "", Refused),
        (401, "", LockedOut),
        (403, "", LockedOut),
        (408, "", Later),
        (425, "", Later),
        (429, "", Later),
        (503, "", Later),
        (500, "", Unsure),
        (502, "", Unsure),
        (504, "", Unsure),
    ],
)
def test_each_answer_to_a_report_has_its_meaning(status, body, expected):
    assert type(adapter_on(answering(status, body)).send(TOLD)) is expected


@pytest.mark.parametrize(("status", "expected"), [(500, Later), (502, Unsure), (504, Unsure)])
def test_a_system_that_cannot_be_asked_is_believed_when_it_says_that_it_failed(status, expected):
    assert type(adapter_on(answering(status), BLIND).send(TOLD)) is expected


@pytest.mark.parametrize("status", [429, 503])
def test_a_system_says_when_to_come_back(status):
    outcome = adapter_on(answering(status, **{"retry-after": "90"})).send(TOLD)
    assert isinstance(outcome, Later)
    assert outcome.pause == 90.0


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, '[{"service_request_id": "7", "token": "t"}]', Taken("7")),
        (200, '[{"service_request_id": "", "token": "t"}]', Awaited("t")),
        (200, "[]", Awaited("t")),
        (404, "", Awaited("t")),
    ],
)
def test_a_token_is_asked_for_until_it_has_become_a_number(status, body, expected):
    assert adapter_on(answering(status, body)).poll("t") == expected


@pytest.mark.parametrize("status", [200, 500, 429])
def test_a_look_up_that_is_not_answered_decides_nothing(status):
    assert isinstance(adapter_on(answering(status, "<html>")).look_up(TOLD), Later)


def test_a_system_that_gives_others_for_our_number_cannot_be_asked(line):
    body = '[{"service_request_id": "1", "extended_attributes": {"external_reference": "OTHER"}}]'
    assert isinstance(adapter_on(answering(200, body)).look_up(TOLD), ForStaff)


def raising(problem: Exception):
    def talk(method, url, **said):
        raise problem

    return talk


def test_what_never_left_goes_later_and_what_was_not_answered_is_unsure():
    assert isinstance(adapter_on(raising(NotSent("no address"))).send(TOLD), Later)
    assert isinstance(adapter_on(raising(NoAnswer("cut off"))).send(TOLD), Unsure)
    assert isinstance(adapter_on(raising(NoAnswer("cut off"))).look_up(TOLD), Later)
    assert isinstance(adapter_on(raising(NoAnswer("cut off"))).poll("t"), Later)


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (httpx2.ConnectError("refused"), NotSent),
        (httpx2.ConnectTimeout("slow"), NotSent),
        (httpx2.ReadTimeout("slow"), NoAnswer),
        (httpx2.WriteError("reset"), NoAnswer),
        (httpx2.RemoteProtocolError("cut"), NoAnswer),
    ],
)
def test_the_network_tells_what_never_left_from_what_may_have_arrived(problem, expected):
    def answer(_request):
        raise problem

    talk = talk_over(
        Fetcher(
            {"city.example"},
            resolve=lambda host, port: ["93.184.216.34"],
            transport=httpx2.MockTransport(answer),
        )
    )
    with pytest.raises(expected):
        talk("POST", "https://city.example/requests.json", data={"api_key": "secret"})


@pytest.mark.parametrize(
    "url", ["http://city.example/r.json", "https://elsewhere.example/r.json?api_key=secret"]
)
def test_nothing_is_sent_to_another_host_or_in_clear_and_no_message_holds_a_key(url):
    talk = talk_over(Fetcher({"city.example"}, resolve=lambda host, port: ["93.184.216.34"]))
    with pytest.raises(NotSent) as refusal:
        talk("GET", url)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("status", [199, 300])
def test_only_an_answer_that_says_yes_is_read_for_a_number(status):
    """What comes with a redirect, or before an answer, is no report that was taken."""
    rows = b'[{"service_request_id": "26-7", "extended_attributes": {"reference": "K7"}}]'
    answer = Answer(status, "application/json", rows, "https://311.example/r.json", {})
    assert not isinstance(parse_report_reply(answer, can_look_up=True), Taken)
    assert not isinstance(parse_look_up_reply(answer, "K7"), Taken)
