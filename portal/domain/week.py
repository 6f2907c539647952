"""Weeks from Monday to Sunday, by their ISO number: 2026-W48.

parse_week("2026-W48").first    # date(2026, 11, 23)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

_WRITTEN = re.compile(r"(\d{4})-W(\d{2})")
FIRST_YEAR, LAST_YEAR = 1990, 2100


@dataclass(frozen=True, order=True)
class Week:
    """A week by its Monday."""

    first: date

    @property
    def last(self) -> date:
        """Its Sunday."""
        return self.first + timedelta(days=6)

    @property
    def next(self) -> Week:
        """The one after it."""
        return self.back(-1)

    def back(self, weeks: int) -> Week:
        """The one so many weeks before it."""
        return Week(self.first - timedelta(weeks=weeks))

    def __str__(self) -> str:
        year, number, _ = self.first.isocalendar()
        return f"{year}-W{number:02d}"


def week_of(day: date) -> Week:
    """The week that a day is in."""
    return Week(day - timedelta(days=day.weekday()))


def parse_week(text: str) -> Week | None:
    """The week of “2026-W48”; None for any other text, and for weeks that a year does not have."""
    written = _WRITTEN.fullmatch(text)
    if not written or not FIRST_YEAR <= int(written[1]) <= LAST_YEAR:
        return None
    try:
        return Week(date.fromisocalendar(int(written[1]), int(written[2]), 1))
    except ValueError:
        return None
