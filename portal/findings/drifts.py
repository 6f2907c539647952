"""Slower or faster than before, where the other neighborhoods are not: CUSUM against peers.

For each type in each neighborhood and week, the cases closed within the days by which half of the
type's are closed in the city, less those that would be with the other neighborhoods' share of that
week, less the neighborhood's usual difference. The sums of these from the first week on are near
0 unless something changed; where they are farthest from it, it did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from portal.domain.city_days import start_of_day
from portal.domain.filters import CaseFilter
from portal.domain.findings import (
    BASE_WEEKS,
    LEAST_MEAN,
    LEAST_POINTS,
    LEAST_WEEKS,
    LONGEST_USUAL_DAYS,
    Check,
    Drift,
    Shares,
)
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.findings.shuffling import DRAWS, judge
from portal.findings.surges import name_word
from portal.findings.weeks import WEEK_OF, Weeks
from portal.queries.performance.cohorts import DAY, POSSIBLE, read_cohorts

PART_WEEKS = 4


@dataclass(frozen=True)
class TypeWeeks:
    """The neighborhoods of a type in the weeks that are old enough for its `days`.

    `all_cases`, `cases` and `in_time` have a row for each neighborhood that has any case:
    all of a week, those with possible times, and those of them closed within the days.
    `looked_at`: the rows that are enough.
    """

    service: int
    days: int
    last: int
    """The week after the last one, as a place in the city's weeks."""
    neighborhoods: tuple[int, ...]
    all_cases: np.ndarray
    cases: np.ndarray
    in_time: np.ndarray

    @property
    def looked_at(self) -> list[int]:
        """Rows with LEAST_MEAN cases a week, and as many in the other neighborhoods."""
        means = self.cases.mean(axis=1)
        enough = (means >= LEAST_MEAN) & (means.sum() - means >= LEAST_MEAN)
        return [int(row) for row in np.flatnonzero(enough)]

    def differences(self) -> np.ndarray:
        """For each row looked at and week, cases in time beyond what was to be expected: they add
        up to 0."""
        rows = self.looked_at
        others = self.cases.sum(axis=0) - self.cases[rows]
        share = (self.in_time.sum(axis=0) - self.in_time[rows]) / np.maximum(others, 1)
        cases = np.where(others > 0, self.cases[rows], 0)
        beyond = np.where(others > 0, self.in_time[rows] - cases * share, 0.0)
        usual = beyond.sum(axis=1) / np.maximum(cases.sum(axis=1), 1)
        return beyond - cases * usual[:, None]


class OddRow(NamedTuple):
    """A row of a type that stands out, and after how many weeks it changed."""

    row: int
    change: int
    is_better: bool
    chance: float


def find_drifts(
    facts: Facts, weeks: Weeks, zone: ZoneInfo, draws: int = DRAWS
) -> tuple[tuple[Drift, ...], Check]:
    """Those of the year, the oddest first, and how they were looked for."""
    odd, check = judge_types(read_types(facts, weeks, zone), draws)
    drifts = [_make(facts, weeks, of_type, one) for of_type, one in odd]
    return tuple(drift for drift in drifts if is_large(drift)), check


def judge_types(
    types: Sequence[TypeWeeks], draws: int = DRAWS
) -> tuple[list[tuple[TypeWeeks, OddRow]], Check]:
    """The rows of types that stand out, the oddest first."""
    differences = [rows for one in types if len(rows := one.differences())]
    places = [(one, row) for one in types for row in one.looked_at]
    if not places:
        return [], Check()

    def draw(chance: np.random.Generator, number: int) -> np.ndarray:
        rated = [rate_sums(_shuffle(chance, rows, number)) for rows in differences]
        return np.concatenate(rated, axis=1)

    verdict = judge(np.concatenate([rate_sums(rows) for rows in differences]), draw, draws)
    each = [row for rows in differences for row in rows]
    odd = []
    for index in verdict.stands_out:
        of_type, row = places[index]
        sums = np.cumsum(each[index])[:-1]
        change = int(np.abs(sums).argmax())
        is_better = bool(sums[change] < 0)
        odd.append((of_type, OddRow(row, change + 1, is_better, float(verdict.chances[index]))))
    return odd, Check(len(places), verdict.alarm_share)


def rate_sums(differences: np.ndarray) -> np.ndarray:
    """How odd the sums of each series (last axis: weeks) are; -1 and less is odd, 0 is not.

    The farthest sum from 0, in units of the whole variation: at most the root of the weeks.
    """
    farthest = np.abs(np.cumsum(differences, axis=-1)).max(axis=-1)
    size = np.sqrt((differences**2).sum(axis=-1))
    return -np.divide(farthest, size, out=np.zeros_like(farthest), where=size > 1e-9)


def _shuffle(chance: np.random.Generator, rows: np.ndarray, number: int) -> np.ndarray:
    return chance.permuted(np.broadcast_to(rows, (number, *rows.shape)), axis=-1)


def read_types(facts: Facts, weeks: Weeks, zone: ZoneInfo) -> list[TypeWeeks]:
    """Each type of which half are closed within LONGEST_USUAL_DAYS, in its last BASE_WEEKS weeks
    that are over by so many days."""
    days = _usual_days(facts, weeks, zone)
    starts = [start_of_day(monday, zone) for monday in weeks.mondays]
    values = [starts, starts, list(days), list(days.values()), starts]
    counted: dict[int, dict[int, list[tuple]]] = {}
    for week, neighborhood, service, *numbers in facts.rows(_IN_TIME, values) if days else []:
        if neighborhood in facts.words("neighborhood"):
            of_type = counted.setdefault(service, {})
            of_type.setdefault(neighborhood, []).append((week, *numbers))
    types = []
    for service, rows in sorted(counted.items()):
        over = weeks.known_until - days[service] * DAY
        last = sum(start <= over for start in starts[1:])
        first = max(0, last - BASE_WEEKS)
        if last - first >= LEAST_WEEKS:
            types.append(_arrange(service, days[service], (first, last), rows))
    return types


def _usual_days(facts: Facts, weeks: Weeks, zone: ZoneInfo) -> dict[int, int]:
    """By type, the days by which half of the cases of the compared weeks are closed."""
    first, end = weeks.mondays[-weeks.width - 1], weeks.mondays[-1]
    chosen = CaseFilter(start=first, end=end - timedelta(days=1))
    numbers = {word.slug: number for number, word in facts.words("service").items()}
    cohorts = read_cohorts(facts, Selection(chosen, zone), "service", until=weeks.known_until)
    found = {}
    for cohort in cohorts:
        day = cohort.days_until(50) if cohort.slug and cohort.is_enough else None
        if cohort.slug and day is not None and day <= LONGEST_USUAL_DAYS:
            found[numbers[cohort.slug]] = day
    return found


def _arrange(
    service: int, days: int, span: tuple[int, int], rows: Mapping[int, Sequence[tuple]]
) -> TypeWeeks:
    first, last = span
    made = np.zeros((3, len(rows), last - first), dtype=float)
    neighborhoods = sorted(rows)
    for row, neighborhood in enumerate(neighborhoods):
        counted = rows[neighborhood]
        for week, *numbers in counted:
            if first <= week < last:
                made[:, row, week - first] = numbers
    return TypeWeeks(service, days, last, tuple(neighborhoods), *made)


def _make(facts: Facts, weeks: Weeks, of_type: TypeWeeks, odd: OddRow) -> Drift:
    width = of_type.cases.shape[1]
    first = of_type.last - width + odd.change
    parts = range(width % PART_WEEKS, width, PART_WEEKS)
    return Drift(
        service=name_word(facts, "service", of_type.service),
        neighborhood=name_word(facts, "neighborhood", of_type.neighborhoods[odd.row]),
        is_better=odd.is_better,
        days=of_type.days,
        first_day=weeks.mondays[first].isoformat(),
        last_day=(weeks.mondays[of_type.last] - timedelta(days=1)).isoformat(),
        cases=int(of_type.all_cases[odd.row, odd.change :].sum()),
        before=_require(find_shares(of_type, odd.row, slice(0, odd.change))),
        since=_require(find_shares(of_type, odd.row, slice(odd.change, width))),
        chance=odd.chance,
        parts=tuple(find_shares(of_type, odd.row, slice(at, at + PART_WEEKS)) for at in parts),
        part_days=tuple(weeks.mondays[of_type.last - width + at].isoformat() for at in parts),
    )


def find_shares(of_type: TypeWeeks, row: int, when: slice) -> Shares | None:
    """Shares closed within the days, of the cases of some weeks; None where one has no case."""
    cases, in_time = of_type.cases[:, when].sum(axis=1), of_type.in_time[:, when].sum(axis=1)
    others = cases.sum() - cases[row]
    if not cases[row] or not others:
        return None
    elsewhere = (in_time.sum() - in_time[row]) / others
    return Shares(float(in_time[row] / cases[row]), float(elsewhere))


def _require(shares: Shares | None) -> Shares:
    return shares or Shares(0.0, 0.0)


def is_large(drift: Drift) -> bool:
    """Whether its own share moved by LEAST_POINTS the way that the sums say, also against the
    others: where one neighborhood changes, all others change against it, and are not told."""
    sign = 100 if drift.is_better else -100
    own = sign * (drift.since.here - drift.before.here)
    against = own - sign * (drift.since.elsewhere - drift.before.elsewhere)
    return min(own, against) >= LEAST_POINTS


_IN_TIME = f"""
with {WEEK_OF},
usual as (select unnest(?::bigint[]) as service_id, unnest(?::bigint[]) as days),
chosen as (
    select neighborhood, service, opened_at, {POSSIBLE} as is_possible,
        status = 2 and closed_at <= opened_at + days * {DAY} as is_in_time
    from cases join usual on usual.service_id = cases.service
    where opened_at >= (select min(start) from weeks) and opened_at < (select list_max(?::bigint[]))
)
select week, neighborhood, service, count(*), count(*) filter (is_possible),
    count(*) filter (is_possible and is_in_time)
from chosen asof join weeks on chosen.opened_at >= weeks.start group by all
"""
