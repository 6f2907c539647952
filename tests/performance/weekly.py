"""Invented weeks: cases of types in neighborhoods, drawn or given, without a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from portal.facts.reader import Word
from portal.findings.weeks import Series, Weeks

FIRST_MONDAY = date(2024, 1, 1)


class FewFacts:
    """Names of neighborhoods and types: all that telling a finding needs of the facts."""

    def words(self, kind: str) -> Mapping[int, Word]:
        return {
            number: Word(number, f"{kind} {number}", f"{kind}-{number}") for number in range(99)
        }


def make_weeks(rows: Mapping[Series, Sequence[int]], without: Sequence[int] = ()) -> Weeks:
    """Weeks with these cases by (neighborhood, type); `without`: of type 0, in no neighborhood."""
    keys = sorted(rows, key=lambda key: (key[1], key[0]))
    counts = np.array([rows[key] for key in keys], dtype=int)
    mondays = tuple(FIRST_MONDAY + timedelta(weeks=week) for week in range(counts.shape[1] + 1))
    others = {0: np.array(without)} if len(without) else {}
    return Weeks(mondays, counts, {key: row for row, key in enumerate(keys)}, others, 0)


def draw_weeks(
    neighborhoods: int, types: int, weeks: int, seed: int, mean: float = 12, dispersion: float = 2
) -> dict[Series, list[int]]:
    """Negative binomials with variance dispersion × mean, in which nothing changes."""
    chance = np.random.default_rng(seed)
    size = mean / (dispersion - 1)
    return {
        (place, kind): chance.negative_binomial(size, 1 / dispersion, weeks).tolist()
        for place in range(neighborhoods)
        for kind in range(types)
    }
