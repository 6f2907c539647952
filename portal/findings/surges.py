"""More cases in the last week than chance explains; and whether it is here, or everywhere.

For each type in each neighborhood, a negative binomial of the weeks before: their mean, and a
variance that is a multiple of it, the same for all neighborhoods of a type; 1/k more of it, because
the mean of k weeks is an estimate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from portal.domain.findings import LEAST_MEAN, SEASON_WEEKS, Check, Name, Surge
from portal.facts.reader import Facts
from portal.findings.shuffling import DRAWS, judge
from portal.findings.weeks import Series, Weeks

LEAST_DISPERSION = 1.0001
"""Variance over mean: a little more than that of a Poisson, so that the formula holds."""
LEAST_EXPECTED = 0.5
HERE_CHANCE = 0.01
"""It is here if the neighborhood's share of the city's cases of the type is as odd as that."""
SEASON_CHANCE = 0.05
YEAR_WEEKS = 52


class Chosen(NamedTuple):
    """The series that are looked at, those of a type beside each other."""

    keys: list[Series]
    counts: np.ndarray
    """A row for each series, the weeks that are compared."""
    starts: np.ndarray
    """The row with which each type begins."""

    def spread(self, of_types: np.ndarray) -> np.ndarray:
        """A value of each type (last axis) as one of each series."""
        sizes = np.diff(np.append(self.starts, len(self.keys)))
        return np.repeat(of_types, sizes, axis=-1)


def choose_series(weeks: Weeks) -> Chosen:
    """Series with LEAST_MEAN cases a week or more, in the weeks that are compared."""
    compared = weeks.counts[:, -weeks.width :]
    means = compared.mean(axis=1)
    keys = [key for key, row in weeks.series.items() if means[row] >= LEAST_MEAN]
    types = [service for _, service in keys]
    starts = [row for row, one in enumerate(types) if row == 0 or types[row - 1] != one]
    rows = [weeks.series[key] for key in keys]
    return Chosen(keys, compared[rows].astype(float), np.array(starts, dtype=int))


def pool_dispersion(chosen: Chosen, means: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Variance over mean of each series: of all those of its type together, 1 or more."""
    pooled = np.add.reduceat(variances, chosen.starts, axis=-1) / np.maximum(
        np.add.reduceat(means, chosen.starts, axis=-1), 1e-9
    )
    return chosen.spread(np.maximum(pooled, LEAST_DISPERSION))


def tail_chance(cases: np.ndarray, means: np.ndarray, dispersion: np.ndarray) -> np.ndarray:
    """The chance of as many cases or more: P(X ≥ cases), with variance dispersion × mean."""
    from scipy.special import betainc

    dispersion = np.maximum(dispersion, LEAST_DISPERSION)
    size = means / (dispersion - 1)
    found = betainc(np.maximum(cases, 1), size, 1 - 1 / dispersion)
    return np.where(cases >= 1, found, 1.0)


def rate_week(chosen: Chosen, cases: np.ndarray) -> np.ndarray:
    """How odd it is that a week has so many `cases`, beside all other weeks of its series.

    The last axis of `cases` is the series; the week is one of those of `chosen`.
    """
    before = chosen.counts.shape[1] - 1
    means, variances = _rest(chosen, cases)
    dispersion = pool_dispersion(chosen, means, variances) * (1 + 1 / before)
    return tail_chance(cases, np.maximum(means, LEAST_EXPECTED / before), dispersion)


def _rest(chosen: Chosen, cases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means and variances of the weeks that are left without one with `cases`."""
    before = chosen.counts.shape[1] - 1
    means = (chosen.counts.sum(axis=1) - cases) / before
    squares = (chosen.counts**2).sum(axis=1) - cases**2
    return means, np.maximum(squares - before * means**2, 0) / (before - 1)


def find_surges(facts: Facts, weeks: Weeks, draws: int = DRAWS) -> tuple[tuple[Surge, ...], Check]:
    """Those of the last week, the oddest first, and how they were looked for."""
    chosen = choose_series(weeks)
    if not chosen.keys:
        return (), Check()
    rows, width = np.arange(len(chosen.keys)), chosen.counts.shape[1]

    def draw(chance: np.random.Generator, number: int) -> np.ndarray:
        return rate_week(
            chosen, chosen.counts[rows, chance.integers(width, size=(number, len(rows)))]
        )

    verdict = judge(rate_week(chosen, chosen.counts[:, -1]), draw, draws)
    found = verdict.stands_out
    dispersion = pool_dispersion(chosen, *_rest(chosen, chosen.counts[:, -1]))
    ours = [_Odd(chosen.keys[i], float(dispersion[i]), float(verdict.chances[i])) for i in found]
    return _tell(facts, weeks, ours), Check(len(rows), verdict.alarm_share)


class _Odd(NamedTuple):
    """A series that stands out."""

    key: Series
    dispersion: float
    chance: float


def _tell(facts: Facts, weeks: Weeks, found: Sequence[_Odd]) -> tuple[Surge, ...]:
    """Each that is here alone; one for each type that is everywhere."""
    surges, everywhere = [], defaultdict(list)
    for one in found:
        if is_here(weeks, one.key, one.dispersion):
            surges.append(_tell_here(facts, weeks, one))
        else:
            everywhere[one.key[1]].append(one)
    surges += [_tell_everywhere(facts, weeks, ones) for ones in everywhere.values()]
    return tuple(sorted(surges, key=lambda surge: surge.chance))


def is_here(weeks: Weeks, key: Series, dispersion: float) -> bool:
    """Whether the neighborhood has more than its usual share of the city's cases of the type.

    Expected: its usual number, as many times as the other neighborhoods have theirs.
    """
    now, usual = _now_and_usual(weeks.counts[weeks.series[key]], weeks.width)
    others, others_usual = _now_and_usual(weeks.sum_others(key), weeks.width)
    if not others_usual or not others:
        return True
    expected = max(usual * others / others_usual, LEAST_EXPECTED / (weeks.width - 1))
    # What is expected is an estimate of the weeks before, and of the others' week.
    wider = dispersion * (1 + 1 / (weeks.width - 1) + expected / others)
    chance = tail_chance(np.array(now), np.array(expected), np.array(wider))
    return bool(chance <= HERE_CHANCE)


def _now_and_usual(counts: np.ndarray, width: int) -> tuple[int, float]:
    return int(counts[-1]), float(counts[-width:-1].mean())


def _tell_here(facts: Facts, weeks: Weeks, one: _Odd) -> Surge:
    counts = weeks.counts[weeks.series[one.key]]
    others, others_usual = _now_and_usual(weeks.sum_others(one.key), weeks.width)
    place = name_word(facts, "neighborhood", one.key[0])
    return _make(facts, weeks, [one], counts, (place,), (others, others_usual))


def _tell_everywhere(facts: Facts, weeks: Weeks, ones: list[_Odd]) -> Surge:
    places = [name_word(facts, "neighborhood", one.key[0]) for one in ones]
    places.sort(key=lambda place: place.name)
    counts = weeks.sum_type(ones[0].key[1])
    return _make(facts, weeks, ones, counts, tuple(places), None)


def _make(
    facts: Facts,
    weeks: Weeks,
    ones: list[_Odd],
    counts: np.ndarray,
    places: tuple[Name, ...],
    others: tuple[int, float] | None,
) -> Surge:
    cases, usual = _now_and_usual(counts, weeks.width)
    earlier = find_earlier(weeks, counts)
    return Surge(
        service=name_word(facts, "service", ones[0].key[1]),
        neighborhoods=places,
        is_everywhere=others is None,
        cases=cases,
        usual=usual,
        others=others[0] if others else 0,
        others_usual=others[1] if others else 0.0,
        earlier=earlier,
        is_season=earlier is not None and _is_usual(cases, earlier, ones[0].dispersion),
        chance=ones[0].chance,
        first_day=weeks.mondays[-2].isoformat(),
        last_day=(weeks.mondays[-1] - timedelta(days=1)).isoformat(),
        weeks=tuple(int(number) for number in counts[-weeks.width :]),
    )


def find_earlier(weeks: Weeks, counts: np.ndarray) -> float | None:
    """Cases a week in the three weeks around the last one, of earlier years; None: not known."""
    if weeks.known < SEASON_WEEKS:
        return None
    last = len(counts) - 1
    middles = range(last - YEAR_WEEKS, 0, -YEAR_WEEKS)
    return float(np.mean([counts[middle - 1 : middle + 2] for middle in middles]))


def _is_usual(cases: int, earlier: float, dispersion: float) -> bool:
    wider = np.array(dispersion * (1 + 1 / 3))
    expected = np.array(max(earlier, LEAST_EXPECTED))
    return bool(tail_chance(np.array(cases), expected, wider) > SEASON_CHANCE)


def name_word(facts: Facts, kind: str, number: int) -> Name:
    """The name of a type or a neighborhood."""
    word = facts.words(kind)[number]
    return Name(word.slug, word.name)
