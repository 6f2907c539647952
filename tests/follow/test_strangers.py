"""A mailbox that has confirmed nothing gets five e-mails a day, whatever causes them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from portal.notifications import following
from portal.notifications.contacts import Recipient
from portal.notifications.strangers import DAY_SECONDS, next_day
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.services.staff.audit import Act
from portal.services.staff.moderation import release_case
from portal.store.report_models import ReportRow
from tests.follow.conftest import NO_SIGNALS, NOON, REPORT, send_all

MIDNIGHT = next_day(NOON)
STRANGER = "cy@example.org"


@pytest.fixture
def report(portal, city, add_case):
    """report(7, "cy@example.org") takes the seventh report, with this address."""
    add_case("101")

    def take(number: int, email: str = STRANGER, now: int = NOON, signals=NO_SIGNALS) -> str:
        said = replace(REPORT, email=email, idempotency_key=f"the-form-number-{number:04}")
        return submit(portal, city, said, (), signals, now).case_id

    return take


def test_forty_reports_with_a_strangers_address_are_taken_and_cause_five_emails(
    portal, report, mailer, post
):
    for number in range(40):
        report(number)
    send_all(mailer)
    assert len(post.emails) == 5
    with portal.core.connect() as connection:
        assert connection.execute(select(func.count()).select_from(ReportRow)).scalar() == 40


def test_reports_and_follows_count_together(portal, city, add_case, report, mailer, post, clock):
    for number in range(3):
        report(number)
    for number in range(5):
        case = add_case(f"20{number}")
        said = Recipient(STRANGER, "en")
        assert following.request_following(portal, city, case, said, None, NOON) == "asked"
    clock.now = NOON + 60
    send_all(mailer)
    assert len(post.emails) == 5
    assert {email["To"] for email in post.emails} == {STRANGER}


@pytest.mark.parametrize(
    "spelling", ["Cy@example.org", "CY+{n}@Example.org", "cy+spam+{n}@example.org"]
)
def test_another_spelling_of_the_address_is_the_same_mailbox(report, mailer, post, spelling):
    for number in range(20):
        report(number, spelling.format(n=number))
    send_all(mailer)
    assert len(post.emails) == 5


def test_another_mailbox_gets_its_own(report, mailer, post):
    for number in range(8):
        report(number)
    report(99, "di@example.org")
    send_all(mailer)
    assert [email["To"] for email in post.emails].count("di@example.org") == 1


def test_what_comes_of_the_reports_counts_too_and_waits_for_tomorrow(
    report, echo, mailer, post, clock
):
    number = report(0)
    for more in range(1, 5):
        report(more)
    echo(number, "closed", 13)
    clock.now = NOON + 2 * 3_600
    send_all(mailer)
    assert post.subjects == ["Your"] * 5
    clock.now = MIDNIGHT - 1
    send_all(mailer)
    assert len(post.emails) == 5
    clock.now = MIDNIGHT
    send_all(mailer)
    assert post.subjects[5:] == ["Closed"]


def test_the_next_day_begins_anew(report, mailer, post, clock):
    for number in range(8):
        report(number)
    for number in range(10, 18):
        report(number, now=NOON + DAY_SECONDS)
    clock.now = NOON + DAY_SECONDS
    send_all(mailer)
    assert len(post.emails) == 10


def test_a_held_report_that_staff_release_counts_too(portal, city, report, mailer, post):
    held = report(0, signals=Signals(is_trap_filled=True))
    for number in range(1, 6):
        report(number)
    release_case(portal, city, held, Act("Ana", "it is fine", NOON))
    send_all(mailer)
    assert len(post.emails) == 5
