"""The whole weeks of a city's record, Monday to Sunday, and the cases that were opened in each.

    weeks = read_weeks(facts, city.zone)
    weeks.counts[weeks.series[(neighborhood, service)]]    # cases in each week, the last one last

A week is over once a case was opened after it, so a source that lags makes nothing silent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from portal.domain.city_days import start_of_day
from portal.domain.findings import BASE_WEEKS
from portal.facts.reader import Facts

Series = tuple[int, int]
"""The numbers of a neighborhood and of a type."""
YEARS = 3
"""How many earlier years are looked at for a season."""
MOST_WEEKS = 53 * YEARS + 2
EMPTY_SHARE, EMPTY_WEEKS = 0.1, 4
"""A record begins after the last four weeks in which hardly anything was opened."""


@dataclass(frozen=True)
class Weeks:
    """Cases by week. `mondays` has one more than there are weeks: the end of the last."""

    mondays: tuple[date, ...]
    counts: np.ndarray
    """A row for each series, a column for each week."""
    series: Mapping[Series, int]
    in_no_neighborhood: Mapping[int, np.ndarray]
    """By type."""
    known_until: int
    """When the newest case was opened (epoch s)."""

    @property
    def known(self) -> int:
        """Whole weeks before the last one."""
        return len(self.mondays) - 2

    @property
    def width(self) -> int:
        """Weeks that are compared: the last one and those before it."""
        return min(BASE_WEEKS, self.known) + 1

    def sum_type(self, service: int) -> np.ndarray:
        """Cases of a type in the whole city in each week, those in no neighborhood too."""
        placed = self.sum_rows(lambda key: key[1] == service)
        return placed + self.in_no_neighborhood.get(service, 0)

    def sum_others(self, key: Series) -> np.ndarray:
        """Cases of a series' type in all other neighborhoods in each week."""
        return self.sum_rows(lambda other: other[1] == key[1] and other[0] != key[0])

    def sum_rows(self, is_wanted: Callable[[Series], bool]) -> np.ndarray:
        """Cases of some series together in each week."""
        rows = [row for key, row in self.series.items() if is_wanted(key)]
        return self.counts[rows].sum(axis=0)


def read_weeks(facts: Facts, zone: ZoneInfo) -> Weeks | None:
    """The record's whole weeks; None in a city without cases. Public cases only."""
    [(newest,)] = facts.rows("select max(opened_at) from cases where opened_at <= ?", [facts.as_of])
    if newest is None:
        return None
    day = datetime.fromtimestamp(newest, zone).date()
    end = day - timedelta(days=day.weekday())
    mondays = [end - timedelta(weeks=back) for back in range(MOST_WEEKS, -1, -1)]
    counted = facts.rows(COUNTS, [[start_of_day(monday, zone) for monday in mondays]] * 3)
    totals = np.zeros(MOST_WEEKS)
    for week, _, _, cases in counted:
        totals[week] += cases
    first = _find_first(totals)
    return _arrange(facts, tuple(mondays[first:]), counted, first, newest)


def _find_first(totals: np.ndarray) -> int:
    """The first whole week: the one after that in which the record begins.

    A few odd old cases do not make a record.
    """
    some = totals[totals > 0]
    least = EMPTY_SHARE * float(np.median(some)) if len(some) else 0.0
    first, empty = len(totals), 0
    for week in range(len(totals) - 1, -1, -1):
        if totals[week] > 0 and totals[week] >= least:
            first, empty = week, 0
        else:
            empty += 1
        if empty == EMPTY_WEEKS:
            break
    return first + 1 if 0 < first < len(totals) else first


def _arrange(
    facts: Facts, mondays: tuple[date, ...], counted: list[tuple], first: int, newest: int
) -> Weeks:
    width = len(mondays) - 1
    neighborhoods, services = facts.words("neighborhood"), facts.words("service")
    placed: dict[Series, np.ndarray] = defaultdict(lambda: np.zeros(width, dtype=int))
    others: dict[int, np.ndarray] = defaultdict(lambda: np.zeros(width, dtype=int))
    for week, neighborhood, service, cases in counted:
        if week < first or service not in services:
            continue
        row = placed[neighborhood, service] if neighborhood in neighborhoods else others[service]
        row[week - first] += cases
    keys = sorted(placed, key=lambda key: (key[1], key[0]))
    counts = np.array([placed[key] for key in keys], dtype=int).reshape(len(keys), width)
    return Weeks(mondays, counts, {key: row for row, key in enumerate(keys)}, dict(others), newest)


WEEK_OF = """
weeks as (select unnest(?::bigint[]) as start, generate_subscripts(?::bigint[], 1) - 1 as week)
"""
"""Takes when each week begins and, last, when the last one ends: twice the same list."""
COUNTS = f"""
with {WEEK_OF},
chosen as (
    select opened_at, neighborhood, service from cases
    where opened_at >= (select min(start) from weeks) and opened_at < (select list_max(?::bigint[]))
)
select week, neighborhood, service, count(*) from chosen
asof join weeks on chosen.opened_at >= weeks.start group by all
"""
