"""Shares made comparable: of all cases of a group, and as if every group had the same mix of types.

share_by({1: 6, 4: 2}, {30: 4}, 7)             # Share(0.67, …): closed by the end of day 7
with_same_mix({"pothole": Share(…)}, {"pothole": 0.3, "graffiti": 0.7})
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from portal.domain.intervals import Z95, share_interval


@dataclass(frozen=True)
class Share:
    """A share from 0 to 1, the variance of its estimate, and its 95 % interval."""

    value: float
    variance: float
    low: float
    high: float

    def differs_from(self, other: Share) -> bool:
        """Whether chance alone would rarely (5 in 100) set them so far apart."""
        error = math.sqrt(self.variance + other.variance)
        return abs(self.value - other.value) > Z95 * error


def share_by(ended: Mapping[int, int], not_ended: Mapping[int, int], day: int) -> Share | None:
    """The share that is over by the end of a day, open cases as open (Kaplan–Meier).

    The variance is Greenwood's; where all or none are over, that of one more of each. `ended` and
    `not_ended` are those of portal.domain.survival. None where no case was watched for so long.
    """
    cases = at_risk = sum(ended.values()) + sum(not_ended.values())
    left, spread, last = 1.0, 0.0, -1
    for at in sorted({*ended, *not_ended}):
        last = at
        if at > day:
            break
        if over := ended.get(at, 0):
            left *= 1 - over / at_risk
            spread += over / (at_risk * (at_risk - over)) if at_risk > over else 0.0
        at_risk -= over + not_ended.get(at, 0)
    if not cases or (last < day and left > 0):
        return None
    variance = left * left * spread
    if not variance:
        near = ((1 - left) * cases + 1) / (cases + 2)
        low, high = share_interval(round((1 - left) * cases), cases) or (0.0, 1.0)
        return Share(1 - left, near * (1 - near) / cases, min(low, 1 - left), max(high, 1 - left))
    return _with_interval(1 - left, variance)


def share_of(part: int, whole: int) -> Share | None:
    """A plain share with Wilson's interval; None of nothing."""
    interval = share_interval(part, whole)
    if interval is None:
        return None
    near = (part + 1) / (whole + 2)
    return Share(part / whole, near * (1 - near) / whole, *interval)


def with_same_mix(shares: Mapping[str, Share], weights: Mapping[str, float]) -> Share | None:
    """Direct standardization: each type's share of a group, weighted by a mix common to all groups.

    `weights` are relative and name types that `shares` has; None without any.
    """
    whole = sum(weights.values())
    if not whole:
        return None
    value = sum(weight / whole * shares[kind].value for kind, weight in weights.items())
    variance = sum(
        (weight / whole) ** 2 * shares[kind].variance for kind, weight in weights.items()
    )
    return _with_interval(value, variance)


def _with_interval(value: float, variance: float) -> Share:
    half = Z95 * math.sqrt(variance)
    return Share(value, variance, max(0.0, value - half), min(1.0, value + half))
