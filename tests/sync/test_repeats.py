"""What the city says of a repeat is published as it is; a case that is hidden is not named."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.services.shared.visibility import set_visibility
from tests.support.reports import POTHOLE
from tests.sync.support import NOW, public_rows_of, record, save

AT = int(NOW.timestamp())
REASONS = "select new_value from public_case_revisions where field = 'closure_reason' order by rev"


def repeat(minutes: int, reason: str, parent: str | None = None):
    at = NOW - timedelta(hours=1) + timedelta(minutes=minutes)
    closing = {"status": "closed", "closed_at": at, "closure_reason": reason}
    return record("26-00000008", updated_at=at, parent_id=parent, **closing)


def reasons(portal) -> list[str]:
    return [value for (value,) in public_rows_of(portal, REASONS)]


def test_numbers_of_cases_stay_in_a_reason(portal, city):
    for number in ("26-00000007", "37RG-4P0-X00", "101005512345"):
        reason = f"Already reported as case {number}. Thank you."
        save(portal, city, repeat(1, reason), source=number)
        shown = "select closure_reason from public_cases order by id desc limit 1"
        assert public_rows_of(portal, shown) == [(reason,)]


def test_a_case_that_became_hidden_is_in_no_change_of_the_case_that_repeated_it(
    portal, city, add_case
):
    add_case("101")
    first = submit(portal, city, POTHOLE, (), Signals(), AT).case_id
    with portal.transaction() as connection:
        connection.execute(text("update outbox set tried_at = :now"), {"now": AT})
    echo = record("26-00000007", reference=first, opened_at=NOW, updated_at=NOW)
    save(portal, city, echo, record("26-00000008", updated_at=NOW - timedelta(hours=2)))
    shown = f"{first[:4]}-{first[4:7]}-{first[7:]}"
    save(portal, city, repeat(1, f"Already reported as case {shown}.", "26-00000007"))
    assert public_rows_of(portal, "select count(*) from public_case_parents") == [(1,)]
    assert shown in reasons(portal)[0]
    with portal.transaction() as connection:
        key = connection.execute(text("select id from cases where case_id = :c"), {"c": first})
        set_visibility(connection, city, key.scalar_one(), "reporter", AT)
    assert public_rows_of(portal, "select count(*) from public_case_parents") == [(0,)]
    closing = "select closure_reason from public_cases where case_id = '26-00000008'"
    assert public_rows_of(portal, closing) == [("Already reported.",)]
    assert reasons(portal) == []
    save(portal, city, repeat(2, "Already reported."))
    assert public_rows_of(portal, closing) == [("Already reported.",)]
    assert reasons(portal) == []


def test_other_words_of_a_repeat_lose_the_number_alone(portal, city):
    save(portal, city, record("7"), record("26-00000008", updated_at=NOW - timedelta(days=1)))
    save(portal, city, repeat(1, "See 7: filled on 17 July, 7b too.", "7"))
    with portal.transaction() as connection:
        key = connection.execute(text("select id from cases where case_id = '7'")).scalar_one()
        set_visibility(connection, city, key, "held", AT)
    closing = "select closure_reason from public_cases where case_id = '26-00000008'"
    assert public_rows_of(portal, closing) == [("See …: filled on 17 July, 7b too.",)]
    assert reasons(portal) == []


def test_a_case_taken_apart_from_a_public_one_keeps_its_changes(portal, city):
    save(
        portal,
        city,
        record("26-00000007"),
        record("26-00000008", updated_at=NOW - timedelta(days=1)),
    )
    save(portal, city, repeat(1, "Already reported as case 26-00000007.", "26-00000007"))
    at = NOW - timedelta(minutes=30)
    save(portal, city, record("26-00000008", updated_at=at))
    assert reasons(portal) == ["Already reported as case 26-00000007.", None]
