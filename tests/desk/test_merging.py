"""“Already reported” joins two cases of one problem; what is private is named nowhere."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from data_sync.desk import merging, store
from data_sync.desk.errors import DeskError, WrongState
from data_sync.desk.models import History
from data_sync.desk.records import NewCase

API = "/open311/v2"
THEIRS = "37RG4P0X00"


@pytest.fixture
def add(desk, clock):
    """add(): one more pothole, a few meters on; its number."""

    def report(meters: float = 10, **fields) -> str:
        place = {"address": "3 Elm St", "lat": 42.32 + meters / 111_320, "lon": -71.07}
        new = NewCase(**{"service_code": "pothole"} | place | fields)
        return store.report_case(desk, new, now=clock(), actor="test")

    return report


@pytest.fixture
def join(desk, clock):
    def merge(repeat: str, other: str, words: str = "") -> str:
        clock.pass_hours(1)
        return merging.merge_case(desk, repeat, other, words, actor="Ana", now=clock())

    return merge


def row(desk, number: str):
    with desk.connect() as connection:
        return store.case_row(connection, number)


def told(client, number: str, key: str = "") -> dict:
    way = f"?extensions=true&api_key={key}"
    return client.get(f"{API}/requests/{number}.json{way}").get_json()[0]


def parent(client, number: str, key: str = "") -> str:
    return told(client, number, key)["extended_attributes"]["parent_service_request_id"]


def test_the_repeat_is_closed_and_names_the_other_case(client, desk, pothole, add, join):
    repeat = add()
    before = told(client, pothole)
    assert join(repeat, pothole, "Thank you.") == pothole
    reason = f"Already reported as case {pothole}. Thank you."
    assert (row(desk, repeat).status, row(desk, repeat).closure_reason) == ("closed", reason)
    assert told(client, repeat)["status_notes"] == reason
    assert parent(client, repeat) == pothole
    assert told(client, pothole) == before


def test_a_case_with_a_number_of_the_resident_s_is_named_by_that(desk, add, join):
    other = add(external_reference=THEIRS)
    repeat = add()
    assert join(repeat, "37rg 4p0 x00") == other
    assert row(desk, repeat).closure_reason == "Already reported as case 37RG-4P0-X00."


def test_to_open_it_again_takes_the_two_apart(client, desk, clock, pothole, add, join):
    repeat = add()
    join(repeat, pothole)
    store.reopen_case(desk, repeat, "It is another hole", actor="Ana", now=clock())
    assert (row(desk, repeat).status, row(desk, repeat).closure_reason) == ("open", "")
    assert parent(client, repeat) == ""
    assert join(pothole, repeat) == repeat


def test_what_repeated_the_repeat_repeats_the_other_case_from_then_on(
    client, desk, pothole, add, join
):
    first, second = add(), add()
    join(first, second)
    join(second, pothole)
    assert [parent(client, number) for number in (first, second)] == [pothole] * 2
    assert pothole in row(desk, first).closure_reason
    with desk.connect() as connection:
        assert merging.repeats_of(connection, row(desk, pothole).id) == [first, second]


def test_a_case_joins_no_case_that_makes_no_sense(desk, clock, pothole, add, join):
    repeat, third, done = add(), add(), add()
    join(repeat, pothole)
    store.close_case(desk, done, "Fixed", actor="Ana", now=clock())
    for case, other, problem, words in (
        (third, third, DeskError, "number of this case"),
        (third, repeat, WrongState, f"Join this one to {pothole}, too"),
        (pothole, repeat, WrongState, "joined to this one already"),
        (third, done, WrongState, "no one would hear"),
        (repeat, third, WrongState, "Reopen it first"),
        (third, " ", DeskError, "Which case is it"),
        (third, "26-99999999", DeskError, "We have no case 26-99999999"),
    ):
        with pytest.raises(problem, match=words):
            join(case, other)
    assert [row(desk, number).status for number in (pothole, third)] == ["open", "open"]


def test_a_mistyped_number_gets_the_one_that_may_be_meant(add, join):
    other = add(external_reference=THEIRS)
    with pytest.raises(DeskError, match=f"Did you mean {other}"):
        join(add(), "37RG-4P0-X0Z")


def test_a_public_case_cannot_name_a_private_one(desk, pothole, add, join):
    with pytest.raises(DeskError, match="is private"):
        join(pothole, add(is_public=False))
    assert row(desk, pothole).status == "open"


def test_a_private_repeat_moves_nothing_that_the_public_is_told(client, desk, pothole, add, join):
    repeat = add(is_public=False)
    paths = (f"/requests/{pothole}.json?extensions=true", "/requests.json?extensions=true")
    paths += ("/servicerequestupdates.json",)
    before = [client.get(API + path).data for path in paths]
    join(repeat, pothole)
    assert [client.get(API + path).data for path in paths] == before
    assert parent(client, repeat, "right") == pothole
    assert pothole in row(desk, repeat).closure_reason


def test_of_two_private_cases_neither_number_is_told_to_the_other_s_resident(
    client, desk, add, join
):
    other, repeat = add(is_public=False), add(is_public=False)
    join(repeat, other, "We are on it.")
    assert row(desk, repeat).closure_reason == "Already reported. We are on it."
    assert parent(client, repeat, "right") == other


def test_a_case_that_becomes_private_is_named_no_longer(client, desk, clock, pothole, add, join):
    repeat = add()
    join(repeat, pothole, "Thank you.")
    store.set_visibility(desk, pothole, False, now=clock())
    assert told(client, repeat)["status_notes"] == "Already reported. Thank you."
    assert parent(client, repeat) == parent(client, repeat, "right") == ""
    answers = [client.get(f"{API}/{name}.json?extensions=true") for name in ("requests",)]
    answers.append(client.get(f"{API}/servicerequestupdates.json"))
    assert not any(pothole.encode() in answer.data for answer in answers)
    store.set_visibility(desk, pothole, True, now=clock())
    assert parent(client, repeat) == pothole
    assert pothole in told(client, repeat)["status_notes"]


def test_staff_are_offered_the_same_type_close_by_and_no_private_case(desk, pothole, add):
    near, nearer = add(150), add(20)
    add(250)
    add(5, service_code="light")
    hidden = add(2, is_public=False)
    with desk.connect() as connection:
        offered = merging.similar_cases(connection, row(desk, pothole))
        assert [(one.request_id, meters) for one, meters in offered] == [(nearer, 20), (near, 150)]
        offered = merging.similar_cases(connection, row(desk, hidden))
    assert [one.request_id for one, _ in offered] == [pothole, nearer, near]


def test_staff_join_and_part_cases_on_their_pages(staff, desk, pothole, add):
    repeat = add()
    page = staff.get(f"/staff/cases/{repeat}").get_data(as_text=True)
    assert f"{pothole}, 1 Elm St, 10 meters away" in page
    refused = staff.post(f"/staff/cases/{repeat}/join", data={"words": "Thanks"})
    assert (refused.status_code, "Which case is it?" in refused.text) == (400, True)
    assert "Thanks</textarea>" in refused.text
    unnamed = {"reason": "Already reported"}
    assert staff.post(f"/staff/cases/{repeat}/close", data=unnamed).status_code == 400
    done = staff.post(f"/staff/cases/{repeat}/join", data={"other": pothole}, follow_redirects=True)
    assert "The case is closed as already reported." in done.text
    assert f'href="/staff/cases/{pothole}"' in done.text
    assert f'href="/staff/cases/{repeat}"' in staff.get(f"/staff/cases/{pothole}").text
    staff.post(f"/staff/cases/{repeat}/reopen", data={"words": "Another hole"})
    assert f'href="/staff/cases/{repeat}"' not in staff.get(f"/staff/cases/{pothole}").text
    with desk.connect() as connection:
        verbs = connection.execute(select(History.verb, History.words).order_by(History.id)).all()
    assert ("joined", f"by {repeat}") in verbs
    assert ("parted", f"from {pothole}") in verbs
