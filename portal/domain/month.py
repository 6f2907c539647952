"""Months of the calendar: 2026-11.

parse_month("2026-11").number    # 24310: year × 12 + month − 1, as the facts have it
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

_WRITTEN = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
FIRST_YEAR, LAST_YEAR = 1990, 2100


@dataclass(frozen=True, order=True)
class Month:
    """A month by its number, year × 12 + month − 1."""

    number: int

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.number // 12, self.number % 12 + 1, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next.first - timedelta(days=1)

    @property
    def next(self) -> Month:
        """The one after it."""
        return Month(self.number + 1)

    @property
    def former(self) -> Month:
        """The one before it."""
        return Month(self.number - 1)

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


def month_of(day: date) -> Month:
    """The month that a day is in."""
    return Month(day.year * 12 + day.month - 1)


def parse_month(text: str) -> Month | None:
    """The month of “2026-11”; None for any other text, and for years that no record has."""
    written = _WRITTEN.fullmatch(text)
    if not written or not FIRST_YEAR <= int(written[1]) <= LAST_YEAR:
        return None
    return Month(int(written[1]) * 12 + int(written[2]) - 1)
