"""When the city joins two cases of one problem, the people of both hear of its end, once each."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from portal.notifications import following
from portal.notifications.contacts import Recipient
from portal.queries.cases.linked_cases import linked_cases
from portal.services.report import private_link
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from tests.follow.conftest import NOON, REPORT, send_all
from tests.sync.support import record, save

JOINED = {"status": "closed", "closure_reason": "Already reported.", "parent_id": "WO-1"}
TWO = datetime(2026, 11, 23, 14, tzinfo=UTC)
FIXED = {"status": "closed", "closure_reason": "Filled."}


@pytest.fixture
def send(portal, city, add_case):
    """send("ana@example.org"): a report of hers."""
    add_case("101")

    def report(email: str, **fields):
        key = f"a form that {email} filled in"
        return submit(
            portal,
            city,
            replace(REPORT, email=email, idempotency_key=key, **fields),
            (),
            Signals(),
            NOON,
        )

    return report


@pytest.fixture
def told(city):
    """told("WO-1", number, hour): the city's record of a case; `number` is ours."""

    def make(city_number: str, number: str, hour: int, **fields):
        moment = datetime(2026, 11, 23, hour, tzinfo=UTC)
        noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
        if fields.get("status") == "closed":
            fields["closed_at"] = moment
        return record(city_number, reference=number, updated_at=moment, opened_at=noon, **fields)

    return make


@pytest.fixture
def two(portal, city, send, told):
    """Ana's report, and Bo's, which the city counts with it from one o'clock."""
    first, second = send("ana@example.org"), send("bo@example.org")
    save(portal, city, told("WO-1", first.case_id, 12), told("WO-2", second.case_id, 12))
    return first, second


@pytest.fixture
def follow(portal, city):
    def add(number: str, *people: str) -> None:
        with portal.transaction() as connection:
            for person in people:
                case = key_of(connection, number)
                to = Recipient(person, "en")
                following.add_follower(connection, portal.settings, city.id, case, to, NOON)

    return add


def key_of(connection, number: str) -> int:
    query = text("select id from cases where case_id = :number")
    return connection.execute(query, {"number": number}).scalar_one()


def close_first(portal, city, told, first, second) -> None:
    save(portal, city, told("WO-2", second.case_id, 13, **JOINED))
    save(portal, city, told("WO-1", first.case_id, 14, **FIXED))


def emails_since(post, mailer) -> list:
    before = len(post.emails)
    send_all(mailer)
    return post.emails[before:]


def test_people_of_both_cases_hear_when_the_first_is_closed_and_opened_again(
    portal, city, two, told, follow, mailer, post
):
    first, second = two
    follow(second.case_id, "cy@example.org")
    send_all(mailer)
    save(portal, city, told("WO-2", second.case_id, 13, **JOINED))
    joined = emails_since(post, mailer)
    assert {email["To"] for email in joined} == {"bo@example.org", "cy@example.org"}
    page = f"{mailer._site}/cases/{first.case_id}"
    number = f"{first.case_id[:4]}-{first.case_id[4:7]}-{first.case_id[7:]}"
    for email in joined:
        assert f"again when case {number} is closed:\n{page}\n" in email.get_content()
    save(portal, city, told("WO-1", first.case_id, 14, **FIXED))
    closed = emails_since(post, mailer)
    assert Counter(email["To"] for email in closed) == Counter(
        ["ana@example.org", "bo@example.org", "cy@example.org"]
    )
    (to_bo,) = (email for email in closed if email["To"] == "bo@example.org")
    lines = to_bo.get_content()
    assert f"closed case {number}, the same problem as your report" in lines
    assert f"The city wrote:\nFilled.\n\n{page}\n" in lines
    assert f"/mine/{second.token}" in lines
    assert first.token not in lines
    (to_cy,) = (email for email in closed if email["To"] == "cy@example.org")
    assert "which you follow" in to_cy.get_content()
    save(portal, city, told("WO-1", first.case_id, 15))
    assert len(emails_since(post, mailer)) == 3


def test_a_person_of_several_of_the_cases_gets_one_email(
    portal, city, two, send, told, follow, mailer, post
):
    first, second = two
    third = send("ANA@example.org")
    save(portal, city, told("WO-3", third.case_id, 12))
    follow(first.case_id, "cy@example.org", "bo@example.org")
    follow(second.case_id, "cy@example.org", "ana@example.org", "di@example.org")
    follow(third.case_id, "cy@example.org", "di@example.org")
    save(portal, city, told("WO-3", third.case_id, 13, **JOINED))
    save(portal, city, told("WO-2", second.case_id, 13, **JOINED))
    send_all(mailer)
    save(portal, city, told("WO-1", first.case_id, 14, **FIXED))
    people = [email["To"].lower() for email in emails_since(post, mailer)]
    assert Counter(people) == Counter(f"{name}@example.org" for name in ("ana", "bo", "cy", "di"))


def test_closed_in_one_go_both_get_one_email(portal, city, two, told, follow, mailer, post):
    first, second = two
    follow(second.case_id, "ana@example.org")
    send_all(mailer)
    joined, fixed = (
        told("WO-2", second.case_id, 13, **JOINED),
        told("WO-1", first.case_id, 14, **FIXED),
    )
    save(portal, city, joined, fixed)
    assert sorted(email["To"] for email in emails_since(post, mailer)) == [
        "ana@example.org",
        "bo@example.org",
    ]


def test_a_repeat_that_comes_after_the_closing_tells_of_it(portal, city, two, told, mailer, post):
    first, second = two
    save(portal, city, told("WO-1", first.case_id, 13, **FIXED))
    send_all(mailer)
    save(portal, city, told("WO-2", second.case_id, 14, **JOINED))
    (email,) = emails_since(post, mailer)
    assert "is closed, too.\nClosed on November 23, 2026.\n\nThe city wrote:\nFilled." in (
        email.get_content()
    )


def test_who_withdrew_the_first_report_or_stopped_still_hears_of_their_other_case(
    portal, city, send, told, follow, mailer, post
):
    first, second = send("ana@example.org"), send("Ana@example.org")
    save(portal, city, told("WO-1", first.case_id, 12), told("WO-2", second.case_id, 12))
    private_link.retract_report(portal, city, first.token, NOON)
    send_all(mailer)
    close_first(portal, city, told, first, second)
    assert [email["To"] for email in emails_since(post, mailer)][-1] == "Ana@example.org"


def test_a_case_taken_apart_again_hears_nothing_more_of_the_other(
    portal, city, two, told, mailer, post
):
    first, second = two
    save(portal, city, told("WO-2", second.case_id, 13, **JOINED))
    save(portal, city, told("WO-2", second.case_id, 14))
    send_all(mailer)
    save(portal, city, told("WO-1", first.case_id, 15, **FIXED))
    assert [email["To"] for email in emails_since(post, mailer)] == ["ana@example.org"]


def test_a_case_with_repeats_that_is_a_repeat_itself_takes_them_along(
    portal, city, two, send, told, mailer, post
):
    first, second = two
    third = send("di@example.org")
    save(portal, city, told("WO-3", third.case_id, 12))
    save(portal, city, told("WO-2", second.case_id, 13, **JOINED))
    send_all(mailer)
    to_third = JOINED | {"parent_id": "WO-3"}
    moved = replace(told("WO-2", second.case_id, 13, **to_third), updated_at=TWO)
    save(portal, city, told("WO-1", first.case_id, 14, **to_third), moved)
    assert [email["To"] for email in emails_since(post, mailer)] == ["ana@example.org"]
    save(portal, city, told("WO-3", third.case_id, 15, **FIXED))
    assert sorted(email["To"] for email in emails_since(post, mailer)) == [
        "ana@example.org",
        "bo@example.org",
        "di@example.org",
    ]


def test_nothing_of_a_hidden_first_case_is_told_but_that_it_is_closed(
    portal, city, two, told, follow, mailer, post
):
    first, second = two
    follow(second.case_id, "cy@example.org")
    moderation.hold_case(portal, city, first.case_id, Act("Ana", "names a neighbor", NOON))
    save(portal, city, told("WO-2", second.case_id, 13, **JOINED))
    for email in emails_since(post, mailer):
        if email["To"] != "ana@example.org":
            assert first.case_id[:4] not in email.get_content()
    save(portal, city, told("WO-1", first.case_id, 14, **FIXED, closed_photo_url="https://x/1.jpg"))
    to_others = [mail for mail in emails_since(post, mailer) if mail["To"] != "ana@example.org"]
    assert [email["To"] for email in to_others] == ["bo@example.org"]
    said = to_others[0].get_content()
    assert "has closed another report of the same problem as your report" in said
    assert not any(word in said for word in (first.case_id[:4], "Filled", "Closed on"))


def test_two_cases_reported_here_lead_to_each_other(portal, city, two, told):
    first, second = two
    save(portal, city, told("WO-2", second.case_id, 13, **JOINED))
    with portal.public.connect() as connection:
        repeat = linked_cases(connection, city.id, second.case_id, NOON)
        other = linked_cases(connection, city.id, first.case_id, NOON)
    assert repeat.parent is not None
    assert repeat.parent.case_id == first.case_id
    assert [case.case_id for case in other.repeats] == [second.case_id]


def test_of_two_parents_the_public_one_is_named_and_a_hidden_one_only_to_close(
    portal, city, two, told, add_case, mailer, post
):
    """The number of a case here may be that of one that the city has hidden."""
    first, second = two
    add_case("WO-1", visibility="held")
    save(portal, city, told("WO-2", second.case_id, 13, **JOINED))
    own = private_link.own_report(portal, city.id, second.token)
    assert own.repeated_case == first.case_id
    send_all(mailer)
    assert f"/cases/{first.case_id}\n" in post.emails[-1].get_content()
    moderation.hold_case(portal, city, first.case_id, Act("Ana", "names a neighbor", NOON))
    assert private_link.own_report(portal, city.id, second.token).repeated_case is None


def test_the_city_s_own_case_comes_before_a_report_that_has_its_number(
    portal, city, two, told, add_case
):
    _, second = two
    add_case("WO-1")
    save(portal, city, told("WO-2", second.case_id, 13, **JOINED))
    assert private_link.own_report(portal, city.id, second.token).repeated_case == "WO-1"


def test_the_city_s_record_of_a_report_that_was_joined_with_it_is_no_parent(
    portal, city, two, told, add_case
):
    first, second = two
    add_case("WO-1", source="merged")
    save(portal, city, told("WO-2", second.case_id, 13, **JOINED))
    assert private_link.own_report(portal, city.id, second.token).repeated_case == first.case_id


def test_a_case_that_its_city_ties_to_itself_repeats_none(portal, city, two, told, mailer, post):
    first, _ = two
    send_all(mailer)
    save(portal, city, told("WO-1", first.case_id, 13, **(JOINED | FIXED)))
    [email] = emails_since(post, mailer)
    assert "the same problem" not in email.get_content()
    assert private_link.own_report(portal, city.id, first.token).repeated_case is None
