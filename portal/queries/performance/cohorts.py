"""What became of cases: how many are closed, how fast, and how many in time, for any groups.

    found = read_cohorts(facts, selection, "neighborhood")     # one for each, and None for the rest
    (whole,) = read_cohorts(facts, selection)                  # all of them together

A cohort is the cases that a filter lets through, by the day they were opened. Read from the facts:
public cases only. docs/metrics.md explains the numbers.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portal.domain.case import CONTRADICTIONS
from portal.domain.intervals import FEW_CASES, days_interval, share_interval
from portal.domain.month import Month
from portal.domain.survival import days_until_share
from portal.facts.reader import Facts
from portal.filter_sql import SLUG_FIELDS, FactsSql, Selection, facts_where

DAY = 86_400
AGE_BANDS = (7, 30, 90, 365)
"""Whole days at which bands of age begin; the first begins at 0."""
GROUPS = (*SLUG_FIELDS, "zipcode", "opened_month")
"""What cohorts can be made by."""
GROUP_SQL = {"zipcode": "nullif(zipcode, '')"}
"""How, where it is not the column alone: cases in none have no value."""


@dataclass(frozen=True)
class Cohort:
    """Cases of one group. `slug` and `name` are empty for all of them, None for those in none.

    `on_time` and `late` are those whose target has passed, or which were closed before it;
    `ages` has the open ones by AGE_BANDS. Days are whole elapsed days as docs/metrics.md says.
    """

    slug: str | None
    name: str | None
    opened: int
    closed: int
    on_time: int
    late: int
    ages: tuple[int, ...]
    ended: Mapping[int, int] = field(default_factory=dict, repr=False)
    not_ended: Mapping[int, int] = field(default_factory=dict, repr=False)

    @property
    def still_open(self) -> int:
        """Cases that are not closed."""
        return self.opened - self.closed

    @property
    def due(self) -> int:
        """Cases of which it is known whether the city's target was kept."""
        return self.on_time + self.late

    @property
    def on_time_share(self) -> float | None:
        """From 0 to 1; None if no case has had a target yet."""
        return self.on_time / self.due if self.due else None

    @property
    def on_time_interval(self) -> tuple[float, float] | None:
        """95 %, from 0 to 1."""
        return share_interval(self.on_time, self.due)

    def days_until(self, share_pct: int) -> int | None:
        """The day by whose end a share (percent) is closed, open cases as open; None: not yet."""
        (day,) = days_until_share(self.ended, self.not_ended, (share_pct,))
        return day

    def days_interval(self, share_pct: int) -> tuple[int | None, int | None]:
        """The same day's 95 % interval; None: not reached."""
        return days_interval(self.ended, self.not_ended, share_pct)

    def closed_by(self, day: int) -> float:
        """The share (0 to 1) that is closed by the end of a day, open cases as open."""
        reached = [share for at, share in self.curve(day) if at <= day]
        return reached[-1] if reached else 0.0

    def curve(self, last_day: int) -> list[tuple[int, float]]:
        """(day, share closed by its end) wherever the share rises, from day 0 to `last_day` or to
        the last day that a case has reached."""
        at_risk = sum(self.ended.values()) + sum(self.not_ended.values())
        left, points = 1.0, [(0, 0.0)]
        for day in sorted({*self.ended, *self.not_ended}):
            if day > last_day:
                break
            if over := self.ended.get(day, 0):
                left *= 1 - over / at_risk
                points.append((day, 1 - left))
            at_risk -= over + self.not_ended.get(day, 0)
        reached = max((*self.ended, *self.not_ended), default=0)
        points.append((min(last_day, reached), points[-1][1]))
        return points

    @property
    def is_enough(self) -> bool:
        """Whether there are enough cases to say how long they take."""
        return sum(self.ended.values()) + sum(self.not_ended.values()) >= FEW_CASES


def read_cohorts(
    facts: Facts, selection: Selection, by: str = "", until: int | None = None
) -> tuple[Cohort, ...]:
    """The selection's cases by one of GROUPS, most cases first; all together without one.

    `until` (epoch s): as if it were that moment, by the city's own times; None: the time of the
    data. Without a group there is always one cohort, also of no case. Source: the city's opened,
    closed and target times; cases of which these cannot be true count, but not in days.
    """
    return read_cuts(facts, selection, (by,), until)[by]


def read_cuts(
    facts: Facts, selection: Selection, cuts: Sequence[str], until: int | None = None
) -> dict[str, tuple[Cohort, ...]]:
    """The same by several of GROUPS at once, in one look at the cases; "" is all of them."""
    query, values = _ask(facts, selection, cuts, until)
    tallies: dict[int, dict[Any, _Tally]] = {number: {} for number in range(len(cuts))}
    for cut, group, took, is_open, due, cases in facts.rows(query, values):
        tally = tallies[cut].get(group)
        if tally is None:
            tally = tallies[cut][group] = _Tally()
        tally.add(took, is_open, due, cases)
    return {cut: _make_cohorts(facts, cut, tallies[number]) for number, cut in enumerate(cuts)}


class _Tally:
    """The cases of one group, as they are read."""

    def __init__(self) -> None:
        self.opened = self.closed = 0
        self.due = [0, 0, 0]
        self.ages = [0] * (len(AGE_BANDS) + 1)
        self.ended: dict[int, int] = {}
        self.not_ended: dict[int, int] = {}

    def add(self, took: int | None, is_open: bool, due: int, cases: int) -> None:
        """Some of them: a case that was closed on its n-th day took n; one that had not been after
        n whole days -n - 1; None for times that cannot be true."""
        self.opened += cases
        self.due[due] += cases
        if is_open and took is not None:
            self.ages[bisect(AGE_BANDS, -took - 1)] += cases
        else:
            self.closed += cases
        if took is not None:
            days, at = (self.ended, took) if took > 0 else (self.not_ended, -took - 1)
            days[at] = days.get(at, 0) + cases


def _make_cohorts(facts: Facts, cut: str, tallies: dict[Any, _Tally]) -> tuple[Cohort, ...]:
    if not cut and not tallies:
        tallies = {None: _Tally()}
    made = []
    for group, tally in tallies.items():
        slug, name = _name_group(facts, cut, group)
        _none, on_time, late = tally.due
        counts = tally.opened, tally.closed, on_time, late, tuple(tally.ages)
        made.append(Cohort(slug, name, *counts, tally.ended, tally.not_ended))
    return tuple(sorted(made, key=lambda one: (-one.opened, one.slug is None, one.slug or "")))


def _name_group(facts: Facts, by: str, group: Any) -> tuple[str | None, str | None]:
    if not by:
        return "", ""
    if group is None:
        return None, None
    if by == "zipcode":
        return group, group
    if by == "opened_month":
        month = str(Month(group))
        return month, month
    word = facts.words(by).get(group)
    return (word.slug, word.name) if word else (None, None)


_IN_FUTURE = CONTRADICTIONS["closed_in_future"]
_HAS_POSSIBLE_TIMES = f"closed_at >= opened_at and contradictions & {_IN_FUTURE} = 0"
POSSIBLE = f"(status < 2 or ({_HAS_POSSIBLE_TIMES}))"
"""SQL of whether a case's times can be true, so that it counts in days."""
_TOOK = f"greatest(1, (closed_at - opened_at + {DAY - 1}) // {DAY})"
_WATCHED = f"($until - opened_at) // {DAY}"


def _ask(facts: Facts, selection: Selection, cuts: Sequence[str], until: int | None) -> FactsSql:
    """Cut, group, days as _Tally.add takes them, whether open, 1 in time or 2 late, and cases.

    A day counts only once it is over: of a case opened yesterday at noon, one day.
    """
    where, values = facts_where(facts, selection)
    now = min(facts.as_of, selection.now or facts.as_of) if until is None else until
    still_open = "status < 2" if until is None else "(status < 2 or closed_at > $until)"
    groups = "".join(
        f"{GROUP_SQL.get(cut, cut) or '1'} as group_{number}, " for number, cut in enumerate(cuts)
    )
    sql = f"""
        with chosen as (
            select {groups} {still_open} as is_open,
                case when target_at is null then 0
                    when {still_open} then if(target_at < $until, 2, 0)
                    when closed_at <= target_at then 1
                    when closed_at > target_at then 2 else 0 end as due,
                case when not {still_open} and ({_HAS_POSSIBLE_TIMES}) is not true then null
                    when not {still_open} and {_TOOK} <= {_WATCHED} then {_TOOK}
                    else -{_WATCHED} - 1 end as took
            from cases where ({where}) and opened_at <= $until
        )
        select {_which(cuts)}, took, is_open, due, count(*)
        from chosen group by grouping sets ({_sets(cuts)}) having count(*) > 0
    """
    return sql.replace("$until", f"{int(now)}"), values


def _which(cuts: Sequence[str]) -> str:
    """The number of the cut that a row is of, and its group."""
    whole = cuts.index("") if "" in cuts else 0
    cases = [f"when grouping(group_{number}) = 0 then" for number, cut in enumerate(cuts) if cut]
    numbers = [number for number, cut in enumerate(cuts) if cut]
    if not cases:
        return f"{whole}, null"
    pairs = list(zip(cases, numbers, strict=True))
    cut = " ".join(f"{case} {number}" for case, number in pairs)
    group = " ".join(f"{case} group_{number}" for case, number in pairs)
    return f"case {cut} else {whole} end, case {group} end"


def _sets(cuts: Sequence[str]) -> str:
    """Each cut's own grouping set."""
    return ", ".join(
        f"({f'group_{number}, ' if cut else ''}took, is_open, due)"
        for number, cut in enumerate(cuts)
    )
