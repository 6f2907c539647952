"""How many days things take when some of them are not over yet: the product-limit estimate of Kaplan and Meier, on whole days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def days_until_share(
    ended: Mapping[int, int], not_ended: Mapping[int, int], shares_pct: Sequence[int]
) -> tuple[int | None, ...]:
    """The day by whose end each share (percent, 1 to 100) is over; None for a share the record does not reach.

    `ended[5]` things ended on their fifth day; `not_ended[5]` had not after five whole days, and no more is known of them. Each day's
    part is taken over the things that were still there to end on it, so that those not yet over are neither quick nor left out.
    Exact: whole numbers, no rounding.
    """
    at_risk = sum(ended.values()) + sum(not_ended.values())
    left, of = 1, 1
    days: dict[int, int] = {}
    for day in sorted({*ended, *not_ended}):
        if over := ended.get(day, 0):
            left, of = left * (at_risk - over), of * at_risk
            days |= {
                pct: day for pct in shares_pct if pct not in days and left * 100 <= of * (100 - pct)
            }
        at_risk -= over + not_ended.get(day, 0)
    return tuple(days.get(pct) for pct in shares_pct)
