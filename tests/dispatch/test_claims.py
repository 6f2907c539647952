"""A system's answer is a claim: a number counts only if it is ours to take. Else staff decide."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from json import dumps

import pytest
from sqlalchemy import select, text, update

from data_sync.dispatch.sender import Sender
from data_sync.pull.run import sync_city
from data_sync.reading.base import Answer
from portal.domain.claims import check_outcome, clean_reason, is_usable_number
from portal.domain.dispatch import Awaited, ForStaff, Later, Outcome, Outgoing, Taken
from portal.domain.report import Report
from portal.errors import BadRequest
from portal.queries.cases.case_detail import case_by_id
from portal.services.report import outbox
from portal.services.report.confirming import confirm_arrival
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.store.models import Case
from portal.store.report_models import OutboxMessage
from tests.dispatch.conftest import DESK_URL, NOON, adapter_on
from tests.sync.support import public_rows_of, record, rows_of, save

AT = int(NOON.timestamp())
SERVICES = b'[{"service_code": "Pothole", "service_name": "Pothole", "metadata": false}]'
LATER = datetime(2026, 11, 23, 12, 10, tzinfo=UTC)
BAD = {
    "too long": "9" * 100_000,
    "just too long": "9" * 101,
    "a line break": "26-5\r\nX-Key: stolen",
    "a comma": "26-5,26-6",
    "nothing to see": "26\u200b5",
    "turned around": "26\u202e5",
    "NUL": "26\x005",
    "half a letter": "26\ud8005",
    "a tab": "26\t5",
}


class Saying:
    """A system that answers what it is told to."""

    can_look_up = False

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)

    def send(self, message: Outgoing) -> Outcome:
        return self.outcomes.pop(0)

    def look_up(self, message: Outgoing) -> Outcome:
        return self.outcomes.pop(0)

    def poll(self, token: str) -> Outcome:
        return self.outcomes.pop(0)

    def may_repeat(self, kind) -> bool:
        return False


@pytest.fixture
def report(portal, city, add_case):
    """report("one"): the tracking number of a report accepted at noon."""
    add_case("101")

    def accept(name: str = "one", note: str = "A deep hole in the left lane", **changes) -> str:
        said = Report("Pothole", note, 42.32, -71.07, "3 Adams St", True, f"the-form-{name}")
        return submit(portal, city, replace(said, **changes), (), Signals(), AT).case_id

    return accept


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def send(portal, city, said):
    """send(Taken("26-5")): the system answers so when the next message goes out."""

    def answer(outcome: Outcome, seconds: int = 0) -> None:
        sender = Sender(
            portal, city, "desk", Saying(outcome), lambda: AT + seconds, lambda: 0.0, said.append
        )
        assert sender.send_one()

    return answer


@pytest.fixture
def states(portal):
    """states(): of each message its state and its number."""

    def ask() -> list[tuple[str, str | None]]:
        with portal.core.connect() as connection:
            rows = connection.execute(
                select(OutboxMessage.state, OutboxMessage.work_order_id).order_by(
                    OutboxMessage.case_key, OutboxMessage.number
                )
            )
            return [tuple(row) for row in rows]

    return ask


def waiting(portal, city) -> list:
    with portal.core.connect() as connection:
        return list(outbox.undelivered_messages(connection, city.id))


def public_page(portal, city, number: str):
    return portal.cached(case_by_id, city.id, number)


@pytest.mark.parametrize("number", BAD.values(), ids=BAD)
def test_a_number_that_cannot_be_one_is_for_staff_and_marks_nothing(
    portal, city, report, send, states, said, number
):
    case = report()
    before = public_page(portal, city, case)
    send(Taken(number))
    assert states() == [("stuck", None)]
    assert public_page(portal, city, case) == before
    (message,) = waiting(portal, city)
    assert message.needs_staff
    assert "the number that came back cannot be one" in message.answer
    assert len(message.answer) < 200
    assert message.answer.isprintable()
    assert len(said) == 1
    assert len(said[0]) < 400


@pytest.mark.parametrize("token", BAD.values(), ids=BAD)
def test_a_token_that_cannot_be_one_is_for_staff(report, send, states, token):
    report()
    send(Awaited(token))
    assert states() == [("stuck", None)]


def test_a_token_that_becomes_a_bad_number_is_for_staff(report, send, states):
    report()
    send(Awaited("t-1"))
    send(Taken("5\r\n6"), seconds=60)
    assert states() == [("stuck", None)]


def test_whatever_a_system_says_of_its_fault_can_be_kept_and_shown(portal, city, report, send):
    report()
    send(Later("oh\x00\ud800 \u202eno\x1b[31m" + "x" * 100_000))
    (message,) = waiting(portal, city)
    assert message.answer.startswith("oh no[31mxxx")
    assert len(message.answer) == 1_000


@pytest.mark.parametrize("visibility", ["public", "service", "held", "withdrawn"])
def test_the_number_of_a_case_that_was_there_before_is_not_taken(
    portal, city, report, send, states, add_case, visibility
):
    add_case("P-7", source="desk", note="A tree", address="9 Elm St", visibility=visibility)
    case = report()
    columns = "case_id, source, visibility, note, work_order_id, rev"
    before = rows_of(portal, f"select {columns} from cases order by id")
    seen = public_page(portal, city, case), public_page(portal, city, "P-7")
    send(Taken("P-7"))
    assert states() == [("stuck", None)]
    assert rows_of(portal, f"select {columns} from cases order by id") == before
    assert (public_page(portal, city, case), public_page(portal, city, "P-7")) == seen
    (message,) = waiting(portal, city)
    assert "The city may have merged this with P-7" in message.answer


def test_the_number_of_a_case_that_a_file_brought_is_not_taken_either(
    portal, city, report, send, states
):
    save(portal, city, replace(record("row-1"), case_id="P-7", note="A tree"), source="town")
    report()
    send(Taken("P-7"))
    assert states() == [("stuck", None)]


def test_a_number_that_another_report_got_is_not_taken_again(
    portal, city, report, send, states, said
):
    first = report("one")
    second = report("two", note="Another hole on the right")
    send(Taken("26-5"))
    send(Taken("26-5"))
    assert states() == [("sent", "26-5"), ("stuck", None)]
    assert public_page(portal, city, second).work_order_id is None
    assert public_page(portal, city, "26-5").case_id == first
    assert f"is that of another report, {first}" in said[0]


def test_our_own_tracking_number_comes_back_as_the_city_s_only_for_its_own_report(
    portal, city, report, send, states
):
    first, second = report("one"), report("two", note="Another hole on the right")
    send(Taken(second))
    send(Taken(second))
    assert states() == [("stuck", None), ("sent", second)]
    assert public_page(portal, city, first).work_order_id is None


def test_a_case_that_came_after_the_report_and_says_the_same_is_its_twin(
    portal, city, report, send, states
):
    report()
    twin = record("26-7", opened_at=LATER, note="Web: A deep hole in the left lane", lat=42.32)
    save(portal, city, replace(twin, lon=-71.07), source="desk")
    _seen_at(portal, "26-7", AT + 60)
    send(Taken("26-7"), seconds=120)
    assert states() == [("sent", "26-7")]
    assert public_rows_of(portal, "select work_order_id from public_cases where id > 1") == [
        ("26-7",)
    ]


def test_a_case_that_came_after_the_report_and_is_elsewhere_is_no_twin(
    portal, city, report, send, states
):
    report()
    other = record("26-7", opened_at=LATER, note="A fallen tree", lat=42.345, lon=-71.05)
    save(portal, city, other, source="desk")
    _seen_at(portal, "26-7", AT + 60)
    send(Taken("26-7"), seconds=120)
    assert states() == [("stuck", None)]


def test_what_staff_hid_of_the_twin_stays_hidden_of_the_report(portal, city, report, send):
    case = report(note="Bo Miller left a deep hole in the lane")
    twin = record("26-7", opened_at=LATER, note="Bo Miller left a deep hole in the lane")
    save(portal, city, twin, source="desk")
    _seen_at(portal, "26-7", AT + 60)
    with portal.transaction() as connection:
        connection.execute(
            text(
                "insert into hidden_texts (jurisdiction_id, case_key, field, part, hidden_at)"
                " select jurisdiction_id, id, 'note', 'Bo Miller', 1 from cases"
                " where case_id = '26-7'"
            )
        )
    send(Taken("26-7"), seconds=120)
    assert (
        public_page(portal, city, case).note == "[hidden by the city] left a deep hole in the lane"
    )


def _seen_at(portal, case_id: str, moment: int) -> None:
    with portal.transaction() as connection:
        connection.execute(update(Case).where(Case.case_id == case_id).values(first_seen_at=moment))


def test_a_number_of_a_case_we_had_not_seen_is_taken_back_when_the_city_shows_that_case(
    portal, city, report, send, states
):
    case = report()
    send(Taken("P-7"))
    assert states() == [("sent", "P-7")]
    older = record("P-7", note="A tree fell on the fence", lat=42.3205, lon=-71.0702)
    save(portal, city, older, source="desk")
    assert states() == [("stuck", None)]
    ours, theirs = public_page(portal, city, case), public_page(portal, city, "P-7")
    assert (ours.note, ours.work_order_id) == ("A deep hole in the left lane", None)
    assert (theirs.case_id, theirs.note) == ("P-7", "A tree fell on the fence")


@pytest.mark.parametrize(
    "changes",
    [
        {"note": "Reported online: a DEEP hole  in the left lane."},
        {"opened_at": NOON + timedelta(seconds=30), "note": "Pothole, 3 ft"},
        {"opened_at": NOON - timedelta(minutes=10), "lat": 42.3203, "lon": -71.07},
        {"reference": "ours"},
    ],
)
def test_an_echo_may_be_an_hour_early_or_in_other_words_as_long_as_it_can_be_ours(
    portal, city, report, send, states, changes
):
    case = report()
    send(Taken("26-7"))
    if "reference" in changes:
        changes = {"reference": case, "note": "Changed by the city", "lat": 42.3}
    save(portal, city, record("26-7", department="Streets", **changes), source="desk")
    assert states() == [("sent", "26-7")]
    assert rows_of(portal, "select count(*) from cases") == [(2,)]


def test_staff_give_the_number_by_hand_under_the_same_rules(
    portal, city, report, send, states, add_case
):
    add_case("P-7", source="desk")
    case = report()
    send(ForStaff("Look for it there."))
    (message,) = waiting(portal, city)
    for number in ("P-7", *BAD.values()):
        with pytest.raises(BadRequest), portal.transaction() as connection:
            confirm_arrival(connection, city, message.id, number, AT + 60)
    assert states() == [("stuck", None)]
    with portal.transaction() as connection:
        confirm_arrival(connection, city, message.id, " 26-5 ", AT + 60)
    assert states() == [("sent", "26-5")]
    assert public_page(portal, city, case).work_order_id == "26-5"


def test_staff_say_that_it_was_merged_and_nothing_more_is_sent(
    portal, city, report, send, states, add_case
):
    add_case("P-7", source="desk")
    case = report()
    send(Taken("P-7"))
    (message,) = waiting(portal, city)
    with portal.transaction() as connection:
        confirm_arrival(connection, city, message.id, "", AT + 60)
    assert states() == [("sent", None)]
    assert public_page(portal, city, case).sent_at == AT + 60
    assert waiting(portal, city) == []


@pytest.mark.parametrize(
    "body",
    [
        [{"service_request_id": "26-5"}, {"service_request_id": "26-6"}],
        [{"token": "a"}, {"token": "b"}],
        [{"service_request_id": None}],
        [{"service_request_id": ""}],
    ],
)
def test_an_answer_that_names_several_cases_or_none_names_ours_not(
    portal, city, report, states, body
):
    report()

    def talk(method, url, **told) -> Answer:
        return Answer(200, "application/json", dumps(body).encode(), url, {})

    sender = Sender(portal, city, "desk", adapter_on(talk), lambda: AT, lambda: 0.0, print)
    assert sender.send_one()
    assert states() == [("unknown", None)]


@pytest.mark.parametrize("number", BAD.values(), ids=BAD)
def test_a_bad_number_that_is_stored_ends_no_sync_and_the_others_are_asked_for(
    portal, city, report, send, number
):
    for name in ("one", "two"):
        report(name, note=f"A hole in lane {name}", is_public=False)
        send(Taken(f"26-{name}"))
    if "\x00" in number or "\ud800" in number:
        number = "26\x015"  # what no database takes cannot be stored
    if portal.core.dialect.name == "postgresql":
        number = number[:2_000]
    with portal.transaction() as connection:
        connection.execute(
            update(Case).where(Case.work_order_id == "26-one").values(work_order_id=number)
        )
    asked = []

    def fetch(url, params=None, headers=None, json=None) -> Answer:
        asked.append((params or {}).get("service_request_id"))
        body = SERVICES if url.endswith("services.json") else b"[]"
        return Answer(200, "application/json", body, url, {})

    done = sync_city(portal, city, desk_url=DESK_URL, fetch=fetch, now=lambda: LATER)
    assert done.problems == []
    assert [numbers for numbers in asked if numbers] == ["26-two"]


@pytest.mark.parametrize("number", BAD.values(), ids=BAD)
def test_a_source_that_gives_bad_numbers_ends_no_sync_and_the_next_goes_on(portal, city, number):
    good = {"service_code": "Pothole", "status": "open", "updated_datetime": "2026-11-23T12:01:00Z"}
    good |= {"requested_datetime": "2026-11-23T12:00:00Z"}
    rows = [{**good, "service_request_id": it} for it in ("26-1", number)]
    rows.append({"token": number, "service_request_id": number, "status": f"odd{number[:9]}"})

    def fetch(url, params=None, headers=None, json=None) -> Answer:
        params = params or {}
        asked = "".join(params.values())
        assert len(asked) < 200
        assert asked.isprintable()
        if url.endswith("services.json"):
            return Answer(200, "application/json", SERVICES, url, {})
        found = rows if url.endswith("requests.json") and "updated_after" in params else []
        return Answer(200, "application/json", dumps(found).encode(), url, {})

    paged = [{**city.sources[0], "quirks": {"updated_after": True, "page_size": 4}}]
    for minutes in (0, 5, 10):
        moment = LATER + timedelta(minutes=minutes)
        done = sync_city(
            portal,
            replace(city, sources=tuple(paged)),
            desk_url=DESK_URL,
            fetch=fetch,
            now=lambda moment=moment: moment,
        )
        assert [clean_reason(problem) for problem in done.problems] == [
            problem.strip() for problem in done.problems
        ]
    assert ("26-1",) in rows_of(portal, "select case_id from cases")


def test_an_answer_full_of_what_no_database_takes_is_a_problem_and_no_traceback(portal, city):
    words = dumps([{"code": 400, "description": "oh\x00 \ud800 \u202e no"}])

    def fetch(url, params=None, headers=None, json=None) -> Answer:
        return Answer(400, "application/json", words.encode(), url, {})

    done = sync_city(portal, city, desk_url=DESK_URL, fetch=fetch, now=lambda: LATER)
    assert done.has_failed
    assert "oh" in done.problems[0]
    assert all(map(str.isprintable, done.problems))


def test_another_s_private_case_that_our_key_opens_is_not_stored(
    portal, city, report, send, states
):
    case = report(is_public=False)
    send(Taken("P-7"))
    row = {
        "service_request_id": "P-7",
        "service_code": "Pothole",
        "status": "open",
        "requested_datetime": "2026-11-20T08:00:00Z",
        "description": "My neighbor beats his dog",
        "lat": 42.33,
        "long": -71.08,
    }

    def fetch(url, params=None, headers=None, json=None) -> Answer:
        body = SERVICES if url.endswith("services.json") else b"[]"
        if (params or {}).get("service_request_id"):
            body = dumps([row]).encode()
        return Answer(200, "application/json", body, url, {})

    done = sync_city(portal, city, desk_url=DESK_URL, fetch=fetch, now=lambda: LATER)
    assert done.problems == []
    assert states() == [("stuck", None)]
    cases = rows_of(portal, "select case_id, note, work_order_id from cases where case_id <> '101'")
    assert cases == [(case, "A deep hole in the left lane", None)]


def test_the_numbers_that_can_be_one():
    assert all(map(is_usable_number, ["1", "26-00000001", "P 7", "Ä/7", "9" * 100]))
    assert not any(map(is_usable_number, ["", *BAD.values()]))
    assert check_outcome(Taken()) == Taken()
