"""All districts, neighborhoods, departments or types of a period, each with its months.

    found = read_groups(facts, selection, period, "district")
    found.cohorts[0].name, found.months["3"]

Read from the facts: public cases only. docs/metrics.md explains the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from portal.domain.month import Month, month_of
from portal.facts.reader import Facts
from portal.filter_sql import Selection, facts_where
from portal.queries.performance.cohorts import Cohort, read_cohorts
from portal.queries.performance.overview import Period

MONTHS = 13
"""The month of the period's last day, and twelve before it."""


@dataclass(frozen=True)
class Groups:
    """`cohorts`: one for each group with a case in the period, by name. `opened`: the cases opened
    in each of `months` by the group's slug."""

    field: str
    period: Period
    cohorts: tuple[Cohort, ...]
    months: tuple[Month, ...]
    opened: dict[str, tuple[int, ...]]
    as_of: int


def read_groups(facts: Facts, selection: Selection, period: Period, field: str) -> Groups:
    """The selection's cases by a field. The selection's own days are left aside."""
    days = replace(selection.case_filter, start=period.first, end=period.last)
    cohorts = read_cohorts(facts, replace(selection, case_filter=days), field)
    named = sorted((one for one in cohorts if one.slug), key=lambda one: one.name or "")
    always = replace(selection.case_filter, start=None, end=None)
    months, opened = _count_months(
        facts, replace(selection, case_filter=always), field, month_of(period.last)
    )
    return Groups(field, period, tuple(named), months, opened, facts.as_of)


def _count_months(
    facts: Facts, selection: Selection, field: str, last: Month
) -> tuple[tuple[Month, ...], dict[str, tuple[int, ...]]]:
    """The months from the record's first on, 13 at most, and each group's cases in them."""
    where, values = facts_where(facts, selection)
    rows = facts.rows(
        f"select {field}, opened_month, count(*) from cases where ({where}) and {field} is not null"
        " and opened_month between ? and ? and opened_at <= ? group by 1, 2",
        [*values, last.number - MONTHS + 1, last.number, facts.as_of],
    )
    first = min((month for _, month, _ in rows), default=last.number)
    numbers = range(first, last.number + 1)
    counted: dict[int, dict[int, int]] = {}
    for key, month, cases in rows:
        counted.setdefault(key, {})[month] = cases
    words = facts.words(field)
    opened = {
        words[key].slug: tuple(months.get(number, 0) for number in numbers)
        for key, months in counted.items()
        if key in words
    }
    return tuple(map(Month, numbers)), opened
