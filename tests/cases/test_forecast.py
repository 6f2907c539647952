"""How long cases take, with cases a reader can count."""

from __future__ import annotations

import random

import pytest

from portal.domain.survival import days_until_share
from portal.queries.cases import closing_days as module
from portal.queries.cases.closing_days import ClosingDays
from portal.queries.cases.forecast import time_to_close
from tests.conftest import NOW, epoch

NOON = int(NOW.timestamp())
DAY = 86_400


def after(opened: str, days: float) -> int:
    return round(epoch(opened) + days * DAY)


@pytest.fixture
def cases(add_case):
    """cases(8, days=1.5) adds eight that were closed after a day and a half; None: still open."""
    numbers = iter(range(1000))

    def add(count: int, days: float | None, opened: str = "2026-11-01T12:00", **columns) -> None:
        for _ in range(count):
            closed = None if days is None else after(opened, days)
            more = {} if closed is None else {"closed_at": closed, "status": "closed", "is_open": 0}
            add_case(str(next(numbers)), opened=opened, **more, **columns)

    return add


@pytest.fixture
def forecast(fresh_facts):
    def ask(service="pothole", neighborhood=None, now=NOON):
        return time_to_close(fresh_facts(), service, neighborhood, now)

    return ask


def thirty(cases, **columns):
    """Of 30, 8 are closed by day 1 (27%), 16 by day 2 (53%), 23 by day 10 (77%); 7 are open."""
    cases(8, days=1, **columns)
    cases(8, days=1 + 1 / 24, **columns)
    cases(7, days=9.5, **columns)
    cases(7, days=None, **columns)


def quarters(found) -> tuple:
    """The days by which each quarter is closed, of how many cases, and how many of them are."""
    closing = found.closing
    days = (closing.days_25, closing.days_50, closing.days_75)
    return (*days, closing.cases, closing.closed_cases)


def test_shares_are_closed_by_the_day_on_which_they_are(forecast, cases):
    thirty(cases)
    found = forecast()
    assert found.closing == ClosingDays(
        1, 2, 10, None, cases=30, closed_cases=23, since_at=epoch("2026-11-01T12:00"), until_at=NOON
    )
    assert (found.service.name, found.neighborhood, found.is_wider) == ("Pothole", None, False)


def test_open_cases_are_never_zero_days_and_never_left_out(forecast, cases):
    cases(16, days=3)
    cases(16, days=None)
    assert quarters(forecast()) == (3, 3, None, 32, 16)


def test_cases_opened_today_say_nothing_of_their_first_day_whether_closed_or_not(forecast, cases):
    cases(10, days=2, opened="2026-11-01")
    cases(10, days=None, opened="2026-11-01")
    cases(3, days=0.1, opened="2026-11-23T06:00")
    cases(17, days=None, opened="2026-11-23T06:00")
    assert quarters(forecast()) == (2, 2, None, 40, 13)


def test_case_closed_at_once_is_closed_within_one_day(forecast, cases):
    cases(30, days=0)
    assert forecast().closing.days_90 == 1


def test_neighborhood_with_thirty_cases_is_judged_by_its_own(forecast, cases):
    thirty(cases, neighborhood="Roxbury")
    cases(40, days=20, neighborhood="Mattapan")
    own = forecast(neighborhood="roxbury")
    assert (own.neighborhood.name, own.is_wider, own.closing.days_50, own.closing.cases) == (
        "Roxbury",
        False,
        2,
        30,
    )


def test_neighborhood_with_twenty_nine_cases_is_judged_by_the_city_and_says_so(forecast, cases):
    cases(29, days=1, neighborhood="Roxbury")
    cases(31, days=4.5, neighborhood="Mattapan")
    wider = forecast(neighborhood="roxbury")
    assert (
        wider.neighborhood,
        wider.is_wider,
        wider.closing.days_25,
        wider.closing.days_50,
        wider.closing.cases,
    ) == (None, True, 1, 5, 60)
    assert forecast(neighborhood="atlantis").is_wider


def test_too_few_cases_and_unknown_services_have_no_forecast(forecast, cases):
    assert forecast() is None
    cases(29, days=1)
    assert forecast() is None
    assert forecast(service="unheard-of") is None


def test_story_of_a_few_old_cases_is_not_told(forecast, cases):
    # Three of 43 are old and took 100 days; none of the others has been watched for over 22.
    cases(3, days=100, opened="2026-03-01")
    cases(40, days=None)
    assert forecast().closing.days_25 is None
    cases(7, days=100, opened="2026-03-01")
    assert forecast().closing.days_25 == 100


def test_only_the_last_two_years_and_nothing_after_now_count(forecast, cases):
    thirty(cases)
    cases(9, days=1, opened="2024-11-01")
    assert forecast().closing.cases == 30
    # After noon on 3 November the first eight were closed, eight more within their second day, and
    # nothing was known of the rest.
    earlier = forecast(now=epoch("2026-11-03T13:00")).closing
    assert (
        earlier.cases,
        earlier.closed_cases,
        earlier.days_25,
        earlier.days_50,
        earlier.days_75,
    ) == (30, 16, 1, 2, None)


def test_closings_that_cannot_be_true_are_left_out(forecast, cases):
    thirty(cases)
    cases(5, days=-3, contradictions=1)
    cases(5, days=300, contradictions=2)
    cases(5, days=None, status="closed", is_open=0, contradictions=16)
    assert forecast().closing.cases == 30


def test_private_cases_do_not_count(forecast, cases):
    cases(30, days=1, visibility="held")
    assert forecast() is None


def test_agrees_with_counting_case_by_case(forecast, cases):
    chance = random.Random(311)
    ended, not_ended, watched = {}, {}, []
    for _ in range(60):
        age, took = (
            chance.uniform(0, 40),
            chance.choice([None, *[chance.expovariate(1 / 9) for _ in range(4)]]),
        )
        opened_at = round(NOON - age * DAY)
        is_closed = took is not None and took <= age
        columns = {
            "opened_at": opened_at,
            "status": "closed" if is_closed else "open",
            "is_open": int(not is_closed),
        }
        cases(
            1, days=None, **columns, closed_at=round(opened_at + took * DAY) if is_closed else None
        )
        whole_days = (NOON - opened_at) // DAY
        day = (
            max(1, -((opened_at - round(opened_at + took * DAY)) // DAY))
            if is_closed
            else whole_days + 1
        )
        which, key = (ended, day) if day <= whole_days else (not_ended, whole_days)
        which[key] = which.get(key, 0) + 1
        watched.append(whole_days)
    limit = sorted(watched, reverse=True)[module.MIN_WATCHED - 1]
    expected = [
        day if day is not None and day <= limit else None
        for day in days_until_share(ended, not_ended, (25, 50, 75, 90))
    ]
    closing = forecast().closing
    assert [closing.days_25, closing.days_50, closing.days_75, closing.days_90] == expected
    assert expected[1] is not None
