"""How often a ratio stands out where nothing makes a difference: measured on drawn requests.

Requests are drawn for the city's own tracts, as a multiple of their residents and no more, with the
dispersion of each channel. They are modeled as the real ones are. Intervals of models with so few
tracts are somewhat too narrow, so the share is more than the 5 % that they promise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from portal.equity.negative_binomial import NO_DISPERSION, Fitted, fit

SEED = 311
RATIOS = 1_000
"""How many ratios are looked at, about: the share is then right to a percent or so."""
MOST_DRAWS = 100
"""Of each channel, where there are few measures."""


class Chance(NamedTuple):
    """How the requests of a channel vary by chance: how many there are, and their dispersion."""

    cases: float
    dispersion: float


class Tracts(NamedTuple):
    """What a model knows of its tracts (portal.equity.negative_binomial.fit)."""

    columns: np.ndarray
    residents: np.ndarray
    clusters: Sequence[str] | None


def measure_alarm_share(
    tracts: Tracts, channels: Sequence[Chance], ratios: int = RATIOS
) -> float | None:
    """The share of ratios that stand out though nothing makes a difference.

    None without a channel or a draw, or where no model of drawn requests can be made. The draws
    have a fixed seed, so the same data has the same answer.
    """
    chance = np.random.default_rng(SEED)
    width = tracts.columns.shape[1]
    draws = min(MOST_DRAWS, -(-ratios // max(1, len(channels) * width)))
    found = [
        _stands_out(fitted, index)
        for channel in channels
        for _ in range(draws)
        for fitted in [fit(_draw(tracts, channel, chance), *tracts)]
        if isinstance(fitted, Fitted)
        for index in range(width)
    ]
    return sum(found) / len(found) if found else None


def _draw(tracts: Tracts, channel: Chance, chance: np.random.Generator) -> np.ndarray:
    means = channel.cases * tracts.residents / tracts.residents.sum()
    if channel.dispersion > NO_DISPERSION:
        shape = 1 / channel.dispersion
        means = means * chance.gamma(shape, channel.dispersion, len(means))
    return chance.poisson(means).astype(float)


def _stands_out(fitted: Fitted, index: int) -> bool:
    """As MeasureRatio.is_clear."""
    intervals = [fitted.interval(index), fitted.interval(index, is_clustered=True)]
    return all(one.low > 1 or one.high < 1 for one in intervals if one)
