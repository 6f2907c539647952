"""The outbox: one sender claims a message, it is sent once and in turn, staff get the rest."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import insert, select, update

from portal.domain.dispatch import (
    Absent,
    Awaited,
    ForStaff,
    Later,
    LockedOut,
    Message,
    Outcome,
    Refused,
    Taken,
    Unsure,
    pause_after,
    rest_after,
)
from portal.errors import BadRequest, NotFound
from portal.queries.cases.case_detail import case_by_id
from portal.queries.report.outgoing import load_outgoing
from portal.services.report import outbox, private_link, sending
from portal.store.models import Case
from portal.store.report_models import OutboxMessage, WorkOrderSystem
from tests.support.clock import NOON
from tests.support.queries import rows_of
from tests.support.reports import POTHOLE, submit_to

DESK = "desk"


@pytest.fixture
def report(portal, city, add_case):
    """report("one") submits a report of this name at noon, for the desk; its number and token."""
    add_case("101")

    def accept(name: str = "one", is_public: bool = True, system: str = DESK):
        said = replace(
            POTHOLE,
            note=f"Deep; call 617-555-0143 ({name})",
            is_public=is_public,
            idempotency_key=f"the-form-{name}",
        )
        return submit_to(portal, city, system, said, NOON)

    return accept


def claim(portal, city, now: int = NOON, system: str = DESK, holder: str = "me") -> Message | None:
    with portal.transaction() as connection:
        return sending.claim_message(connection, city.id, system, holder, now)


def settle(portal, city, message: Message | None, outcome: Outcome, now: int = NOON) -> bool:
    assert message
    with portal.transaction() as connection:
        settled = sending.settle_message(connection, city, message, outcome, now, 0.0)
        if settled:
            sending.mark_arrived(connection, city, message, settled, now)
        return settled is not None


def send(portal, city, outcome: Outcome, now: int = NOON) -> bool:
    return settle(portal, city, claim(portal, city, now), outcome, now)


def messages(portal) -> list[tuple]:
    return rows_of(portal.core, "select kind, state from outbox order by case_key, number")


def only_message(portal):
    with portal.core.connect() as connection:
        return connection.execute(select(OutboxMessage)).one()


def test_a_message_that_arrived_marks_its_report_and_its_case(portal, city, report):
    accepted = report()
    before = portal.data_version(city.id)
    assert send(portal, city, Taken("26-1"))
    assert messages(portal) == [("open_case", "sent")]
    assert portal.cached(case_by_id, city.id, accepted.case_id).work_order_id == "26-1"
    assert portal.cached(case_by_id, city.id, "26-1").case_id == accepted.case_id
    own = private_link.own_report(portal, city.id, accepted.token)
    assert own and own.sent_at == NOON
    assert portal.data_version(city.id) == before + 1
    assert claim(portal, city) is None


def test_what_is_sent_is_what_the_resident_wrote(portal, city, report):
    accepted = report()
    message = claim(portal, city)
    with portal.core.connect() as connection:
        assert message
        told = load_outgoing(connection, city.id, message)
    assert (told.reference, told.code, told.note) == (
        accepted.case_id,
        "Pothole",
        "Deep; call 617-555-0143 (one)",
    )
    assert (told.lat, told.lon, told.address, told.is_public) == (42.32, -71.07, "3 Adams St", True)


def test_eight_senders_share_five_messages_and_none_goes_twice(portal, city, report):
    for name in "abcde":
        report(name)
    claimed, threads = [], []
    for _ in range(8):
        threads.append(threading.Thread(target=lambda: claimed.append(claim(portal, city))))
        threads[-1].start()
    for thread in threads:
        thread.join()
    taken = [message.id for message in claimed if message]
    # On PostgreSQL two senders may see the same message at once; the second then looks again.
    while message := claim(portal, city):
        taken.append(message.id)
    assert len(taken) == len(set(taken)) == 5


def test_who_lost_the_lease_writes_nothing(portal, city, report):
    report()
    first = claim(portal, city)
    later = NOON + sending.LEASE_SECONDS
    with portal.transaction() as connection:
        assert sending.release_leases(connection, city.id, lambda holder: False, later) == 1
    second = claim(portal, city, later)
    assert second and second.state == "unknown"
    assert not settle(portal, city, first, Taken("26-1"), later)
    assert settle(portal, city, second, Taken("26-2"), later)
    assert only_message(portal).work_order_id == "26-2"


def test_the_lease_of_a_sender_that_lives_is_left_and_of_a_dead_one_taken_at_once(
    portal, city, report
):
    report()
    claim(portal, city, holder="host:7")
    with portal.transaction() as connection:
        assert sending.release_leases(connection, city.id, lambda holder: False, NOON + 1) == 0
        assert (
            sending.release_leases(connection, city.id, lambda holder: holder == "host:7", NOON + 1)
            == 1
        )
    assert messages(portal) == [("open_case", "unknown")]


def test_what_may_have_arrived_is_asked_for_before_it_goes_again(portal, city, report):
    report()
    assert send(portal, city, Unsure("no answer in 30 s"))
    assert claim(portal, city, NOON + 9) is None
    first_look = claim(portal, city, NOON + 10)
    assert first_look and first_look.state == "unknown"
    settle(portal, city, first_look, Absent(), NOON + 10)
    assert claim(portal, city, NOON + 119) is None
    last_look = claim(portal, city, NOON + 120)
    assert last_look and last_look.state == "unknown"
    settle(portal, city, last_look, Absent(), NOON + 120)
    again = claim(portal, city, NOON + 120)
    assert again and again.state == "pending"


def test_a_look_up_that_finds_it_ends_the_matter(portal, city, report):
    report()
    send(portal, city, Unsure("cut off"))
    send(portal, city, Taken("26-9"), NOON + 10)
    assert only_message(portal).state == "sent"


def test_what_was_certainly_not_taken_goes_again_after_a_pause_that_doubles(portal, city, report):
    report()
    send(portal, city, Later("connection refused"))
    assert claim(portal, city, NOON + 29) is None
    send(portal, city, Later("connection refused"), NOON + 30)
    assert only_message(portal).not_before == NOON + 30 + 60


def test_a_token_is_exchanged_for_the_number_and_counts_as_sent(portal, city, report):
    accepted = report()
    send(portal, city, Awaited("t-1"))
    own = private_link.own_report(portal, city.id, accepted.token)
    assert own and own.sent_at == NOON
    polled = claim(portal, city, NOON + 30)
    assert polled and (polled.state, polled.token) == ("awaited", "t-1")
    settle(portal, city, polled, Taken("26-3"), NOON + 30)
    assert portal.cached(case_by_id, city.id, accepted.case_id).work_order_id == "26-3"


@pytest.mark.parametrize("second", [Taken("26-1"), Awaited("token-2"), Taken(None)])
@pytest.mark.parametrize("first", [Awaited("token-1"), Taken("26-1")])
def test_the_time_at_which_a_report_was_sent_never_moves(portal, city, report, first, second):
    accepted = report()
    message = claim(portal, city)
    for minutes, outcome in ((0, first), (90, second)):
        with portal.transaction() as connection:
            sending.settle_message(connection, city, message, outcome, NOON + minutes * 60, 0.0)
            sending.mark_arrived(connection, city, message, outcome, NOON + minutes * 60)
    assert rows_of(portal.core, "select sent_at from reports") == [(NOON,)]
    assert private_link.own_report(portal, city.id, accepted.token).sent_at == NOON


def test_a_note_and_a_withdrawal_do_not_move_the_time_of_their_report(portal, city, report):
    accepted = report()
    send(portal, city, Taken("26-1"))
    private_link.add_note(portal, city, accepted.token, "Deeper", NOON + 60)
    assert send(portal, city, Taken(None), NOON + 120)
    private_link.retract_report(portal, city, accepted.token, NOON + 180)
    assert send(portal, city, Taken(None), NOON + 240)
    assert rows_of(portal.core, "select sent_at from reports") == [(NOON,)]


def test_a_note_that_arrived_moves_nothing_that_a_page_shows(portal, city, report):
    accepted = report()
    send(portal, city, Taken("26-1"))
    private_link.add_note(portal, city, accepted.token, "Deeper", NOON + 60)
    before = portal.data_version(city.id)
    assert send(portal, city, Taken("26-2"), NOON + 120)
    assert portal.data_version(city.id) == before
    numbers = "select work_order_id from cases where source = 'portal'"
    assert rows_of(portal.core, numbers) == [("26-1",)]


@pytest.mark.parametrize(
    "outcome", [Refused("no"), Later("busy"), Unsure("cut off"), LockedOut("key")], ids=str
)
def test_a_report_that_did_not_arrive_was_not_sent(portal, city, report, outcome):
    report()
    send(portal, city, outcome)
    assert rows_of(portal.core, "select sent_at from reports") == [(None,)]


def test_a_refusal_is_final_and_says_why(portal, city, report):
    report()
    send(portal, city, Refused("400: service_code is unknown"))
    assert claim(portal, city, NOON + 10**7) is None
    with portal.core.connect() as connection:
        (message,) = outbox.undelivered_messages(connection, city.id)
    assert (message.state, message.answer, message.needs_staff) == (
        "refused",
        "400: service_code is unknown",
        True,
    )


def test_a_system_that_locks_us_out_gets_nothing_until_it_is_mended(portal, city, report):
    report("one")
    report("two")
    send(portal, city, LockedOut("403: wrong api_key"))
    assert claim(portal, city, NOON + 10**7) is None
    with portal.core.connect() as connection:
        (state,) = outbox.system_states(connection, city.id)
        assert (state.is_stopped, state.reason) == (True, "403: wrong api_key")
        assert {
            message.attempts for message in outbox.undelivered_messages(connection, city.id)
        } == {0}
    with portal.transaction() as connection:
        outbox.resume_system(connection, city.id, DESK, NOON)
    assert claim(portal, city) is not None


def test_a_worker_that_starts_tries_stopped_systems_again(portal, city, report):
    report()
    send(portal, city, LockedOut("401"))
    with portal.transaction() as connection:
        sending.resume_systems(connection, city.id, NOON)
    assert claim(portal, city) is not None


def test_a_system_that_is_tried_again_has_failed_never_and_rests_no_more(portal, city, report):
    for name in "abc":
        report(name)
        send(portal, city, Later("connection refused"))
    report("d")
    send(portal, city, LockedOut("401"), NOON + 15)
    with portal.transaction() as connection:
        sending.resume_systems(connection, city.id, NOON + 16)
        kept = connection.execute(select(WorkOrderSystem.__table__)).one()
    assert (kept.is_stopped, kept.failures, kept.rests_until) == (0, 0, 0)
    assert kept.changed_at == NOON + 16


def test_the_third_failure_in_a_row_leaves_the_system_alone_and_its_return_sends_all_that_waited(
    portal, city, report
):
    for name in "abcd":
        report(name)
    for _ in range(3):
        send(portal, city, Later("connection refused"))
    assert claim(portal, city, NOON + 14) is None
    back = NOON + 15
    send(portal, city, Taken("26-1"), back)
    assert [bool(claim(portal, city, back)) for _ in range(4)] == [True, True, True, False]


def test_one_system_that_is_down_does_not_hold_up_another(portal, city, report):
    for name in "abc":
        report(name)
        send(portal, city, Later("connection refused"))
    report("d", system="by mail")
    assert claim(portal, city, system="by mail") is not None


def test_retry_after_is_kept_for_the_whole_system_up_to_an_hour(portal, city, report):
    report("one")
    report("two")
    send(portal, city, Later("429", pause=7_200.0))
    assert claim(portal, city, NOON + 3_599) is None
    assert claim(portal, city, NOON + 3_600) is not None


def test_a_note_never_goes_before_its_report_nor_a_withdrawal_before_the_note(portal, city, report):
    token = report().token
    private_link.add_note(portal, city, token, "Still there", NOON + 1)
    private_link.retract_report(portal, city, token, NOON + 1)
    later = NOON + 60
    kinds = []
    for number in range(3):
        message = claim(portal, city, later)
        assert message
        assert claim(portal, city, later) is None
        kinds.append(message.kind)
        settle(portal, city, message, Taken(f"26-{number}"), later)
    assert kinds == ["open_case", "add_note", "withdraw_case"]


def test_a_note_waits_as_long_as_its_report_is_stuck_and_is_given_up_with_it(portal, city, report):
    token = report().token
    private_link.add_note(portal, city, token, "Still there", NOON + 1)
    send(portal, city, ForStaff("It may have arrived."))
    assert claim(portal, city, NOON + 10**6) is None
    with portal.transaction() as connection:
        stuck = outbox.undelivered_messages(connection, city.id)[0]
        outbox.give_up_message(connection, city.id, stuck.id, "Phoned the yard", NOON + 5)
    assert messages(portal) == [("open_case", "given_up"), ("add_note", "given_up")]


def test_a_note_that_is_refused_does_not_hold_up_the_withdrawal(portal, city, report):
    token = report().token
    private_link.add_note(portal, city, token, "Still there", NOON + 1)
    private_link.retract_report(portal, city, token, NOON + 2)
    send(portal, city, Taken("26-1"), NOON + 9)
    send(portal, city, Refused("400"), NOON + 9)
    message = claim(portal, city, NOON + 9)
    assert message and message.kind == "withdraw_case"


def test_staff_retry_sends_by_the_rules_of_today(portal, city, report):
    report()
    send(portal, city, Refused("400: unknown service_code"))
    with portal.transaction() as connection:
        (message,) = outbox.undelivered_messages(connection, city.id)
        outbox.retry_message(connection, city.id, message.id, NOON + 60)
        (again,) = sending.misrouted_reports(connection, city.id, [DESK])
        sending.assign_system(connection, city.id, again.case_key, "other", "P1")
    claimed = claim(portal, city, NOON + 60, system="other")
    assert claimed and (claimed.code, claimed.attempts, claimed.state) == ("P1", 0, "pending")


@pytest.mark.parametrize("state", ["sent", "given_up", "leased"])
def test_what_arrived_or_is_going_out_can_neither_be_retried_nor_given_up(
    portal, city, report, state
):
    report()
    with portal.transaction() as connection:
        connection.execute(update(OutboxMessage).values(state=state))
    message = only_message(portal).id
    for act in (
        lambda c: outbox.retry_message(c, city.id, message, NOON),
        lambda c: outbox.give_up_message(c, city.id, message, "why", NOON),
    ):
        with pytest.raises(BadRequest), portal.transaction() as connection:
            act(connection)


def test_giving_up_wants_a_reason_and_a_message_that_there_is(portal, city, report):
    report()
    message = only_message(portal).id
    with portal.transaction() as connection:
        with pytest.raises(BadRequest):
            outbox.give_up_message(connection, city.id, message, "  ", NOON)
        with pytest.raises(NotFound):
            outbox.give_up_message(connection, city.id, "no-such", "why", NOON)
        with pytest.raises(NotFound):
            outbox.resume_system(connection, city.id, "no-such", NOON)


def test_a_case_the_sync_brought_before_its_number_was_known_makes_room_for_ours(
    portal, city, report, add_case
):
    accepted = report()
    add_case("26-7", opened="2026-11-23T12:00:30", source="desk")
    send(portal, city, Taken("26-7"))
    assert portal.cached(case_by_id, city.id, "26-7").case_id == accepted.case_id
    with portal.core.connect() as connection:
        twin = connection.execute(
            select(Case.source, Case.visibility).where(Case.case_id == "26-7")
        ).one()
    assert tuple(twin) == (sending.MERGED, "withdrawn")


def test_an_empty_outbox_has_nothing_to_claim_nor_to_show(portal, city):
    assert claim(portal, city) is None
    with portal.core.connect() as connection:
        assert outbox.undelivered_messages(connection, city.id) == ()
        assert outbox.system_states(connection, city.id) == ()
        assert outbox.messages_by_state(connection, city.id) == {}
        assert not sending.has_due_message(connection, city.id, DESK, NOON)


def test_what_needs_somebody_comes_first(portal, city, report):
    report("one")
    report("two")
    claim(portal, city)
    send(portal, city, ForStaff("Look at it"))
    with portal.core.connect() as connection:
        assert [message.state for message in outbox.undelivered_messages(connection, city.id)] == [
            "stuck",
            "leased",
        ]
        assert outbox.messages_by_state(connection, city.id) == {"leased": 1, "stuck": 1}
        assert outbox.messages_by_state(connection, "elsewhere") == {}


@pytest.mark.parametrize(
    ("attempts", "asked", "chance", "seconds"),
    [
        (1, None, 0, 30),
        (1, None, 1, 15),
        (2, None, 0, 60),
        (8, None, 0, 3_600),
        (99, None, 0, 3_600),
        (1, 90, 1, 90),
        (1, 9_999, 0, 3_600),
    ],
)
def test_pauses_double_from_half_a_minute_to_an_hour(attempts, asked, chance, seconds):
    assert pause_after(attempts, asked, chance) == seconds


@pytest.mark.parametrize(
    ("failures", "asked", "seconds"),
    [(1, None, 0), (2, 5, 5), (3, None, 15), (4, None, 30), (50, None, 300), (3, 9_999, 3_600)],
)
def test_a_system_rests_from_its_third_failure_on(failures, asked, seconds):
    assert rest_after(failures, asked) == seconds


def test_another_city_s_messages_and_systems_are_not_seen(portal, city, report):
    report()
    with portal.transaction() as connection:
        values = {
            "name": DESK,
            "failures": 9,
            "rests_until": NOON + 99,
            "is_stopped": 1,
            "changed_at": NOON,
        }
        connection.execute(insert(WorkOrderSystem).values(jurisdiction_id="elsewhere", **values))
        assert sending.claim_message(connection, "elsewhere", DESK, "me", NOON) is None
        assert sending.claim_message(connection, city.id, DESK, "me", NOON) is not None
