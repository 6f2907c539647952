"""What became of cases: how many are closed, how fast, and how many in time, for any groups.

    found = read_cohorts(facts, selection, "neighborhood")     # one for each, and None for the rest
    (whole,) = read_cohorts(facts, selection)                  # all of them together

A cohort is the cases that a filter lets through, by the day they were opened. Read from the facts:
public cases only. docs/metrics.md explains the numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.domain.case import CONTRADICTIONS
from portal.domain.intervals import FEW_CASES, days_interval, share_interval
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
    chosen, values = _chosen(facts, selection, by, until)
    counted = facts.rows(f"with chosen as ({chosen}) {_COUNT}", values)
    days: dict[object, tuple[Counter[int], Counter[int]]] = {}
    for group, took, cases in facts.rows(f"with chosen as ({chosen}) {_DAYS}", values):
        ended, not_ended = days.setdefault(group, (Counter(), Counter()))
        (ended if took > 0 else not_ended)[abs(took) - (took <= 0)] += cases
    if not by and not counted:
        return (Cohort("", "", 0, 0, 0, 0, (0,) * (len(AGE_BANDS) + 1)),)
    return tuple(
        _make_cohort(facts, by, row, days.get(row[0], (Counter(), Counter()))) for row in counted
    )


def _make_cohort(
    facts: Facts, by: str, row: tuple, days: tuple[Counter[int], Counter[int]]
) -> Cohort:
    group, opened, closed, on_time, late, *ages = row
    slug, name = _name_group(facts, by, group)
    return Cohort(slug, name, opened, closed, on_time, late, tuple(ages), *days)


def _name_group(facts: Facts, by: str, group: int | None) -> tuple[str | None, str | None]:
    if not by:
        return "", ""
    if group is None:
        return None, None
    if by == "zipcode":
        return str(group), str(group)
    if by == "opened_month":
        month = f"{group // 12:04d}-{group % 12 + 1:02d}"
        return month, month
    word = facts.words(by).get(group)
    return (word.slug, word.name) if word else (None, None)


def _chosen(facts: Facts, selection: Selection, by: str, until: int | None) -> FactsSql:
    """The cohort's cases, with what is asked of each.

    A day counts only once it is over: of a case opened yesterday at noon, one day.
    """
    where, values = facts_where(facts, selection)
    now = min(facts.as_of, selection.now or facts.as_of) if until is None else until
    still_open = "status < 2" if until is None else "(status < 2 or closed_at > $until)"
    group = GROUP_SQL.get(by, by) or "1"
    sql = (
        f"select {group} as grp, {still_open} as is_open, opened_at, closed_at, target_at,"
        f" $until as until, contradictions from cases where ({where}) and opened_at <= $until"
    ).replace("$until", f"{int(now)}")
    return sql, values


_IN_FUTURE = CONTRADICTIONS["closed_in_future"]
_HAS_POSSIBLE_TIMES = f"closed_at >= opened_at and contradictions & {_IN_FUTURE} = 0"
POSSIBLE = f"(status < 2 or ({_HAS_POSSIBLE_TIMES}))"
"""SQL of whether a case's times can be true, so that it counts in days."""
_AGE = f"(until - opened_at) // {DAY}"
_AGES = ", ".join(
    f"count(*) filter (is_open and {_AGE} >= {first} and {_AGE} < {last})"
    for first, last in zip((0, *AGE_BANDS), (*AGE_BANDS, 2**31), strict=True)
)
_COUNT = f"""
    select grp, count(*) as opened, count(*) filter (not is_open),
        count(*) filter (target_at is not null and not is_open and closed_at <= target_at),
        count(*) filter (target_at is not null
            and case when is_open then target_at < until else closed_at > target_at end),
        {_AGES}
    from chosen group by grp order by opened desc, grp
"""
_TOOK = f"greatest(1, (closed_at - opened_at + {DAY - 1}) // {DAY})"
_WATCHED = f"(until - opened_at) // {DAY}"
# A case that was closed on its n-th day is n; one that had not been after n whole days is -n - 1.
_DAYS = f"""
    select grp, case when not is_open and {_TOOK} <= {_WATCHED} then {_TOOK}
            else -{_WATCHED} - 1 end as took, count(*)
    from chosen
    where is_open or ({_HAS_POSSIBLE_TIMES})
    group by grp, took
"""
