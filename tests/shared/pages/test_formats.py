"""Numbers, times and filters as people say them."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from layouts.cases.sentence import describe_filter
from layouts.cases.still_map import cluster_size, short_number
from layouts.shared import formats
from layouts.shared.language import speaking
from portal.domain.filters import CaseFilter

BOSTON = ZoneInfo("America/New_York")
NOW = int(datetime(2026, 11, 23, 17, 0, tzinfo=UTC).timestamp())  # noon in Boston


@pytest.mark.parametrize(
    ("seconds_ago", "said"),
    [
        (5, "now"),
        (60, "1 min"),
        (59 * 60, "59 min"),
        (3600, "1 h"),
        (23 * 3600, "23 h"),
        (86400, "1 day"),
        (6 * 86400, "6 days"),
        (7 * 86400, "16 November"),
        (365 * 86400, "23 November 2025"),
    ],
)
def test_ages_are_short_and_become_dates_after_a_week(seconds_ago, said):
    assert formats.age(NOW - seconds_ago, NOW, BOSTON) == said


def test_a_pin_by_a_house_is_said_to_be_near_it():
    assert formats.case_title("Pothole", "3 Adams St") == "Pothole at 3 Adams St"
    assert formats.case_title("Pothole", "Near 3 Adams St") == "Pothole near 3 Adams St"
    assert formats.case_title("Pothole", None) == "Pothole"
    with speaking("es"):
        assert formats.case_title("Pothole", "Near 3 Adams St") == "Pothole cerca de 3 Adams St"
        assert (formats.place_name("Near 3 Adams St"), formats.place_name("3 Adams St")) == (
            "Cerca de 3 Adams St",
            "3 Adams St",
        )


def test_an_age_in_the_future_is_never_a_negative_number():
    assert formats.age(NOW + 600, NOW, BOSTON) == "now"
    assert formats.age(NOW + 86400, NOW, BOSTON) == "24 November"


def test_days_are_those_of_the_city_not_of_london():
    two_in_the_morning_utc = int(datetime(2026, 11, 23, 2, 0, tzinfo=UTC).timestamp())
    assert formats.day(two_in_the_morning_utc, BOSTON, NOW) == "22 November"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "1 minute"),
        (90, "1 minute"),
        (7200, "2 hours"),
        (47 * 3600, "47 hours"),
        (2 * 86400, "2 days"),
        (120 * 86400, "4 months"),
        (800 * 86400, "2 years"),
    ],
)
def test_spans_use_the_unit_people_would(seconds, said):
    assert formats.span(seconds) == said


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (0.4, "9 hours"),
        (1.0, "1 day"),
        (2.14, "2.1 days"),
        (12.0, "12 days"),
        (0.0001, "under a minute"),
    ],
)
def test_medians_under_a_day_are_said_in_hours(days, said):
    assert formats.days(days) == said


@pytest.mark.parametrize(("n", "said"), [(0, "0 cases"), (1, "1 case"), (1240, "1,240 cases")])
def test_counts_agree_with_their_noun(n, said):
    assert formats.count_cases(n) == said


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (7, "7"),
        (999, "999"),
        (1000, "1k"),
        (1240, "1.2k"),
        (9_949, "9.9k"),
        (58_251, "58k"),
        (999_499, "999k"),
        (999_500, "1M"),
        (1_240_000, "1.2M"),
    ],
)
def test_counts_in_circles_have_at_most_four_characters(n, said):
    assert short_number(n) == said


def test_circles_grow_by_powers_of_ten():
    assert [cluster_size(n) for n in (1, 9, 10, 100, 1_000, 10_000, 10**7)] == [1, 1, 2, 3, 4, 5, 5]


def test_what_is_hidden_is_said_once_each():
    assert (
        formats.describe_hidden(("phone", "email", "phone"))
        == "We have hidden a phone number and an e-mail address here."
    )
    assert formats.describe_hidden(()) == ""


NAMES = {
    "pothole-repair": "Pothole Repair",
    "roxbury": "Roxbury",
    "trees-and-parks": "Trees and Parks",
}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "Cases in Boston"),
        ("status=open", "Open cases in Boston"),
        (
            "status=open,overdue&service=pothole-repair&neighborhood=roxbury",
            "Cases of Pothole Repair, open or overdue, in Roxbury",
        ),
        ("service=trees-and-parks", "Cases of Trees and Parks in Boston"),
        (
            "start=2026-05-01&end=2026-05-31",
            "Cases in Boston opened from 1 May 2026 to 31 May 2026",
        ),
        ("start=2026-05-01&end=2026-05-01", "Cases in Boston opened on 1 May 2026"),
        ("q=deep hole&photo=yes", "Cases in Boston with a photo about “deep hole”"),
        ("bbox=-71.1,42.3,-71.0,42.4", "Cases on this part of the map"),
        ("neighborhood=nowhere-known", "Cases in nowhere known"),
    ],
)
def test_a_filter_says_itself(query, said):
    assert describe_filter(CaseFilter.from_query_string(query), NAMES, "Boston") == said


EVERY_FILTER = (
    "", "status=open", "status=open,overdue", "service=pothole-repair", "department=parks",
    "channel=app", "photo=yes", "photo=no", "start=2026-05-01", "end=2026-05-31",
    "start=2026-05-01&end=2026-05-31", "q=deep hole", "neighborhood=roxbury", "district=7",
    "neighborhood=roxbury&district=7&status=closed&service=pothole-repair&photo=yes&q=hole",
)  # fmt: skip
BOX = "bbox=-71.1,42.3,-71.0,42.4"


@pytest.mark.parametrize("cases", [None, 0, 1, 1204])
@pytest.mark.parametrize("query", EVERY_FILTER)
def test_a_part_of_the_map_is_said_beside_everything_else(query, cases):
    """In place of the city, and after the areas: nobody takes a part for the whole."""

    def said(asked: str) -> str:
        return describe_filter(CaseFilter.from_query_string(asked), NAMES, "Boston", cases)

    part, whole = said(f"{query}&{BOX}"), said(query)
    if "in Boston" in whole:
        assert part == whole.replace("in Boston", "on this part of the map")
    else:
        assert part.count("on this part of the map") == 1
        assert " ".join(part.replace("on this part of the map", "").split()) == whole


def test_every_field_of_a_filter_is_said_beside_a_part_of_the_map():
    named = {pair.partition("=")[0] for query in EVERY_FILTER for pair in query.split("&")}
    assert named - {""} | {"bbox"} == {field.name for field in fields(CaseFilter)}
