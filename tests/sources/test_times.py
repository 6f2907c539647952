"""Times as cities write them."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sync.reading.times import US_FORMAT, CityTimes

BOSTON = ZoneInfo("America/New_York")
ZONES = [
    "America/New_York",
    "America/Los_Angeles",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "UTC",
]
moments = st.integers(86_400, 120 * 365 * 86_400).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2011-07-01 01:32:33", "2011-07-01 05:32:33"),  # summer: four hours behind
        ("2011-12-01 01:32:33", "2011-12-01 06:32:33"),  # winter: five
        ("2024-05-27T02:08:51.000", "2024-05-27 06:08:51"),
        ("2025-10-14 13:00:00+00", "2025-10-14 13:00:00"),
        ("2010-04-14T06:37:38-08:00", "2010-04-14 14:37:38"),
        ("2026-11-23T09:00:00Z", "2026-11-23 09:00:00"),
        ("2011-07-01", "2011-07-01 04:00:00"),
        ("07/01/2011 01:32:33 AM", "2011-07-01 05:32:33"),
        ("12/31/2018 12:00:00 AM", "2018-12-31 05:00:00"),
        ("12/31/2018 12:30:00 PM", "2018-12-31 17:30:00"),
        ("  2011-07-01 01:32:33 ", "2011-07-01 05:32:33"),
    ],
)
def test_every_spelling_of_a_time_is_read(written, meant):
    assert CityTimes(BOSTON, [US_FORMAT]).read(written) == utc(meant)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "yesterday",
        "20110701",
        "1311111111",
        "2011-13-01",
        "13/31/2018 11:55:30 PM",
        "12/31/2018 13:00:00 PM",
        "0001-01-01",
        "9999-12-31 00:00:00",
    ],
)
def test_what_is_no_time_of_our_centuries_is_refused(written):
    with pytest.raises(ValueError):
        CityTimes(BOSTON, [US_FORMAT]).read(written)


def test_the_hour_that_clocks_show_twice_is_the_first_of_the_two():
    times = CityTimes(BOSTON)
    assert times.read("2011-11-06 01:30:00") == utc("2011-11-06 05:30:00")
    assert times.read_second_pass("2011-11-06 01:30:00") == utc("2011-11-06 06:30:00")


def test_the_hour_that_clocks_skip_is_read_as_if_they_had_not_been_moved_yet():
    assert CityTimes(BOSTON).read("2011-03-13 02:30:00") == utc(
        "2011-03-13 07:30:00"
    )  # which clocks showed as 03:30


@given(
    moment=moments,
    zone=st.sampled_from(ZONES),
    spelling=st.sampled_from(["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.000", US_FORMAT]),
)
def test_a_moment_written_by_the_citys_clock_comes_back(moment, zone, spelling):
    times = CityTimes(ZoneInfo(zone), [US_FORMAT])
    written = moment.astimezone(ZoneInfo(zone)).strftime(spelling)
    first, again, second = times.read(written), times.read(written), times.read_second_pass(written)
    assert first == again, "what is remembered of an hour is what was worked out"
    assert moment in (first, second)
    assert timedelta(0) <= second - first <= timedelta(hours=1)


@given(moments, st.integers(-14 * 4, 14 * 4))
def test_a_moment_written_with_an_offset_is_that_moment(moment, quarters):
    written = (moment + timedelta(minutes=15 * quarters)).strftime("%Y-%m-%dT%H:%M:%S")
    sign, minutes = "-" if quarters < 0 else "+", abs(quarters) * 15
    assert CityTimes(BOSTON).read(f"{written}{sign}{minutes // 60:02}:{minutes % 60:02}") == moment


@given(st.text(max_size=30))
def test_any_other_text_is_a_time_or_a_value_error(text):
    with contextlib.suppress(ValueError):
        assert CityTimes(BOSTON, [US_FORMAT]).read(text).utcoffset() == timedelta(0)
