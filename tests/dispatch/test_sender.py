"""From the resident to the desk and back: the sender, the sync's echo, and what the pages say."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text, update

from data_sync.desk import store
from data_sync.dispatch.base import NoAnswer
from data_sync.dispatch.sender import MENDING_SECONDS, POLLS, Sender, tidy_outbox
from data_sync.pull.run import sync_city
from data_sync.reading.base import Answer
from portal.domain.dispatch import Awaited, Later, LockedOut, Refused, Taken, Unsure
from portal.queries.cases.case_detail import case_by_id
from portal.services.report import outbox, private_link
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.services.shared.photos import BEFORE, add_unsent_photo
from portal.store.models import Case
from portal.store.report_models import OutboxMessage, ReportRow
from tests.dispatch.conftest import DESK, KEY, NOON, adapter_on
from tests.support.desks import DESK_URL, as_answer
from tests.support.queries import rows_of
from tests.support.reports import POTHOLE

AT = int(NOON.timestamp())
PHOTO = "a" * 32
NO_SIGNALS = Signals()
DOUBTFUL = Signals(is_trap_filled=True)


@pytest.fixture
def sender(portal, city, line, clock, said, keep_photo) -> Sender:
    """Sends to the desk; photos come from disk."""
    from portal.photos.signed import read_jpeg

    adapter = adapter_on(line, read_photo=lambda name: read_jpeg(portal.photos_folder, name))
    return Sender(portal, city, "desk", adapter, clock, lambda: 0.0, said.append)


@pytest.fixture
def report(portal, city, add_case):
    """report() accepts a report at noon; its number and the token of its private link."""
    add_case("101")

    def accept(
        photos: tuple[str, ...] = (),
        key: str = "one-form-of-one-visit",
        signals: Signals = NO_SIGNALS,
        **changes,
    ):
        said = replace(POTHOLE, note="Deep; call 617-555-0143", idempotency_key=key, **changes)
        return submit(portal, city, said, photos, signals, AT)

    return accept


@pytest.fixture
def sync(portal, city, desk_client):
    """sync() pulls the desk as it stands, a few minutes after noon."""
    portal.settings = portal.settings.model_copy(update={"system_keys": f"desk={KEY}"})

    def fetch(url, params=None, headers=None, json=None) -> Answer:
        answer = desk_client.get(url.removeprefix(DESK_URL), query_string=params)
        return as_answer(answer, url)

    def pull(minutes: int = 5):
        moment = datetime.fromtimestamp(AT + 60 * minutes, UTC)
        done = sync_city(portal, city, desk_url=DESK_URL, fetch=fetch, now=lambda: moment)
        assert done.problems == []
        return done

    return pull


def public_case(portal, city, number: str):
    return portal.cached(case_by_id, city.id, number)


def own(portal, city, accepted):
    found = private_link.own_report(portal, city.id, accepted.token)
    assert found
    return found


def desk_rows(desk, columns: str) -> list[tuple]:
    return rows_of(desk, f"select {columns} from cases")


def state(portal) -> list[str]:
    with portal.core.connect() as connection:
        return list(
            connection.execute(
                select(OutboxMessage.state).order_by(OutboxMessage.case_key, OutboxMessage.number)
            ).scalars()
        )


def test_a_report_with_a_photo_is_in_the_right_queue_closed_there_and_closed_here(
    portal, city, desk, sender, report, sync, keep_photo, clock
):
    with portal.transaction() as connection:
        add_unsent_photo(connection, city.id, keep_photo(PHOTO), BEFORE, (40, 30), AT)
    accepted = report(photos=(PHOTO,))
    assert own(portal, city, accepted).sent_at is None
    assert sender.send_one()
    assert own(portal, city, accepted).sent_at == AT
    ((number, queue, reference, photo),) = desk_rows(
        desk, "request_id, queue, external_reference, media_url"
    )
    assert (queue, reference, photo != "") == ("Highway", accepted.case_id, True)
    sync()
    store.close_case(desk, number, "Fixed", actor="Ana", now=datetime.fromtimestamp(AT + 120, UTC))
    assert sync().new == 0
    case = public_case(portal, city, accepted.case_id)
    assert (case.status, case.closure_reason, case.closed_at, case.work_order_id) == (
        "closed",
        "Fixed",
        AT + 120,
        number,
    )
    assert (case.opened_at, case.queue, "617" in case.note) == (AT, "Highway", False)
    assert own(portal, city, accepted).status == "closed"
    with portal.core.connect() as connection:
        assert connection.execute(select(Case.id).where(Case.source == "desk")).all() == []


def test_the_desk_s_clock_may_be_behind_ours_and_its_word_counts(
    portal, city, desk, sender, report, sync
):
    accepted = report()
    sender.send_one()
    with desk.begin() as connection:
        connection.execute(
            text(
                "update cases set requested_at = requested_at - 600, updated_at = updated_at - 600"
            )
        )
    sync()
    assert public_case(portal, city, accepted.case_id).queue == "Highway"


@pytest.mark.parametrize(
    ("changes", "visibility"), [({"is_public": False}, "reporter"), ({"signals": DOUBTFUL}, "held")]
)
def test_a_report_the_public_does_not_see_is_followed_and_stays_unseen(
    portal, city, desk, sender, report, sync, changes, visibility
):
    accepted = report(**changes)
    sender.send_one()
    ((number, is_public),) = desk_rows(desk, "request_id, is_public")
    assert not is_public
    sync()
    store.close_case(desk, number, "Fixed", actor="Ana", now=datetime.fromtimestamp(AT + 120, UTC))
    sync()
    found = own(portal, city, accepted)
    assert (found.status, found.visibility) == ("closed", visibility)
    assert public_case(portal, city, accepted.case_id) is None
    with portal.core.connect() as connection:
        read = connection.execute(text("select sum(read) from public_sync_runs")).scalar_one()
        assert connection.execute(text("select count(*) from cases")).scalar_one() == 2
    assert read == 0


def test_an_answer_that_is_lost_after_the_desk_took_it_makes_no_second_case(
    portal, city, desk, sender, report, line, clock
):
    taken = sender.adapter._talk

    def cut(method, url, **said):
        taken(method, url, **said)
        raise NoAnswer("cut off")

    accepted = report()
    sender.adapter._talk = cut
    assert sender.send_one()
    assert (state(portal), own(portal, city, accepted).sent_at) == (["unknown"], None)
    sender.adapter._talk = taken
    assert not sender.send_one()
    clock.now += 10
    assert sender.send_one()
    assert state(portal) == ["sent"]
    assert [method for method, *_ in line.said] == ["POST", "GET"]
    assert len(desk_rows(desk, "id")) == 1


class Saying:
    """A system that can be neither asked nor told twice, and says what it is told to say."""

    can_look_up = False

    def __init__(self, *outcomes) -> None:
        self.outcomes = list(outcomes)

    def send(self, told):
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    look_up = poll = send

    def may_repeat(self, kind) -> bool:
        return False


def send_to(sender: Sender, outcome) -> None:
    """Send one message to a system that says this."""
    sender.adapter = Saying(outcome)
    sender.send_one()


def test_what_may_have_arrived_where_nobody_can_ask_is_for_staff(portal, sender, report, said):
    report()
    send_to(sender, Unsure("504: gateway"))
    assert state(portal) == ["stuck"]
    assert "Look for it there. It said: 504: gateway" in said[0]


def test_a_fault_of_ours_in_the_middle_is_taken_for_unsure_and_survived(
    portal, sender, report, said
):
    report()
    send_to(sender, ValueError("a bug"))
    assert state(portal) == ["stuck"]
    assert "a bug" in said[0]


def test_who_locks_us_out_is_told_to_whoever_runs_the_portal(portal, city, sender, report, said):
    report()
    send_to(sender, LockedOut("403: wrong key"))
    assert not sender.send_one()
    assert "does not let us in (403: wrong key)" in said[0]


def test_refusals_are_said_and_the_fifth_failure_is(portal, city, sender, report, said, clock):
    report()
    sender.adapter = Saying(*[Later("500")] * 5, Refused("400: no"))
    for _ in range(6):
        sender.send_one()
        clock.now += 7_200
    assert len(said) == 2
    assert "5 times: 500" in said[0]
    assert said[1].endswith("could not be told to desk: 400: no")


def test_a_token_that_never_becomes_a_number_is_left_to_staff(portal, city, sender, report, clock):
    report()
    send_to(sender, Awaited("t"))
    with portal.transaction() as connection:
        connection.execute(update(OutboxMessage).values(attempts=POLLS))
    clock.now += 3_600
    sender.send_one()
    assert state(portal) == ["stuck"]


def test_a_message_of_a_dead_sender_is_asked_for(portal, city, desk, sender, report, clock):
    report()
    with portal.transaction() as connection:
        from portal.services.report import sending

        # A process of this machine that is no more.
        sending.claim_message(connection, city.id, "desk", _gone(), AT)
    tidy_outbox(portal, city, AT)
    assert state(portal) == ["unknown"]
    sender.send_one()
    assert desk_rows(desk, "id") == []
    clock.now += 120
    sender.send_one()
    sender.send_one()
    assert (state(portal), len(desk_rows(desk, "id"))) == (["sent"], 1)


def _gone() -> str:
    from data_sync.process_name import this_process_name

    host, _, start, space = this_process_name().rsplit(":", 3)
    return f"{host}:{2**22 + 1}:{start}:{space}"


def test_a_report_without_a_system_gets_the_city_s_only_one_and_is_staff_s_where_there_is_none(
    portal, city, report
):
    report()
    with portal.transaction() as connection:
        connection.execute(update(OutboxMessage).values(system=""))
    tidy_outbox(portal, city, AT)
    with portal.core.connect() as connection:
        assert [message.system for message in outbox.undelivered_messages(connection, city.id)] == [
            "desk"
        ]
    tidy_outbox(portal, replace(city, systems=()), AT)
    assert state(portal) == ["stuck"]


def test_nothing_due_is_looked_at_without_a_lock(portal, sender):
    with portal.transaction():
        assert not sender.send_one()


def test_sent_counts_what_the_desk_has(portal, city, desk, sender, report):
    for number in range(3):
        report(key=f"another-form-{number}")
    while sender.send_one():
        pass
    assert len(desk_rows(desk, "id")) == 3
    with portal.core.connect() as connection:
        assert outbox.messages_by_state(connection, city.id) == {"sent": 3}


def test_the_demo_s_desk_and_the_worker_share_a_key_that_only_its_owner_reads(settings):
    from portal.secrets import desk_key

    assert len(desk_key(settings)) == 64
    assert desk_key(settings) == desk_key(settings)
    assert (settings.data_dir / "desk-key").stat().st_mode & 0o777 == 0o600


def test_the_way_to_a_desk_needs_the_desk_and_to_a_mailbox_a_mail_server(portal, city):
    from data_sync.dispatch.adapters import adapter_for
    from data_sync.dispatch.email import EmailAdapter
    from data_sync.dispatch.open311 import Open311Adapter
    from portal.domain.route_rules import System

    assert adapter_for(portal, city, DESK, None) is None
    assert isinstance(adapter_for(portal, city, DESK, DESK_URL), Open311Adapter)
    mail = System("yard", "email", address="yard@city.example")
    assert adapter_for(portal, city, mail, None) is None
    portal.settings = portal.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1:2525"})
    assert isinstance(adapter_for(portal, city, mail, None), EmailAdapter)


def test_taken_is_settled_once(portal, city, sender, report):
    report()
    sender.adapter = Saying(Taken("26-5"))
    assert sender.send_one()
    assert not sender.send_one()


def messages_of(portal) -> dict[str, tuple]:
    with portal.core.connect() as connection:
        rows = connection.execute(
            select(Case.case_id, OutboxMessage.state, OutboxMessage.answer).join(
                Case, Case.id == OutboxMessage.case_key
            )
        )
        return {number: (state, answer) for number, state, answer in rows}


def test_a_message_that_cannot_be_read_waits_and_the_others_go(portal, sender, report, desk, clock):
    broken, *others = [report(key=f"a-long-enough-key-{number}").case_id for number in range(3)]
    with portal.transaction() as connection:
        of_case = select(Case.id).where(Case.case_id == broken).scalar_subquery()
        connection.execute(
            update(ReportRow).where(ReportRow.case_key == of_case).values(answers="{no json")
        )
    sender.send_all(threading.Event())
    found = messages_of(portal)
    assert [found[number][0] for number in others] == ["sent", "sent"]
    assert found[broken][0] == "pending"
    assert found[broken][1].startswith("What is stored of it cannot be read: JSONDecodeError")
    clock.now += MENDING_SECONDS + 1
    sender.send_all(threading.Event())
    assert messages_of(portal)[broken][0] == "stuck"
    assert len(desk_rows(desk, "id")) == 2


def test_an_answer_that_cannot_be_stored_is_for_staff_and_the_others_go(
    portal, sender, report, said
):
    numbers = [report(key=f"a-long-enough-key-{number}").case_id for number in range(3)]
    usual = sender.adapter.send
    answers = [Taken(object()), None, None]  # pyright: ignore[reportArgumentType]
    sender.adapter.send = lambda message: answers.pop(0) or usual(message)
    sender.send_all(threading.Event())
    states = sorted(state for state, _ in messages_of(portal).values())
    assert states == ["sent", "sent", "stuck"]
    assert len(numbers) == 3
    assert any("could not be told" in line for line in said)
