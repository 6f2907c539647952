"""How far a share or a number of days may be from what chance alone would have given.

share_interval(8, 10)                          # (0.490…, 0.943…): 80 %, of only ten
days_interval({2: 2, 5: 1}, {3: 1}, 50)        # (2, None): the upper end is not reached
"""

from __future__ import annotations

import math
from collections.abc import Mapping

Z95 = 1.959963984540054
"""95 of 100 intervals made so contain the true value."""
FEW_CASES = 30
"""Of fewer cases, pages say nothing of how long they take or how many were in time."""


def share_interval(part: int, whole: int) -> tuple[float, float] | None:
    """The 95 % interval of Wilson of a share, from 0 to 1; None of nothing."""
    if not whole:
        return None
    share, square = part / whole, Z95 * Z95
    middle = share + square / (2 * whole)
    half = Z95 * math.sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    size = 1 + square / whole
    return max(0.0, (middle - half) / size), min(1.0, (middle + half) / size)


def days_interval(
    ended: Mapping[int, int], not_ended: Mapping[int, int], share_pct: int
) -> tuple[int | None, int | None]:
    """The 95 % interval of the day by whose end a share (percent) is over; None: not reached.

    Days on which the share differs from what is observed by chance alone: Greenwood's error of the
    product-limit estimate, by its complementary logarithm (Brookmeyer and Crowley), as survival
    packages give it. `ended` and `not_ended` are those of portal.domain.survival.
    """
    still = math.log(-math.log(1 - share_pct / 100))
    at_risk = sum(ended.values()) + sum(not_ended.values())
    left, variance = 1.0, 0.0
    first = last = None
    for day in sorted({*ended, *not_ended}):
        over = ended.get(day, 0)
        if over and at_risk > over:
            left *= 1 - over / at_risk
            variance += over / (at_risk * (at_risk - over))
            error = math.sqrt(variance) / abs(math.log(left))
            gone = math.log(-math.log(left))
            if first is None and gone + Z95 * error >= still:
                first = day
            if last is None and gone - Z95 * error >= still:
                last = day
        elif over:  # all that were left
            first, last = first or day, last or day
        at_risk -= over + not_ended.get(day, 0)
    return first, last
