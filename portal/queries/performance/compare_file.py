"""A comparison as a CSV: one row for each group, as the page has them."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from portal.domain.formulas import harmless
from portal.domain.intervals import FEW_CASES
from portal.domain.same_mix import Share

if TYPE_CHECKING:
    from portal.queries.performance.compare import Comparison, Group

COLUMNS = (
    "name",
    "opened",
    "closed",
    "median_days",
    "p90_days",
    "due",
    "on_time",
    "on_time_pct",
    "closed_in_30_days_pct",
    "closed_in_30_days_low",
    "closed_in_30_days_high",
    "same_mix_pct",
    "same_mix_low",
    "same_mix_high",
    "common_kinds_pct",
)


def write_csv(found: Comparison) -> bytes:
    """The rows with a header, UTF-8. A cell is empty where no number is given."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(one) for one in found.groups)
    return out.getvalue().encode()


def _row(one: Group) -> list[str | int | float | None]:
    cases = one.cases
    days = [cases.days_until(50), cases.days_until(90)] if cases.is_enough else [None, None]
    on_time = cases.on_time_share if cases.due >= FEW_CASES else None
    return [
        harmless(one.name),
        cases.opened,
        cases.closed,
        *days,
        cases.due,
        cases.on_time,
        None if on_time is None else round(100 * on_time, 1),
        *_percents(one.pooled),
        *_percents(one.same_mix),
        round(100 * one.covered, 1),
    ]


def _percents(share: Share | None) -> list[float | None]:
    if share is None:
        return [None, None, None]
    return [round(100 * value, 1) for value in (share.value, share.low, share.high)]
