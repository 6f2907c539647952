"""What every record passes on its way in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sync.pull.checks import check_record, month_of
from portal.domain.case import CONTRADICTIONS
from portal.domain.tidy import tidy
from portal.errors import SourceError
from tests.sync.support import NOW, day, record


def test_days_and_months_are_those_of_the_city(city):
    made = check_record(
        record(
            status="closed",
            opened_at=datetime(2026, 2, 1, 3, tzinfo=UTC),
            closed_at=datetime(2026, 2, 3, 2, tzinfo=UTC),
        ),
        city,
        NOW,
    )
    # 3 a.m. UTC is still 31 January in New York; 47 hours are one whole day.
    assert (made.opened_month, made.closed_month, made.days_open) == (2026 * 12, 2026 * 12 + 1, 1)


def test_open_cases_have_no_days(city):
    assert check_record(record(), city, NOW).days_open is None


@pytest.mark.parametrize(
    ("fields", "contradiction"),
    [
        ({"status": "closed", "opened_at": day(5), "closed_at": day(4)}, "closed_before_opened"),
        ({"status": "closed", "closed_at": NOW + timedelta(days=2)}, "closed_in_future"),
        ({"lat": 40.7, "lon": -74.0}, "outside_city"),
        ({"service_code": "", "service_name": ""}, "unknown_service"),
        ({"status": "closed"}, "closed_without_time"),
        ({"status": "open", "closed_at": day(7)}, "open_with_close_time"),
    ],
)
def test_each_contradiction_is_flagged_and_not_counted_with(city, fields, contradiction):
    made = check_record(record(**fields), city, NOW)
    assert made.contradictions == CONTRADICTIONS[contradiction]
    assert made.days_open is None


def test_a_closing_before_the_opening_is_suspect_and_one_in_the_future_belongs_to_no_month(city):
    before = check_record(record(status="closed", opened_at=day(5), closed_at=day(4)), city, NOW)
    future = check_record(record(status="closed", closed_at=NOW + timedelta(days=2)), city, NOW)
    assert before.record.close_provenance == future.record.close_provenance == "import-suspect"
    assert future.closed_month is None


def test_a_case_that_is_open_has_no_closing_time_but_we_keep_what_the_row_said(city):
    made = check_record(record(status="open", closed_at=day(7)), city, NOW)
    assert made.closed_at is None
    assert made.record.extra == {"closed_at_while_open": "2026-01-07T00:00:00+00:00"}


@pytest.mark.parametrize(
    ("lat", "lon"), [(42.34, -71.05), (0.0, 0.0), (None, -71.05), (float("nan"), 1.0), (91.0, 0.0)]
)
def test_a_pin_that_means_no_place_is_no_place(city, lat, lon):
    made = check_record(record(lat=lat, lon=lon), city, NOW)
    assert (made.record.lat, made.record.lon, made.contradictions) == (None, None, 0)


@pytest.mark.parametrize(
    ("fields", "reason", "says"),
    [
        ({"opened_at": NOW + timedelta(days=3)}, "future_date", "2026-11-26"),
        ({"opened_at": datetime(1900, 1, 1, tzinfo=UTC)}, "impossible_date", "1900-01-01"),
        ({"source_id": " "}, "no_id", "source_id"),
        ({"case_id": "x" * 200}, "bad_id", "longer than 100"),
    ],
)
def test_a_record_that_cannot_be_used_says_case_field_and_value(city, fields, reason, says):
    with pytest.raises(SourceError, match=says) as refused:
        check_record(record(**fields), city, NOW)
    assert refused.value.reason == reason


def test_texts_are_tidied_and_blank_ones_are_unknown(city):
    told = record(
        title=" Pot\x00hole  big ",
        address="",
        note="one\r\n two\x07",
        department="\u202eA",
        extra={"a": "x" * 3000},
    )
    made = check_record(told, city, NOW).record
    assert (made.title, made.address, made.note, made.department, len(made.extra["a"])) == (
        "Pothole big",
        None,
        "one\n two",
        "A",
        2000,
    )


def test_a_tidy_record_is_passed_on_as_it_is(city):
    told = record(title="Pothole", note="one line")
    assert check_record(told, city, NOW).record is told


@given(st.text(max_size=80))
def test_tidy_texts_stay_as_they_are_and_can_be_stored(words):
    once = tidy(words, 50, keeps_lines=True)
    assert once is None or (0 < len(once) <= 50 and "\x00" not in once and once.encode())
    assert tidy(once, 50, keeps_lines=True) == once


@given(
    st.integers(0, 4_000_000_000),
    st.sampled_from(["America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]),
)
def test_the_month_is_that_of_the_wall_calendar(moment, zone):
    local = datetime.fromtimestamp(moment, ZoneInfo(zone))
    assert month_of(moment, ZoneInfo(zone)) == local.year * 12 + local.month - 1
