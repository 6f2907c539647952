"""Invented model frames: tracts with known rates, drawn with a fixed seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from portal.domain.equity import CaseCounts, Channel, Frame, Tract

PHONE, APP = Channel("phone", "Phone"), Channel("app", "App")


def make_frame(
    tracts: list[Tract],
    measures: tuple[str, ...] = ("over_65",),
    channels: tuple[Channel, ...] = (PHONE,),
) -> Frame:
    """A frame of these tracts."""
    return Frame("2026-01-01", "2026-11-23", CaseCounts(), channels, measures, tuple(tracts))


def draw_tracts(
    number: int, rate: Callable[[dict[str, float]], dict[str, float]], seed: int = 1
) -> list[Tract]:
    """Tracts of 1,000 residents with shares over 65 of 0 to 0.5 and incomes around 60,000.

    `rate` gives the expected cases by channel of a tract's measures; they vary by a gamma of
    dispersion 0.1, as in a negative binomial.
    """
    chance = np.random.default_rng(seed)
    tracts = []
    for index in range(number):
        measures = {
            "over_65": float(chance.uniform(0, 0.5)),
            "income": float(np.exp(chance.normal(11, 0.4))),
        }
        cases = {
            channel: int(chance.poisson(mean * chance.gamma(10, 0.1)))
            for channel, mean in rate(measures).items()
        }
        tracts.append(Tract(str(index), f"n{index % 12}", 1000, True, measures, cases))
    return tracts
