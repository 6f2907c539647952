"""Which of many series stand out, and how often one would if nothing had changed.

    verdict = judge(chances, draw)
    verdict.chances     # for each series, the share of shuffled lists with anything as odd in them

Each series is judged by how odd its own weeks would be in any other order. The oddest is held
against the oddest of all in shuffled weeks; once it stands out, the next is held against the rest
(Westfall and Young's step-down), so that many real changes do not hide each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from portal.domain.findings import MOST_ALARMS

SEED = 311
"""Fixed: the same data has the same answer."""
DRAWS = 1_000
AT_ONCE = 50
"""Draws that are in memory together."""
Draw = Callable[[np.random.Generator, int], np.ndarray]
"""So many shuffled lists: a row for each, with how odd each series is in it."""


class Verdict(NamedTuple):
    """For each series the chance that a list of shuffled weeks has anything as odd.

    `alarm_share`: the share of fresh shuffles in which something stands out. None without series.
    """

    chances: np.ndarray
    alarm_share: float | None

    @property
    def stands_out(self) -> list[int]:
        """The series that stand out, the oddest first."""
        order = np.argsort(self.chances, kind="stable")
        return [int(index) for index in order if self.chances[index] <= MOST_ALARMS]


def judge(oddness: np.ndarray, draw: Draw, draws: int = DRAWS) -> Verdict:
    """`oddness` of each series as it is: the smaller, the odder."""
    if not len(oddness):
        return Verdict(oddness, None)
    chance = np.random.default_rng(SEED)
    order = np.argsort(oddness, kind="stable")
    as_odd, oddest = np.zeros(len(oddness)), []
    for shuffled in _draw_in_parts(draw, chance, draws):
        # For each series, the oddest of it and of all that are less odd than it.
        rest = np.minimum.accumulate(shuffled[:, order][:, ::-1], axis=1)[:, ::-1]
        as_odd += (rest <= oddness[order]).sum(axis=0)
        oddest.append(rest[:, 0])
    adjusted = np.maximum.accumulate((1 + as_odd) / (1 + draws))
    chances = np.empty(len(oddness))
    chances[order] = adjusted
    cut = _find_cut(np.concatenate(oddest))
    fresh = [part.min(axis=1) < cut for part in _draw_in_parts(draw, chance, draws)]
    return Verdict(chances, float(np.concatenate(fresh).mean()))


def _find_cut(oddest: np.ndarray) -> float:
    """What is odder than this stands out: fewer than MOST_ALARMS of the shuffled lists have it."""
    return float(np.sort(oddest)[int(MOST_ALARMS * (len(oddest) + 1)) - 1])


def _draw_in_parts(draw: Draw, chance: np.random.Generator, draws: int) -> Iterator[np.ndarray]:
    for done in range(0, draws, AT_ONCE):
        yield draw(chance, min(AT_ONCE, draws - done))
