"""A resident hears what becomes of a report: once, in order, and only while they want to."""

from __future__ import annotations

import smtplib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text, update

from data_sync.dispatch.mailer import Mailer, deliver_to_folder, make_mailers
from portal.domain.case import CityNote
from portal.notifications import alerts
from portal.queries.staff.failed_emails import failed_emails
from portal.services.forgetting import SYNC_NOTES_SECONDS, forget_expired
from portal.services.report import private_link
from portal.services.report.review import Signals
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from portal.store.follower_models import Alert
from portal.store.report_models import Contact
from tests.follow.conftest import NOON, REPORT, send_all
from tests.support.queries import rows_of
from tests.sync.support import record, save


def states(portal) -> list[tuple]:
    return rows_of(portal.core, select(Alert.kind, Alert.state).order_by(Alert.rev, Alert.kind))


def test_who_gives_an_address_is_told_of_the_report_and_of_its_closing(take, echo, mailer, post):
    accepted = take()
    send_all(mailer)
    echo(accepted.case_id, "open", 13)
    echo(accepted.case_id, "closed", 14)
    send_all(mailer)
    assert post.subjects == ["Your", "Closed"]
    assert post.emails[1]["To"] == "ana@example.org"
    assert f"/mine/{accepted.token}" in post.emails[1].get_content()
    assert "Filled." in post.emails[1].get_content()


def test_who_gives_none_is_told_nothing(take, echo, mailer, portal):
    echo(take(replace(REPORT, email="")).case_id, "closed", 13)
    assert states(portal) == []
    assert not mailer.send_one()


def test_the_same_closing_again_is_no_news(take, echo, mailer, post):
    number = take().case_id
    for hour in (13, 14, 15):
        echo(number, "closed", hour)
    send_all(mailer)
    assert post.subjects == ["Your", "Closed"]


def test_opened_again_and_closed_again_are_told_each(take, echo, mailer, post):
    number = take().case_id
    for status, hour in (("closed", 13), ("open", 14), ("closed", 15)):
        echo(number, status, hour)
        send_all(mailer)
    assert post.subjects == ["Your", "Closed", "Open", "Closed"]


def test_a_city_that_takes_no_reports_any_more_still_writes_to_who_reported_before(
    take, portal, city, post, clock, said
):
    """It wrote to no one: no e-mail was queued, and there was no mailer."""
    number = take().case_id
    former = replace(city, systems=(), routes=(), catch_all=None)
    portal.cities = {city.id: former}
    portal.settings = portal.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1"})
    assert not former.takes_reports
    moment = datetime(2026, 11, 23, 14, tzinfo=UTC)
    closed = record(
        "WO-1",
        reference=number,
        status="closed",
        closed_at=moment,
        updated_at=moment,
        opened_at=moment,
    )
    save(portal, former, closed)
    [found] = make_mailers(portal, said.append)
    send_all(Mailer(portal, found.city, post, clock, said.append))
    assert post.subjects == ["Your", "Closed"]


def test_what_was_over_before_the_email_went_out_is_not_told(take, echo, mailer, post, portal):
    number = take().case_id
    echo(number, "closed", 13)
    echo(number, "open", 14)
    send_all(mailer)
    assert sorted(post.subjects) == ["Open", "Your"]
    assert ("closed", "outdated") in states(portal)


def test_a_private_report_is_told_of_too(take, echo, mailer, post):
    echo(take(replace(REPORT, is_public=False)).case_id, "closed", 13, is_public=False)
    send_all(mailer)
    assert post.subjects == ["Your", "Closed"]


def test_a_report_that_may_be_a_program_s_writes_to_no_one_at_once(take, mailer, post):
    take(signals=Signals(is_trap_filled=True))
    send_all(mailer)
    assert post.emails == []


def test_a_report_taken_back_is_not_written_about(take, echo, mailer, post, portal, city):
    accepted = take()
    private_link.retract_report(portal, city, accepted.token, NOON)
    echo(accepted.case_id, "closed", 13)
    send_all(mailer)
    assert post.emails == []


def test_emails_stop_when_the_resident_says_so_and_the_address_is_gone(
    take, echo, mailer, post, portal, city
):
    accepted = take()
    send_all(mailer)
    private_link.stop_emails(portal, city, accepted.token)
    echo(accepted.case_id, "closed", 13)
    send_all(mailer)
    assert post.subjects == ["Your"]
    with portal.core.connect() as connection:
        assert connection.execute(text("select count(*) from contacts")).scalar() == 0


def test_a_mail_server_that_is_down_is_tried_again_with_the_same_email(take, mailer, post, clock):
    take()
    post.problems = [OSError("no route"), smtplib.SMTPServerDisconnected("gone")]
    assert mailer.send_one()
    assert not mailer.send_one()
    clock.now += 31
    assert mailer.send_one()
    clock.now += 61
    send_all(mailer)
    assert post.subjects == ["Your"]


def test_what_a_mailbox_refuses_for_good_is_given_up(take, mailer, post, portal, said):
    take()
    post.problems = [smtplib.SMTPRecipientsRefused({"ana@example.org": (550, b"no such user")})]
    send_all(mailer)
    assert states(portal) == [("received", "failed")]
    assert "550" in said[0]
    assert "ana@" not in said[0]


def test_after_three_days_we_stop_trying(take, mailer, post, portal, clock):
    take()
    post.problems = [OSError("no route")] * 200
    for _ in range(200):
        clock.now += 3_600
        mailer.send_one()
    assert states(portal) == [("received", "failed")]
    assert 70 <= 200 - len(post.problems) <= 80


def test_who_spoke_a_language_that_is_gone_is_written_to_in_english(take, mailer, post):
    take(replace(REPORT, language="xx"))
    send_all(mailer)
    assert post.subjects == ["Your"]


def test_an_alert_is_claimed_by_one(take, portal, city):
    take()
    with portal.transaction() as connection:
        assert alerts.claim_alert(connection, city.id, NOON) is not None
        assert alerts.claim_alert(connection, city.id, NOON) is None
        assert alerts.claim_alert(connection, city.id, NOON + alerts.LEASE_SECONDS) is not None


def test_who_lost_the_lease_records_nothing(take, portal, city):
    take()
    with portal.transaction() as connection:
        late = alerts.claim_alert(connection, city.id, NOON)
        alerts.claim_alert(connection, city.id, NOON + alerts.LEASE_SECONDS)
        assert late
        alerts.record_result(connection, city.id, late, alerts.SENT, None, NOON)
    assert states(portal) == [("received", "pending")]


def test_that_an_email_was_sent_is_forgotten_after_a_time(take, mailer, portal):
    take()
    send_all(mailer)
    forget_expired(portal, NOON + SYNC_NOTES_SECONDS - 1)
    assert states(portal) == [("received", "sent")]
    forget_expired(portal, NOON + SYNC_NOTES_SECONDS + 1)
    assert states(portal) == []


def test_a_folder_keeps_each_email_once(take, mailer, tmp_path):
    mailer.deliver = deliver_to_folder(tmp_path / "mail")
    take()
    send_all(mailer)
    (kept,) = (tmp_path / "mail").iterdir()
    assert kept.suffix == ".eml"
    assert b"To: ana@example.org" in kept.read_bytes()


def test_there_is_a_mailer_only_where_emails_can_be_sent(portal, city):
    assert make_mailers(portal, print) == []
    portal.cities = {city.id: replace(city, is_demonstration=True)}
    assert len(make_mailers(portal, print)) == 1


@pytest.mark.parametrize(
    "problem",
    [
        ValueError("a header with a line end"),
        UnicodeEncodeError("ascii", "é", 0, 1, "no"),
        IndexError("list index out of range"),
        RecursionError(),
        KeyError("x"),
        smtplib.SMTPDataError(451, b"later"),
    ],
    ids=lambda problem: type(problem).__name__,
)
def test_whatever_one_email_raises_the_others_go(portal, take, mailer, post, clock, problem):
    """Five addresses that no library could write stopped every e-mail of the city."""
    post.problems = [problem] * 5
    for number in range(8):
        take(
            replace(REPORT, email=f"n{number}@example.org", idempotency_key=f"a-long-key-{number}")
        )
    send_all(mailer)
    assert len(post.emails) == 3
    clock.now += 3_600
    send_all(mailer)
    assert len(post.emails) == 8


def test_an_email_that_cannot_be_made_waits_three_days_fails_and_staff_see_it(
    portal, city, take, mailer, post, clock, said
):
    number = take().case_id
    with portal.transaction() as connection:
        connection.execute(update(Contact).values(address="not what we encrypted"))
    send_all(mailer)
    assert states(portal) == [("received", "pending")]
    while clock.now <= NOON + 75 * 3_600:
        clock.now += 1_800
        send_all(mailer)
    assert (post.emails, states(portal)) == ([], [("received", "failed")])
    with portal.core.connect() as connection:
        (shown,) = failed_emails(connection, city.id)
    assert (shown.case_id, shown.kind, shown.is_given_up) == (number, "received", True)
    assert shown.answer.startswith("unexpected InvalidToken")
    assert 1 <= len(said) <= 4


def test_staff_see_an_email_in_trouble_before_it_fails_and_never_its_address(
    portal, city, take, mailer, post, clock
):
    post.problems = [
        smtplib.SMTPRecipientsRefused({"ana@example.org": (451, b"<ana@example.org>: try later")})
    ] * 3
    take()
    for _ in range(3):
        send_all(mailer)
        with portal.core.connect() as connection:
            shown = failed_emails(connection, city.id)
        clock.now += 3_600
    assert [(email.attempts, email.is_given_up) for email in shown] == [(3, False)]
    assert "451" in shown[0].answer
    assert "ana@" not in shown[0].answer


def test_a_city_without_trouble_has_none_to_show(portal, city, take, mailer):
    take()
    send_all(mailer)
    with portal.core.connect() as connection:
        assert failed_emails(connection, city.id) == ()


def said_by_city(words: str, hour: int, kind: str = "note") -> CityNote:
    return CityNote(kind, words, datetime(2026, 11, 23, hour, tzinfo=UTC))


def test_a_message_to_the_public_is_sent_once_to_who_reported(take, echo, mailer, post):
    number = take().case_id
    echo(number, "open", 13)
    message = said_by_city("A crew comes on Monday.", 14)
    echo(number, "open", 14, notes=(message,))
    echo(number, "open", 15, notes=(message,), queue="Crew 7")
    send_all(mailer)
    assert post.subjects == ["Your", "The"]
    assert "The city wrote:\nA crew comes on Monday.\n" in post.emails[1].get_content()


def test_the_reason_for_opening_a_case_again_is_in_the_email(take, echo, mailer, post):
    number = take().case_id
    echo(number, "closed", 13)
    send_all(mailer)
    again = said_by_city("The patch has <b>sunk</b>. Call 617-555-0123.", 14, "reopened")
    echo(number, "open", 14, notes=(again,))
    send_all(mailer)
    content = post.emails[2].get_content()
    assert "The city wrote:\nThe patch has sunk." in content
    assert "555" not in content


def test_old_notes_that_a_source_begins_to_show_are_no_news(take, echo, mailer, post):
    number = take().case_id
    echo(number, "open", 14)
    echo(number, "open", 15, notes=(said_by_city("Looked at.", 13),))
    send_all(mailer)
    assert post.subjects == ["Your"]


def test_words_hidden_before_the_email_went_out_are_not_sent(
    take, echo, mailer, post, portal, city
):
    number = take().case_id
    echo(number, "open", 14, notes=(said_by_city("Ask Bo Miller.", 14),))
    act = Act("Ana", "a name", NOON)
    moderation.hide_words(portal, city, number, "city_notes", "", act)
    send_all(mailer)
    assert post.subjects == ["Your"]
