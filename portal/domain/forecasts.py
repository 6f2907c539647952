"""Forecasts that were shown, and what became of them, as data.

Promise(service_id=7, days_50=4, days_90=12, rev=310)   # what a form or a case's page said
Coverage(judged=100, kept=53).share                     # 0.53: of a hundred marks of “half”
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from portal.domain.intervals import FEW_CASES, share_interval

Place = Literal["page", "form"]
PLACES: tuple[Place, ...] = ("page", "form")
"""Where a forecast is shown: on a case's page, and on the report form before sending."""
SHARES_PCT = (50, 90)
"""What is said: by when half, and by when nine in ten such cases are closed."""


@dataclass(frozen=True)
class Promise:
    """By which day after its opening half, and nine in ten cases of a type are closed.

    None where no number was given. `rev`: the version of the public data that it came from.
    """

    service_id: int
    days_50: int | None
    days_90: int | None
    rev: int


@dataclass(frozen=True)
class Coverage:
    """Marks of one kind: how many days have passed, and by how many of these the case was closed.

    `waiting`: marks whose day is still to come, whether or not the case is closed.
    """

    judged: int = 0
    kept: int = 0
    waiting: int = 0

    @property
    def share(self) -> float | None:
        """From 0 to 1; None for fewer than 30 judged."""
        return self.kept / self.judged if self.judged >= FEW_CASES else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """The share's 95 % interval of Wilson, from 0 to 1."""
        return share_interval(self.kept, self.judged) if self.judged >= FEW_CASES else None


@dataclass(frozen=True)
class ForecastCounts:
    """What became of a type's marks on cases opened in one month (year × 12 + month − 1)."""

    service: str
    name: str
    month: int
    place: Place
    share_pct: int
    coverage: Coverage


@dataclass(frozen=True)
class Forecasts:
    """All forecasts of a city that were shown in the last two years, up to `as_of` (epoch s).

    `without_number`: how often a page or form could give none. `first_at`: when the first was
    shown; None if none was.
    """

    counts: tuple[ForecastCounts, ...]
    without_number: int
    first_at: int | None
    as_of: int

    def cover(
        self, place: Place, share_pct: int, service: str | None = None, month: int | None = None
    ) -> Coverage:
        """All marks of a place and a share, or those of a type or of a month."""
        return _add(
            one.coverage
            for one in self.counts
            if (one.place, one.share_pct) == (place, share_pct)
            and service in (None, one.service)
            and month in (None, one.month)
        )


def _add(parts: Iterable[Coverage]) -> Coverage:
    judged = kept = waiting = 0
    for part in parts:
        judged += part.judged
        kept += part.kept
        waiting += part.waiting
    return Coverage(judged, kept, waiting)
