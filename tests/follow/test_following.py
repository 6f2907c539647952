"""Following a case that someone else reported: with a confirmed address, while it is public."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest
from sqlalchemy import text

from portal.domain.filters import CaseFilter
from portal.domain.sort_order import CaseOrder
from portal.errors import NotFound
from portal.facts import publish
from portal.filter_sql import Selection
from portal.notifications import following
from portal.notifications.contacts import KEPT_SECONDS, Recipient
from portal.notifications.following import OF_EVERYONE, OF_NETWORK, UNCONFIRMED_SECONDS
from portal.notifications.strangers import A_DAY
from portal.queries.cases.case_detail import case_by_id
from portal.queries.cases.case_lists import cases_in_order
from portal.services.forgetting import forget_expired
from portal.services.shared.visibility import set_visibility
from tests.follow.conftest import NOON, REPORT, send_all

BO, CY = "bo@example.org", "cy@example.org"


@pytest.fixture
def ask(portal, city):
    return lambda number, email=BO, now=NOON, network="203.0.113.7": following.request_following(
        portal, city, number, Recipient(email, "en"), network, now
    )


@pytest.fixture
def number(take) -> str:
    """The number of Ana's public report."""
    return take(replace(REPORT, email="")).case_id


@pytest.fixture
def follow(portal, city, ask, mailer, post):
    """follow(number, email) asks, reads the e-mail and confirms; returns the token of the link."""

    def begin(number: str, email: str = BO) -> str:
        ask(number, email)
        send_all(mailer)
        token = token_in(post.emails[-1])
        following.confirm_following(portal, city, token, NOON)
        return token

    return begin


def token_in(email) -> str:
    return re.search(r"/following/([\w-]{22})$", email.get_content(), re.MULTILINE)[1]


def followers_of(portal, city, number: str) -> int:
    with portal.public.connect() as connection:
        return case_by_id(connection, city.id, number).followers


def kept(portal) -> int:
    with portal.core.connect() as connection:
        return connection.execute(text("select count(*) from followers")).scalar_one()


def test_who_confirms_follows_and_hears_of_the_closing(
    portal, city, number, follow, echo, mailer, post
):
    token = follow(number)
    echo(number, "open", 13)
    echo(number, "closed", 14)
    send_all(mailer)
    assert post.subjects == ["Do", "Closed"]
    closing = post.emails[1]
    assert closing["To"] == BO
    assert closing.get_content().startswith(
        f"Smallville has closed case {number[:4]}-{number[4:7]}-{number[7:]},"
        " which you follow: Pothole."
    )
    assert closing["List-Unsubscribe"] == f"<{portal.settings.site_url}/following/{token}/stop>"
    assert closing["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"/cases/{number}\n" in closing.get_content()
    assert "/mine/" not in closing.get_content()


def test_who_does_not_answer_is_neither_counted_nor_told(
    portal, city, number, ask, echo, mailer, post
):
    ask(number)
    echo(number, "closed", 14)
    send_all(mailer)
    assert post.subjects == ["Do"]
    assert followers_of(portal, city, number) == 0


def test_followers_are_counted_once_each_and_a_change_reaches_the_facts(
    portal, city, number, follow
):
    assert followers_of(portal, city, number) == 0
    token, _ = follow(number, BO), follow(number, CY)
    following.confirm_following(portal, city, token, NOON)
    assert followers_of(portal, city, number) == 2
    publish.update(portal.core, city, portal.facts_folder)
    assert portal.facts(city.id).rows(
        "select case_id, followers from cases where followers > 0"
    ) == [(number, 2)]
    following.stop_following(portal, city, token, NOON)
    assert followers_of(portal, city, number) == 1
    publish.update(portal.core, city, portal.facts_folder)
    assert portal.facts(city.id).rows(
        "select followers from cases where case_id = ?", [number]
    ) == [(1,)]


def test_who_stops_before_confirming_is_taken_from_no_number(
    portal, city, number, ask, follow, mailer, post
):
    """It would be minus one follower."""
    ask(number, BO)
    send_all(mailer)
    token = token_in(post.emails[-1])
    before = portal.data_version(city.id)
    following.stop_following(portal, city, token, NOON)
    assert followers_of(portal, city, number) == 0
    assert portal.data_version(city.id) == before
    follow(number, CY)
    ask(number, BO)
    following.stop_following(portal, city, token, NOON)
    assert followers_of(portal, city, number) == 1


def test_no_order_of_asking_confirming_and_stopping_makes_a_number_that_is_not_true(
    portal, city, number, ask, mailer, post
):
    """Every way of four steps by one person, counted by hand beside it."""
    ask(number)
    send_all(mailer)
    token = token_in(post.emails[-1])
    for steps in itertools.product(("ask", "confirm", "stop"), repeat=4):
        has_asked = _carry_out(portal, city, number, token, "stop", ask)
        confirmed = has_asked = False
        for step in steps:
            is_done = _carry_out(portal, city, number, token, step, ask)
            assert is_done == (step == "ask" or has_asked)
            has_asked = step != "stop" and (has_asked or step == "ask")
            confirmed = has_asked and (confirmed or step == "confirm")
            assert followers_of(portal, city, number) == int(confirmed), steps


def _carry_out(portal, city, number: str, token: str, step: str, ask) -> bool:
    """Whether the step was possible."""
    try:
        if step == "ask":
            ask(number, network=None)
        elif step == "confirm":
            following.confirm_following(portal, city, token, NOON)
        else:
            following.stop_following(portal, city, token, NOON)
    except NotFound:
        return False
    return True


def test_a_sync_changes_nothing_of_who_follows(portal, city, number, follow, echo):
    follow(number)
    echo(number, "open", 13)
    echo(number, "closed", 14)
    assert followers_of(portal, city, number) == 1


def test_who_has_stopped_is_forgotten_and_told_nothing_more(
    portal, city, number, follow, echo, mailer, post
):
    token = follow(number)
    following.stop_following(portal, city, token, NOON)
    echo(number, "closed", 14)
    send_all(mailer)
    assert post.subjects == ["Do"]
    assert kept(portal) == 0
    for change in (following.confirm_following, following.stop_following):
        with pytest.raises(NotFound):
            change(portal, city, token, NOON)


def test_opened_again_is_told_and_a_closing_that_was_overtaken_is_not(
    number, follow, echo, mailer, post
):
    follow(number)
    echo(number, "closed", 13)
    echo(number, "open", 14)
    send_all(mailer)
    assert post.subjects == ["Do", "Open"]


def test_a_case_that_is_private_when_the_email_goes_out_is_told_to_no_one(
    portal, city, number, follow, echo, mailer, post
):
    follow(number)
    echo(number, "closed", 13)
    with portal.transaction() as connection:
        case = connection.execute(
            text("select id from cases where case_id = :number"), {"number": number}
        ).scalar_one()
        set_visibility(connection, city, case, "held", NOON)
    send_all(mailer)
    assert post.subjects == ["Do"]


def test_a_private_case_and_one_there_is_not_are_answered_alike(ask, add_case, portal):
    add_case("C-9", visibility="service")
    for number in ("C-9", "C-10", "", "\x00"):
        with pytest.raises(NotFound, match="no public case"):
            ask(number)
    assert kept(portal) == 0


def test_a_resident_who_follows_their_own_report_gets_one_email(
    portal, city, take, ask, echo, mailer, post
):
    number = take().case_id
    ask(number, REPORT.email)
    send_all(mailer)
    assert post.subjects == ["Your"]
    echo(number, "closed", 14)
    send_all(mailer)
    assert post.subjects == ["Your", "Closed"]


def test_a_resident_who_follows_in_capitals_gets_one_email_too(take, ask, mailer, post):
    """ANA@example.org was taken for another person."""
    ask(take().case_id, REPORT.email.upper())
    send_all(mailer)
    assert post.subjects == ["Your"]


def test_no_one_else_chooses_the_language_of_a_follower_s_emails(
    portal, city, number, follow, echo, mailer, post
):
    """Anyone who gave the address again changed it."""
    follow(number)
    assert (
        following.request_following(portal, city, number, Recipient(BO, "es"), "198.51.100.9", NOON)
        == "asked"
    )
    echo(number, "closed", 14)
    send_all(mailer)
    assert post.emails[-1]["Content-Language"] == "en"


def test_a_household_that_never_stops_asking_takes_nothing_from_the_others(number, ask):
    """Refused requests still used up the city's limit, until no one could ask."""
    for n in range(OF_EVERYONE.capacity + 1):
        ask(number, f"n{n}@example.org")
    assert ask(number, CY, network="198.51.100.9") == "asked"


def test_who_asks_again_gets_the_same_answer_and_is_kept_once(
    portal, number, ask, follow, mailer, post
):
    follow(number)
    assert ask(number) == ask(number, BO.upper()) == "asked"
    send_all(mailer)
    assert post.subjects == ["Do"]
    assert kept(portal) == 1


def test_one_address_is_asked_five_times_a_day_no_matter_who_gives_it(
    number, ask, clock, mailer, post
):
    for n in range(8):
        assert ask(number, BO, NOON + n, network=f"203.0.113.{n}") == "asked"
    clock.now += 8
    send_all(mailer)
    assert len(post.emails) == A_DAY.capacity == 5


def test_one_household_may_ask_ten_times_and_then_waits(number, ask, portal):
    answers = [ask(number, f"n{n}@example.org") for n in range(12)]
    assert answers == ["asked"] * OF_NETWORK.capacity + ["too many"] * 2
    assert ask(number, "later@example.org", NOON + 3_600) == "asked"


def test_who_never_answers_is_forgotten_in_a_week_and_who_follows_half_a_year_after_closing(
    portal, city, number, ask, follow, echo
):
    follow(number, CY)
    ask(number, BO)
    forget_expired(portal, NOON + UNCONFIRMED_SECONDS)
    assert kept(portal) == 2
    forget_expired(portal, NOON + UNCONFIRMED_SECONDS + 1)
    assert kept(portal) == 1
    echo(number, "closed", 14)
    forget_expired(portal, NOON + KEPT_SECONDS)
    assert kept(portal) == 1
    forget_expired(portal, NOON + KEPT_SECONDS + 3 * 3_600)
    assert kept(portal) == 0
    assert followers_of(portal, city, number) == 1


def test_the_store_holds_neither_address_nor_token(portal, number, follow):
    token = follow(number)
    with portal.core.connect() as connection:
        tables = ("followers", "alerts", "buckets")
        held = str(
            [
                tuple(row)
                for table in tables
                for row in connection.execute(text(f"select * from {table}"))
            ]
        )
    assert token not in held
    assert BO not in held


def test_the_most_followed_come_first_and_pages_go_on_where_the_last_ended(
    portal, city, add_case, follow
):
    for number in ("A-1", "A-2", "A-3", "A-4"):
        add_case(number)
    for number, people in (("A-2", 1), ("A-3", 2)):
        for person in range(people):
            follow(number, f"n{person}@example.org")
    publish.update(portal.core, city, portal.facts_folder)
    facts, order, seen, after = portal.facts(city.id), CaseOrder("followed"), [], None
    everything = Selection(CaseFilter(), city.zone, NOON)
    with portal.public.connect() as connection:
        for _ in range(2):
            page = cases_in_order(connection, city.id, facts, everything, order, 2, after)
            seen.append([(case.case_id, case.followers) for case in page.cases])
            after = page.next_after
    assert seen == [[("A-3", 2), ("A-2", 1)], [("A-4", 0), ("A-1", 0)]]
    assert after is None


def test_an_open_case_with_a_closing_time_keeps_its_followers_and_counts_none_of_them_again(
    portal, city, add_case, follow
):
    """Some cities leave the old closing time on cases they reopen.

    Followers of these were forgotten each night, and counted again.
    """
    add_case("A-1")
    with portal.transaction() as connection:
        connection.execute(
            text("update cases set closed_at = :long_ago where case_id = 'A-1'"),
            {"long_ago": NOON - 2 * KEPT_SECONDS},
        )
    for _ in range(2):
        follow("A-1")
        forget_expired(portal, NOON + 1)
    assert (kept(portal), followers_of(portal, city, "A-1")) == (1, 1)


def test_a_kill_between_the_closing_and_the_email_loses_none_and_repeats_none(
    portal, city, number, follow, echo, mailer, post, clock
):
    follow(number)
    echo(number, "closed", 13)
    post.problems = [SystemExit()]
    with pytest.raises(SystemExit):
        mailer.send_one()
    assert not mailer.send_one()  # its lease is still held
    clock.now += 121
    send_all(mailer)
    assert post.subjects == ["Do", "Closed"]
