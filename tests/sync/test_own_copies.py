"""Which cases of the city's repeat a report of ours: when they come, and of which reports."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from data_sync.pull.checks import check_record
from portal.domain.report import Report
from portal.services.report import private_link
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.services.sync.own_copies import carry_hidden_texts, find_copies
from tests.conftest import NOW, smallville
from tests.sync.support import record, rows_of

AT = int(NOW.timestamp())
NOTE = "A shopping cart has been in the creek since Friday night"


@pytest.fixture
def report(portal, city, add_case):
    """report(): a report that went out; its number and the token of its private link."""
    add_case("101")

    def accept(note: str = NOTE):
        said = Report("Pothole", note, 42.32, -71.07, "3 Adams St", True, "the-form-one")
        accepted = submit(portal, city, said, (), Signals(), AT)
        with portal.transaction() as connection:
            connection.execute(text("update outbox set tried_at = :now"), {"now": AT})
        return accepted

    return accept


def told(city, number: str = "26-7", **fields):
    fields = {"opened_at": NOW, "updated_at": NOW, "lat": 42.32, "lon": -71.07} | fields
    return check_record(record(number, **fields), city, NOW)


def copies(portal, city, *records) -> list[str]:
    with portal.core.connect() as connection:
        return sorted(find_copies(connection, city, records))


@pytest.mark.parametrize(
    ("after", "is_copy"),
    [
        (timedelta(minutes=-15), True),
        (timedelta(minutes=-15, seconds=-1), False),
        (timedelta(days=30), True),
        (timedelta(days=30, seconds=1), False),
    ],
    ids=str,
)
def test_a_copy_comes_within_thirty_days_and_a_clock_may_be_a_quarter_of_an_hour_behind(
    portal, city, report, after, is_copy
):
    report()
    opened_at = NOW + after
    now = max(opened_at, NOW)
    clean = check_record(
        record("26-7", opened_at=opened_at, updated_at=now, lat=42.32, lon=-71.07, note=NOTE),
        city,
        now,
    )
    assert copies(portal, city, clean) == (["26-7"] if is_copy else [])


def test_a_copy_is_found_among_other_cases_of_other_times(portal, city, report):
    report()
    before, after = NOW - timedelta(days=400), NOW - timedelta(days=1)
    found = copies(
        portal,
        city,
        told(city, "1", note="Another matter of another day and place", opened_at=before),
        told(city, "2", note=NOTE),
        told(city, "3", note="Another matter of the day before this one", opened_at=after),
        told(city, "4"),
    )
    assert found == ["2"]


def test_our_number_is_known_again_and_another_number_or_none_is_not(portal, city, report):
    accepted = report()
    found = copies(
        portal,
        city,
        told(city, "1", reference=accepted.case_id),
        told(city, "2", reference="TX-9999-9999"),
        told(city, "3"),
    )
    assert found == ["1"]


def test_a_report_that_went_out_only_by_its_note_has_no_copy(portal, city, report):
    """Its note may be marked as tried; the report itself is what the city can give back."""
    accepted = report()
    private_link.add_note(portal, city, accepted.token, "It is still in the creek", AT + 60)
    with portal.transaction() as connection:
        connection.execute(text("update outbox set tried_at = null where number = 1"))
        connection.execute(text("update outbox set tried_at = :now where number = 2"), {"now": AT})
    assert rows_of(portal, "select count(*) from outbox where tried_at is not null") == [(1,)]
    by_both = told(city, "1", reference=accepted.case_id, note=NOTE)
    assert copies(portal, city, by_both, told(city, "2", note=NOTE)) == []


def test_a_city_without_a_system_and_a_page_without_cases_have_no_copies(portal, city, report):
    report()
    assert copies(portal, city) == []
    assert copies(portal, replace(city, systems=()), told(city, note=NOTE)) == []


def test_before_the_first_report_nothing_can_be_a_copy(portal):
    city = smallville()
    assert copies(portal, city, told(city, note=NOTE), told(city, "2", note=NOTE)) == []


def test_only_what_is_hidden_of_that_case_is_carried_to_its_copy_and_once(portal, city):
    row = "insert into hidden_texts (jurisdiction_id, case_key, field, part, hidden_at) values"
    with portal.transaction() as connection:
        for case, part in ((1, "Bo Miller"), (1, ""), (2, "Ana"), (9, "Bo Miller")):
            values = {"city": city.id, "case": case, "part": part}
            connection.execute(text(f"{row} (:city, :case, 'note', :part, 5)"), values)
        assert carry_hidden_texts(connection, city.id, 1, 9) == 1
        assert carry_hidden_texts(connection, "elsewhere", 2, 9) == 0
    parts = rows_of(portal, "select part from hidden_texts where case_key = 9 order by part")
    assert [part for (part,) in parts] == ["", "Bo Miller"]
