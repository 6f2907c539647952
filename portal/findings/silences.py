"""Gone silent: no case in the last weeks, in more of them than chance explains.

The chance of a week without a case is that of the negative binomial of the weeks before
(portal.findings.surges); of several in a row, its power.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

import numpy as np

from portal.domain.findings import LEAST_WEEKS, MOST_SILENT_WEEKS, Check, Silence
from portal.facts.reader import Facts
from portal.findings.shuffling import DRAWS, judge
from portal.findings.surges import Chosen, choose_series, name_word, pool_dispersion
from portal.findings.weeks import Series, Weeks

EVERYWHERE_SHARE = 0.5
"""It is everywhere if the other neighborhoods have less than this share of their usual cases."""


class _Odd(NamedTuple):
    """A series that has gone silent."""

    key: Series
    weeks: int
    chance: float


def find_silences(
    facts: Facts, weeks: Weeks, draws: int = DRAWS
) -> tuple[tuple[Silence, ...], Check]:
    """Those that last until now, the oddest first, and how they were looked for."""
    chosen = choose_series(weeks)
    if not chosen.keys:
        return (), Check()
    longest = min(MOST_SILENT_WEEKS, weeks.width - (LEAST_WEEKS - 1))
    runs = count_silent_weeks(chosen.counts)
    likely = run_chances(chosen.counts, longest)

    def draw(chance: np.random.Generator, number: int) -> np.ndarray:
        below = chance.random((number, len(runs)))[:, :, None] < likely
        return rate_runs(chosen, below.sum(axis=2))

    # What is silent for longer is no news, and is not told.
    told = np.where(runs <= longest, runs, 0)
    verdict = judge(rate_runs(chosen, told), draw, draws)
    odd = [
        _Odd(chosen.keys[row], int(told[row]), float(verdict.chances[row]))
        for row in verdict.stands_out
        if told[row]
    ]
    return _tell(facts, weeks, odd), Check(len(runs), verdict.alarm_share)


def count_silent_weeks(counts: np.ndarray) -> np.ndarray:
    """How many weeks without a case each series ends with."""
    return np.cumprod(counts[:, ::-1] == 0, axis=1).sum(axis=1)


def run_chances(counts: np.ndarray, longest: int) -> np.ndarray:
    """For each series, the chance that it ends with 1, 2, … `longest` empty weeks if shuffled."""
    empty, width = (counts == 0).sum(axis=1)[:, None], counts.shape[1]
    steps = np.arange(longest)[None, :]
    return np.cumprod(np.maximum(empty - steps, 0) / (width - steps), axis=1)


def rate_runs(chosen: Chosen, runs: np.ndarray) -> np.ndarray:
    """How odd it is that each series ends with so many empty weeks: 1 for none."""
    width = chosen.counts.shape[1]
    before = width - runs
    means = chosen.counts.sum(axis=1) / before
    squares = (chosen.counts**2).sum(axis=1)
    variances = np.maximum(squares - before * means**2, 0) / (before - 1)
    dispersion = pool_dispersion(chosen, means, variances)
    return np.exp(-runs * means * np.log(dispersion) / (dispersion - 1))


def _tell(facts: Facts, weeks: Weeks, found: Sequence[_Odd]) -> tuple[Silence, ...]:
    """Each that is silent here alone; one for each type that is everywhere."""
    here, everywhere = [], defaultdict(list)
    for one in found:
        if is_everywhere(weeks, one.key, one.weeks):
            everywhere[one.key[1]].append(one)
        else:
            here.append(_make(facts, weeks, [one], is_everywhere=False))
    merged = [_make(facts, weeks, ones, is_everywhere=True) for ones in everywhere.values()]
    return tuple(sorted([*here, *merged], key=lambda silence: silence.chance))


def is_everywhere(weeks: Weeks, key: Series, silent: int) -> bool:
    """Whether the other neighborhoods have less than half of their usual cases, too."""
    others = weeks.sum_others(key)[-weeks.width :]
    usual = others[:-silent].mean() * silent
    return bool(usual) and bool(others[-silent:].sum() < EVERYWHERE_SHARE * usual)


def _make(facts: Facts, weeks: Weeks, ones: list[_Odd], *, is_everywhere: bool) -> Silence:
    # All of them have been silent for as long as the last one that fell silent.
    silent, first = min(one.weeks for one in ones), ones[0].key
    if is_everywhere:
        counts = beside = weeks.sum_type(first[1])[-weeks.width :]
    else:
        counts = weeks.counts[weeks.series[first], -weeks.width :]
        beside = weeks.sum_others(first)[-weeks.width :]
    places = [name_word(facts, "neighborhood", one.key[0]) for one in ones]
    end = weeks.mondays[-1]
    return Silence(
        service=name_word(facts, "service", first[1]),
        neighborhoods=tuple(sorted(places, key=lambda place: place.name)),
        is_everywhere=is_everywhere,
        silent_weeks=silent,
        usual=float(counts[:-silent].mean()),
        first_day=(end - timedelta(weeks=weeks.width)).isoformat(),
        last_day=(end - timedelta(weeks=silent, days=1)).isoformat(),
        cases=int(counts[:-silent].sum()),
        others=int(beside[-silent:].sum()),
        others_usual=float(beside[:-silent].mean() * silent),
        chance=ones[0].chance,
        weeks=tuple(int(number) for number in counts),
    )
