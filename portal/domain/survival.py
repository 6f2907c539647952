"""How many days things take when some of them are not over yet.

The product-limit estimate of Kaplan and Meier, on whole days. Of four cases two were closed on
their second day, one after five, and one has been open for three:

    days_until_share({2: 2, 5: 1}, {3: 1}, (50, 90)) == (2, 5)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def days_until_share(
    ended: Mapping[int, int], not_ended: Mapping[int, int], shares_pct: Sequence[int]
) -> tuple[int | None, ...]:
    """The day by whose end each share (percent, 1 to 100) is over; None where it is not reached.

    `ended[5]` things ended on their fifth day; `not_ended[5]` had not ended after five whole days,
    and no more is known of them. Each day's share is of the things that could still end on it, so
    those not yet over neither count as quick nor are left out. Exact: whole numbers, no rounding.
    """
    at_risk = sum(ended.values()) + sum(not_ended.values())
    left = of = 1
    days: dict[int, int] = {}
    for day in sorted({*ended, *not_ended}):
        if over := ended.get(day, 0):
            left *= at_risk - over
            of *= at_risk
            for pct in shares_pct:
                if left * 100 <= of * (100 - pct):
                    days.setdefault(pct, day)
        at_risk -= over + not_ended.get(day, 0)
    return tuple(days.get(pct) for pct in shares_pct)
