"""What became of cases: counted by hand on a dozen of them, and on none, on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.duration.survfunc import SurvfuncRight

from portal.cli.numbers import read_numbers
from portal.domain.filters import CaseFilter
from portal.domain.intervals import days_interval, share_interval
from portal.domain.survival import days_until_share
from portal.filter_sql import Selection
from portal.queries.performance.cohorts import read_cohorts
from tests.support.pages import publish  # noqa: F401

DAY = 86_400


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return request.param


def at(day: int, hour: float = 12) -> int:
    """An hour (UTC) of a day of March 2026, epoch s."""
    start = datetime(2026, 3, 1, tzinfo=UTC).timestamp()
    return int(start + (day - 1) * DAY + hour * 3_600)


def write(day: int, hour: float = 12) -> str:
    return datetime.fromtimestamp(at(day, hour), UTC).isoformat()


@pytest.fixture
def dozen(add_case, publish):  # noqa: F811
    """Twelve potholes of March 1: six closed after an hour, two on their fourth day, one on its
    tenth; three are open. All have five days. Half are in Roxbury, the rest in none."""
    closings = [(1, 13)] * 6 + [(4, 20)] * 2 + [(10, 20)] + [None] * 3
    for number, closed in enumerate(closings):
        place = {"neighborhood": "Roxbury"} if number % 2 else {}
        add_case(
            str(101 + number),
            opened=write(1),
            closed=write(*closed) if closed else None,
            target_at=at(6),
            **place,
        )
    publish()


@pytest.fixture
def ask(portal, city):
    def read(query: str = "", by: str = "", until: int | None = at(31)):
        selection = Selection(CaseFilter.from_query_string(query), city.zone)
        return read_cohorts(portal.facts(city.id), selection, by, until)

    return read


def test_a_dozen_cases_by_hand(ask, dozen):
    (found,) = ask()
    assert (found.opened, found.closed, found.still_open) == (12, 9, 3)
    assert (found.days_until(50), found.days_until(60), found.days_until(90)) == (1, 4, None)
    assert (found.on_time, found.late, found.on_time_share) == (8, 4, 8 / 12)
    assert found.ages == (0, 0, 3, 0, 0)
    assert found.curve(30) == [
        (0, 0.0),
        (1, 0.5),
        (4, pytest.approx(8 / 12)),
        (10, 0.75),
        (30, 0.75),
    ]
    assert found.closed_by(5) == pytest.approx(8 / 12)


def test_until_an_earlier_moment_what_came_later_has_not_happened(ask, dozen):
    (found,) = ask(until=at(3))
    assert (found.opened, found.closed) == (12, 6)
    assert (found.on_time, found.late) == (6, 0), "the target is still to come"
    assert found.ages == (6, 0, 0, 0, 0)
    (before,) = ask(until=at(1, 1))
    assert (before.opened, before.closed, before.days_until(50)) == (0, 0, None)


def test_groups_add_up_to_the_whole_and_those_in_none_are_one(ask, dozen):
    groups = {one.slug: one for one in ask(by="neighborhood")}
    assert set(groups) == {"roxbury", None}
    assert sum(one.opened for one in groups.values()) == 12
    assert sum(one.closed for one in groups.values()) == 9
    assert ask("neighborhood=roxbury")[0].opened == groups["roxbury"].opened == 6
    (month,) = ask(by="opened_month")
    assert (month.slug, month.opened) == ("2026-03", 12)


def test_no_case_at_all_is_a_cohort_of_none(ask, dozen):
    (found,) = ask("neighborhood=nowhere")
    assert (found.opened, found.closed, found.due, found.on_time_share) == (0, 0, 0, None)
    assert found.days_until(50) is None and not found.is_enough
    assert found.on_time_interval is None
    assert found.curve(30) == [(0, 0.0), (0, 0.0)]
    assert ask("neighborhood=nowhere", by="service") == ()


def test_what_cannot_be_true_counts_as_closed_and_in_no_days(ask, add_case, publish):  # noqa: F811
    add_case("101", opened=write(5), closed=write(2))
    add_case("102", opened=write(5), closed=write(6, 11))
    publish()
    (found,) = ask(until=None)
    assert (found.opened, found.closed) == (2, 2)
    assert found.ended == {1: 1} and found.not_ended == {}


def test_the_command_says_the_same_and_null_where_there_is_nothing(portal, city, dozen, ask):
    (whole,) = read_numbers(portal, city, "", until="2026-03-31")
    assert whole == {
        "slug": "",
        "name": "Smallville",
        "opened_cases": 12,
        "closed_cases": 9,
        "open_cases": 3,
        "median_days": 1,
        "p90_days": None,
        "on_time_pct": 66.7,
    }
    listed = read_numbers(portal, city, "", by="month", until="2026-03-31")
    assert [one["slug"] for one in listed] == ["2026-03"]
    (none,) = read_numbers(portal, city, "?neighborhood=nowhere")
    assert (none["opened_cases"], none["median_days"], none["on_time_pct"]) == (0, None, None)


CASES = st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=40)


@given(cases=CASES)
def test_days_are_those_of_statsmodels_however_the_cases_lie(cases):
    """Another program by another route: the first time at which survival is at or below it."""
    ended = Counter(day + 1 for day, is_over in cases if is_over)
    not_ended = Counter(day for day, is_over in cases if not is_over)
    # Our open cases were watched for whole days: at risk for the day that follows no more.
    times = [day + 1 if is_over else day + 0.5 for day, is_over in cases]
    status = [int(is_over) for _, is_over in cases]
    for share in (50, 90):
        (day,) = days_until_share(ended, not_ended, (share,))
        assert day == other_quantile(times, status, share)


def other_quantile(times: list[float], status: list[int], share: int) -> int | None:
    if not any(status):
        return None
    survival = SurvfuncRight(times, status)
    pairs = zip(survival.surv_times, survival.surv_prob, strict=True)
    reached = [time for time, left in pairs if left <= 1 - share / 100 + 1e-12]
    return int(reached[0]) if reached else None


def test_an_interval_of_days_is_that_of_statsmodels():
    days = [1] * 6 + [4] * 2 + [10] + [15] * 3 + [20, 21, 22, 30]
    over = [1] * 12 + [0] * 4
    ended = Counter(day for day, is_over in zip(days, over, strict=True) if is_over)
    not_ended = Counter(day for day, is_over in zip(days, over, strict=True) if not is_over)
    low, high = SurvfuncRight(days, over).quantile_ci(0.5, method="cloglog")
    assert days_interval(ended, not_ended, 50) == (int(low), int(high))
    assert days_interval({}, {}, 50) == (None, None)


def test_an_interval_of_a_share_is_wilsons():
    """Source: Newcombe 1998, table I: 81 of 263 is 0.2553 to 0.3662."""
    low, high = share_interval(81, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert share_interval(0, 0) is None
    assert share_interval(0, 30)[0] == 0 and share_interval(30, 30)[1] == 1


@given(cases=CASES, more=st.tuples(st.integers(0, 40), st.booleans()))
def test_a_slower_case_never_makes_the_days_fewer(cases, more):
    ended = Counter(day + 1 for day, is_over in cases if is_over)
    not_ended = Counter(day for day, is_over in cases if not is_over)
    (before,) = days_until_share(ended, not_ended, (50,))
    slow = Counter(not_ended)
    slow[50] += 1
    (after,) = days_until_share(ended, slow, (50,))
    assert before is None or after is None or after >= before


def test_days_of_the_filter_are_those_of_the_city(ask, add_case, publish):  # noqa: F811
    add_case("101", opened="2026-03-02T04:30:00+00:00")  # half past eleven on March 1 there
    publish()
    assert ask("start=2026-03-01&end=2026-03-01", until=None)[0].opened == 1
    assert ask("start=2026-03-02", until=None)[0].opened == 0
    assert CaseFilter.from_query_string("start=2026-03-02").start == date(2026, 3, 2)
