"""What the page of performance shows: a period's cases, beside a year ago and the whole city.

    period = find_period(facts, selection)                       # the last 365 days of the record
    read_overview(facts, selection_of(period), period, "district")

Read from the facts: public cases only. docs/metrics.md explains the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from portal.domain.filters import CaseFilter
from portal.domain.month import Month, month_of
from portal.facts.history_schema import REOPENED
from portal.facts.reader import Facts
from portal.filter_sql import Selection, facts_where
from portal.queries.cases.as_of import first_import
from portal.queries.performance.cohorts import DAY, Cohort, read_cohorts, read_cuts

YEAR_DAYS = 364
"""A year ago on the same day of the week: cities close more on Mondays than on Sundays."""
PERIOD_DAYS = 365
MONTHS = 24
CUTS = ("department", "service", "neighborhood", "channel")
"""What the page has a table by."""


@dataclass(frozen=True)
class Period:
    """The first and last day on which the cases were opened, in the city's zone."""

    first: date
    last: date


@dataclass(frozen=True)
class MonthCounts:
    """Cases opened and cases closed in a month."""

    month: Month
    opened: int
    closed: int


@dataclass(frozen=True)
class Reopened:
    """Cases that went from closed to open as the portal looked on, which it does since `since`
    (epoch s); None in a city without any case."""

    cases: int
    since: int | None


@dataclass(frozen=True)
class Overview:
    """The numbers of a filter and a period.

    `year_ago` is the same 364 days earlier, as it was then; None where the record does not go back
    that far. `city` has all cases of the period; None where the filter lets them all through.
    `waiting` are all cases of the filter that are open, whenever opened. `cuts`: by field.
    """

    period: Period
    cases: Cohort
    year_ago: Cohort | None
    city: Cohort | None
    waiting: Cohort
    months: tuple[MonthCounts, ...]
    cuts: dict[str, tuple[Cohort, ...]]
    reopened: Reopened
    as_of: int


def find_period(facts: Facts, selection: Selection) -> Period | None:
    """The days that the filter names, else the last 365 of the record; None without any case."""
    (newest,) = facts.rows("select max(opened_at) from cases where opened_at <= ?", [facts.as_of])
    if newest[0] is None:
        return None
    asked = selection.case_filter
    last = asked.end or datetime.fromtimestamp(newest[0], selection.zone).date()
    return Period(asked.start or last - timedelta(days=PERIOD_DAYS - 1), last)


def read_overview(facts: Facts, selection: Selection, period: Period) -> Overview:
    """All of it. The selection's own days are left aside for the period's."""
    always = replace(selection.case_filter, start=None, end=None)
    of_period = _during(selection, always, period)
    cuts = read_cuts(facts, of_period, ("", *CUTS))
    (cases,) = cuts[""]
    city = None
    if not always.is_empty:
        (city,) = read_cohorts(facts, _during(selection, CaseFilter(), period))
    open_now = replace(always, status=("in_progress", "open"))
    (waiting,) = read_cohorts(facts, replace(selection, case_filter=open_now))
    return Overview(
        period,
        cases,
        _read_year_ago(facts, selection, always, period),
        city,
        waiting,
        _read_months(facts, replace(selection, case_filter=always), period.last),
        {cut: cuts[cut] for cut in CUTS},
        _count_reopened(facts, of_period),
        facts.as_of,
    )


def select_period(selection: Selection, period: Period) -> Selection:
    """The selection's cases that were opened in the period."""
    return _during(selection, selection.case_filter, period)


def _during(selection: Selection, case_filter: CaseFilter, period: Period) -> Selection:
    days = replace(case_filter, start=period.first, end=period.last)
    return replace(selection, case_filter=days)


def _read_year_ago(
    facts: Facts, selection: Selection, always: CaseFilter, period: Period
) -> Cohort | None:
    back = timedelta(days=YEAR_DAYS)
    before = _during(selection, always, Period(period.first - back, period.last - back))
    first_opened = facts.rows("select min(opened_at) from cases")[0][0]
    if first_opened is None or before.opened_from is None or first_opened > before.opened_from:
        return None
    (cohort,) = read_cohorts(facts, before, until=facts.as_of - YEAR_DAYS * DAY)
    return cohort if cohort.opened else None


def _count_reopened(facts: Facts, selection: Selection) -> Reopened:
    where, values = facts_where(facts, selection)
    ((cases,),) = facts.rows(
        f"select count(distinct id) from changes where kind = {REOPENED}"
        f" and id in (select id from cases where {where})",
        values,
    )
    return Reopened(cases, first_import(facts))


def _read_months(facts: Facts, selection: Selection, last: date) -> tuple[MonthCounts, ...]:
    """The 24 months up to the one of `last`; none before the record's first."""
    where, values = facts_where(facts, selection)
    end = month_of(last).number
    counted = {}
    for column in ("opened_month", "closed_month"):
        rows = facts.rows(
            f"select {column}, count(*) from cases where ({where})"
            f" and {column} between ? and ? group by 1",
            [*values, end - MONTHS + 1, end],
        )
        counted[column] = dict(rows)
    opened, closed = counted["opened_month"], counted["closed_month"]
    first = min([*opened, *closed], default=end + 1)
    return tuple(
        MonthCounts(Month(number), opened.get(number, 0), closed.get(number, 0))
        for number in range(first, end + 1)
    )
