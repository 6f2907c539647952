"""The briefing: an area's week, for five minutes before the meeting.

    briefing = read_briefing(facts, selection, Week(date(2026, 11, 23)))
    briefing.this_week.opened, briefing.rank

Read from the facts: public cases only. docs/metrics.md explains the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from portal.domain.city_days import start_of_day
from portal.domain.filters import STILL_OPEN, CaseFilter
from portal.domain.week import Week, week_of
from portal.facts.reader import Facts
from portal.filter_sql import Selection, facts_where
from portal.queries.performance.cohorts import Cohort, read_cohorts

WEEKS = 53
"""The week and the 52 before it."""
LEAST_WEEKS = 12
"""With fewer before it, nothing is said about what is usual."""
LEAST_INSIDE = 0.25
"""A neighborhood is partly in the area if so large a share of its cases is."""
QUARTER = 13
"""Days to close are of the cases of so many weeks: one week's are too few, and too young."""


@dataclass(frozen=True)
class WeekCounts:
    """Cases opened and cases closed in a week."""

    week: Week
    opened: int
    closed: int


@dataclass(frozen=True)
class Briefing:
    """An area's week. `weeks`: those of the record up to this one, 53 at most, oldest first.

    `quarter` has the cases of the 13 weeks up to it, `city` the whole city's, `year_ago` the
    area's 364 days earlier as it was then, None where the record does not go back. `waiting`: all
    that is open now; `over_a_year`: for that long. `types`: the week's cases by type, most first.
    `neighborhoods`: slugs of those with a quarter or more of their cases in the area.
    """

    week: Week
    weeks: tuple[WeekCounts, ...]
    types: tuple[Cohort, ...]
    quarter: Cohort
    city: Cohort
    year_ago: Cohort | None
    waiting: Cohort
    neighborhoods: frozenset[str]
    as_of: int
    is_over: bool

    @property
    def this_week(self) -> WeekCounts:
        """The week's own counts."""
        return self.weeks[-1] if self.weeks else WeekCounts(self.week, 0, 0)

    @property
    def over_a_year(self) -> int:
        """Cases that have been open for 365 days or more."""
        return self.waiting.ages[-1]

    @property
    def rank(self) -> tuple[int, int] | None:
        """In how many of how many weeks before fewer were opened; None with too few of them."""
        before = self.weeks[:-1]
        if len(before) < LEAST_WEEKS:
            return None
        return sum(one.opened < self.this_week.opened for one in before), len(before)


def find_week(facts: Facts, selection: Selection) -> Week | None:
    """The newest week that the record has to its end; None without any case."""
    ((newest,),) = facts.rows(
        "select max(opened_at) from cases where opened_at <= ?", [facts.as_of]
    )
    if newest is None:
        return None
    week = week_of(datetime.fromtimestamp(newest, selection.zone).date())
    return week if _is_over(facts, selection, week) else week.back(1)


def read_briefing(facts: Facts, selection: Selection, week: Week) -> Briefing:
    """All of it, of the selection's cases."""
    here, first = selection.case_filter, week.back(QUARTER - 1)
    of_week = _during(selection, here, week, week)
    open_now = replace(selection, case_filter=replace(here, status=STILL_OPEN))
    return Briefing(
        week=week,
        weeks=_count_weeks(facts, selection, week),
        types=tuple(one for one in read_cohorts(facts, of_week, "service") if one.slug),
        quarter=_read_all(facts, _during(selection, here, first, week)),
        city=_read_all(facts, _during(selection, CaseFilter(), first, week)),
        year_ago=_read_year_ago(facts, selection, week),
        waiting=_read_all(facts, open_now),
        neighborhoods=_find_neighborhoods(facts, selection),
        as_of=facts.as_of,
        is_over=_is_over(facts, selection, week),
    )


def _find_neighborhoods(facts: Facts, selection: Selection) -> frozenset[str]:
    where, values = facts_where(facts, selection)
    rows = facts.rows(
        f"""
        select neighborhood from cases where neighborhood is not null group by 1
        having count(*) filter ({where}) >= {LEAST_INSIDE} * count(*)
        """,
        values,
    )
    words = facts.words("neighborhood")
    return frozenset(words[key].slug for (key,) in rows)


def _read_all(facts: Facts, selection: Selection, until: int | None = None) -> Cohort:
    (cohort,) = read_cohorts(facts, selection, until=until)
    return cohort


def _during(selection: Selection, case_filter: CaseFilter, first: Week, last: Week) -> Selection:
    days = replace(case_filter, start=first.first, end=last.last)
    return replace(selection, case_filter=days)


def _is_over(facts: Facts, selection: Selection, week: Week) -> bool:
    return facts.as_of >= start_of_day(week.next.first, selection.zone)


def _read_year_ago(facts: Facts, selection: Selection, week: Week) -> Cohort | None:
    """The quarter 52 weeks earlier, as it was 52 weeks ago."""
    then = week.back(52)
    before = _during(selection, selection.case_filter, then.back(QUARTER - 1), then)
    ((oldest,),) = facts.rows("select min(opened_at) from cases")
    if oldest is None or before.opened_from is None or oldest > before.opened_from:
        return None
    until = facts.as_of - int(timedelta(weeks=52).total_seconds())
    cohort = _read_all(facts, before, until)
    return cohort if cohort.opened else None


def _count_weeks(facts: Facts, selection: Selection, last: Week) -> tuple[WeekCounts, ...]:
    """Each week's cases, from the record's first on. Times after the data are not counted."""
    ((oldest,),) = facts.rows("select min(opened_at) from cases")
    if oldest is None:
        return ()
    first = week_of(datetime.fromtimestamp(oldest, selection.zone).date())
    weeks = [last.back(n) for n in reversed(range(WEEKS)) if last.back(n) >= first]
    if not weeks:
        return ()
    starts = [start_of_day(week.first, selection.zone) for week in [*weeks, last.next]]
    opened, closed = (_count_between(facts, selection, at, starts) for at in _TIMES)
    return tuple(WeekCounts(w, opened.get(i, 0), closed.get(i, 0)) for i, w in enumerate(weeks))


_TIMES = ("opened_at", "closed_at")


def _count_between(
    facts: Facts, selection: Selection, column: str, starts: list[int]
) -> dict[int, int]:
    """How many have a time in each of the spans between `starts` (epoch s), by number."""
    where, values = facts_where(facts, selection)
    spans = ", ".join(f"({i}, {a})" for i, (a, _) in enumerate(pairwise(starts)))
    ends = min(starts[-1] - 1, facts.as_of)
    return dict(
        facts.rows(
            f"""
            with spans(number, begins) as (values {spans}),
                times as (
                    select {column} as at from cases
                    where ({where}) and {column} between {starts[0]} and {ends}
                )
            select number, count(*) from times asof join spans on times.at >= spans.begins
            group by 1
            """,
            values,
        )
    )
