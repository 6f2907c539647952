"""Moran's I: whether values of touching areas are alike, more than chance would make them.

1 is as alike as can be, about 0 is chance, below 0 is unlike.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

PERMUTATIONS = 999
SEED = 311


class Moran(NamedTuple):
    """I, and the share of shuffles that are as far from what chance expects."""

    i: float
    p: float


def compute_moran(values: np.ndarray, pairs: Iterable[tuple[int, int]]) -> Moran | None:
    """Moran's I of values, from pairs of places that touch, each both ways.

    Weights are shared equally among an area's neighbors. None where nothing touches, or all
    values are the same. The shuffles have a fixed seed, so the same data has the same answer.
    """
    deviations = values - values.mean()
    weights = np.zeros((len(values), len(values)))
    for one, other in pairs:
        weights[one, other] = 1
    neighbors = weights.sum(axis=1)
    if not neighbors.any() or not deviations.any():
        return None
    weights /= np.where(neighbors, neighbors, 1)[:, None]
    scale = len(values) / weights.sum() / (deviations @ deviations)
    shuffle = np.random.default_rng(SEED)
    shuffled = shuffle.permuted(np.tile(deviations, (PERMUTATIONS, 1)), axis=1)
    by_chance = scale * np.einsum("pi,pi->p", shuffled @ weights.T, shuffled)
    found = float(scale * (deviations @ weights @ deviations))
    expected = -1 / (len(values) - 1)
    as_far = np.abs(by_chance - expected) >= abs(found - expected) - 1e-12
    return Moran(found, float((1 + as_far.sum()) / (1 + PERMUTATIONS)))
