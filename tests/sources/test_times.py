"""Times as cities write them."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_sync.reading.time_formats import parse_time_formats
from data_sync.reading.times import US_FORMAT, CityTimes
from portal.jurisdictions.faults import BadValue

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
    ("pattern", "written", "meant"),
    [
        ("%m/%d/%Y %H:%M:%S", "07/03/2024 09:15:00", "2024-07-03 13:15:00"),
        ("%m/%d/%Y %H:%M:%S", "7/3/2024 9:15:00", "2024-07-03 13:15:00"),
        ("%d/%m/%Y %H:%M:%S", "07/03/2024 09:15:00", "2024-03-07 14:15:00"),
        ("%d.%m.%Y %H:%M:%S", "07.03.2024 09:15:00", "2024-03-07 14:15:00"),
        ("%d-%m-%Y %H:%M:%S", "07-03-2024 09:15:00", "2024-03-07 14:15:00"),
        ("%Y/%m/%d %H:%M:%S", "2024/03/07 09:15:00", "2024-03-07 14:15:00"),
        ("%Y-%d-%m %H:%M:%S", "2024-03-07 09:15:00", "2024-07-03 13:15:00"),
        ("%d/%m/%Y %I:%M:%S %p", "07/03/2024 09:15:00 PM", "2024-03-08 02:15:00"),
        ("%d/%m/%Y %I:%M %p", "07/03/2024 12:15 a.m.", "2024-03-07 05:15:00"),
        ("%Y%m%d%H%M%S", "20240307091500", "2024-03-07 14:15:00"),
        ("%m/%d/%y %H:%M", "03/07/24 09:15", "2024-03-07 14:15:00"),
        ("%m/%d/%y %H:%M", "03/07/99 09:15", "1999-03-07 14:15:00"),
        ("%b %d, %Y %H:%M", "Mar 7, 2024 09:15", "2024-03-07 14:15:00"),
        ("%d %B %Y", "7 marzo 2024", "2024-03-07 05:00:00"),
        ("%Y-%m-%d %H:%M:%S.%f", "2024-03-07 09:15:00.125", "2024-03-07 14:15:00.125"),
        ("%Y-%m-%d %H:%M:%S UTC", "2014-05-21 14:18:20 UTC", "2014-05-21 14:18:20"),
        ("%Y-%m-%d %H:%M:%S %Z", "2014-05-21 14:18:20 UTC", "2014-05-21 14:18:20"),
        ("%Y-%m-%d %H:%M:%S %Z", "2014-05-21 14:18:20 EDT", "2014-05-21 18:18:20"),
        ("%Y-%m-%d %H:%M:%S %Z", "2014-05-21 14:18:20 EST", "2014-05-21 19:18:20"),
        ("%Y-%m-%d %H:%M:%S %Z", "2014-05-21 14:18:20 ET", "2014-05-21 18:18:20"),
        ("%d/%m/%Y %H:%M%z", "21/05/2014 14:18+02:00", "2014-05-21 12:18:00"),
        ("%d/%m/%Y %H:%M %z", "21/05/2014 14:18 -0430", "2014-05-21 18:48:00"),
        ("%m/%d/%Y %H:%M:%S", "2014-05-21 14:18:20 UTC", "2014-05-21 14:18:20"),
        ("epoch_seconds", "1400681900", "2014-05-21 14:18:20"),
        ("epoch_milliseconds", "1400681900000", "2014-05-21 14:18:20"),
        ("excel_days", "41780.59606481482", "2014-05-21 18:18:20"),
    ],
)
def test_a_time_is_read_as_the_citys_format_writes_it_for_every_row(pattern, written, meant):
    times = CityTimes(BOSTON, [pattern], language="es")
    assert [times.read(written) for _ in range(3)] == [
        datetime.fromisoformat(meant).replace(tzinfo=UTC)
    ] * 3, "whatever was read before"


def test_a_format_with_the_day_before_the_month_leaves_no_other_reading():
    times = CityTimes(BOSTON, ["%Y-%d-%m %H:%M:%S"])
    with pytest.raises(ValueError, match="not a time written as %Y-%d-%m %H:%M:%S"):
        times.read("2024-03-27 09:15:00")


def test_a_zone_that_is_not_the_citys_is_refused_by_its_name():
    times = CityTimes(BOSTON, ["%Y-%m-%d %H:%M:%S %Z"])
    with pytest.raises(ValueError):
        times.read("2014-05-21 14:18:20 CET")


@pytest.mark.parametrize(
    ("pattern", "written", "is_day"),
    [
        ("%d/%m/%Y %H:%M", "2026-11-30", True),
        ("%d/%m/%Y %H:%M", "2026-11-30 00:00", False),
        ("%d/%m/%Y %H:%M", "2026-11-30T09", False),
        ("%d.%m.%Y", "30.11.2026", True),
        ("%d.%m.%Y %H.%M", "30.11.2026 09.15", False),
        ("%d %B %Y", "30 noviembre 2026", True),
        ("excel_days", "46356", True),
        ("excel_days", "46356.5", False),
        ("epoch_seconds", "1400681900", False),
    ],
)
def test_a_text_without_an_hour_is_a_day(pattern, written, is_day):
    assert CityTimes(BOSTON, [pattern], language="es").is_day(written) == is_day


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        (["%H:%M"], "it has no year"),
        (["%m/%d %H:%M"], "it has no year"),
        (["%m/%d/%Y %I:%M"], "%I needs %p"),
        (["%m/%d/%Y %H:%M %p"], "%p needs %I"),
        (["%m/%d/%Y %Q"], "%Q is not known here"),
        (["%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"], "as two different days"),
    ],
)
def test_formats_that_cannot_tell_a_moment_are_refused(patterns, words):
    with pytest.raises(BadValue) as refused:
        parse_time_formats(tuple(patterns))
    assert words in refused.value.describe("time_formats", repr(patterns))


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("1400681900", "epoch_seconds"),
        ("1400681900000", "epoch_milliseconds"),
        ("45356.25", "excel_days"),
    ],
)
def test_a_number_that_may_be_a_time_is_refused_with_the_format_that_would_read_it(written, hint):
    with pytest.raises(ValueError, match=hint):
        CityTimes(BOSTON, [US_FORMAT]).read(written)


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
