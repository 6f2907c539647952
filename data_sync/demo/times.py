"""When the demo city's cases are opened and closed, by the city's clock, daylight saving included.

Two things are assumed, because six months of data cannot show them: how the year goes (SEASONS),
and that people report a little more each year (GROWTH_PER_YEAR).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from data_sync.demo.figures import Figures, ServiceFigures

CITY_ZONE = ZoneInfo("America/New_York")
HOUR = 3_600  # seconds
DAY = 86_400
WEEK_HOURS = 168

GROWTH_PER_YEAR = 0.06  # assumed
SEASONS: dict[str, tuple[int, float]] = {
    "Snow Plowing": (1, 1.0),
    "Heating": (1, 0.9),
    "Pothole": (3, 0.6),
    "Roadway Repair": (4, 0.4),
    "Rats": (7, 0.4),
    "Tree Care": (7, 0.5),
    "Fallen or Dangerous Tree": (8, 0.4),
    "New Tree": (5, 0.5),
    "Park Maintenance": (6, 0.5),
    "Graffiti": (6, 0.2),
    "Street Light Out": (11, 0.25),
    "Bulk Item Pickup": (9, 0.2),
}
"""Assumed: a service's busiest month, and how far above the mean (1.0: none half a year later)."""
OTHER_SEASON = (7, 0.08)

NIGHT_IS_KEPT_UNTIL = 24.0
"""Hours: cases closed sooner keep their measured time; later ones close when staff work."""
WEEKEND_IS_KEPT_UNTIL = 72.0


@dataclass(frozen=True)
class Clock:
    """A span of time, hour by hour, with each hour's position in the city's week.

    Times are epoch seconds.
    """

    since: int
    now: int
    hours: np.ndarray  # the first second of each hour in the span
    week_hour: np.ndarray  # 0 … 167, Monday midnight first, on the city's clock
    month: np.ndarray  # 1 … 12

    @classmethod
    def between(cls, since: int, now: int) -> Clock:
        """The span from since to now, at least a second long."""
        now = max(now, since + 1)
        hours = range(since - since % HOUR, now, HOUR)
        local = [datetime.fromtimestamp(second, CITY_ZONE) for second in hours]
        week_hour = np.array([moment.weekday() * 24 + moment.hour for moment in local])
        return cls(
            since, now, np.array(hours), week_hour, np.array([moment.month for moment in local])
        )

    @cached_property
    def parts(self) -> np.ndarray:
        """How much of each hour is in the span: 1 except for the first and the last."""
        return (np.minimum(self.hours + HOUR, self.now) - np.maximum(self.hours, self.since)) / HOUR

    def cases_per_hour(
        self, figures: Figures, service: ServiceFigures, cases_per_day: float
    ) -> np.ndarray:
        """Cases of a service expected in each hour: by hour of the week, season and growth."""
        years = (self.hours - self.since) / (365.25 * DAY)
        rhythm = figures.opening_weights(service.group)[self.week_hour] * WEEK_HOURS
        rhythm = rhythm * season(service.name, self.month)
        growth = (1 + GROWTH_PER_YEAR) ** years
        return service.share * cases_per_day / 24 * rhythm * growth * self.parts

    def draw(self, weights: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """Random times in the span, unsorted: an hour by its weight, then any second of it."""
        total = np.cumsum(weights)
        hour = np.searchsorted(total, rng.random(count) * total[-1], side="right")
        first = np.maximum(self.hours[hour], self.since)
        last = np.minimum(self.hours[hour] + HOUR, self.now)
        return first + (rng.random(count) * (last - first)).astype(np.int64)

    def week_hour_at(self, seconds: np.ndarray) -> np.ndarray:
        """The city's hour of the week at these times; outside the span, the nearest hour's."""
        return self.week_hour[np.clip((seconds - self.hours[0]) // HOUR, 0, len(self.hours) - 1)]


def months_before(moment: datetime, months: int) -> datetime:
    """The city's midnight so many months earlier: 18 before November 23, 2026 is May 23, 2025.

    The 29th to the 31st become the 28th.
    """
    local = moment.astimezone(CITY_ZONE)
    year, month = divmod(local.year * 12 + local.month - 1 - months, 12)
    first = date(year, month + 1, min(local.day, 28))
    return datetime(first.year, first.month, first.day, tzinfo=CITY_ZONE).astimezone(UTC)


def season(service_name: str, month: np.ndarray) -> np.ndarray:
    """How busy a month is for a service, relative to the mean: a wave that peaks once a year."""
    top, height = SEASONS.get(service_name, OTHER_SEASON)
    return 1 + height * np.cos((month - top) * np.pi / 6)


def draw_closings(
    figures: Figures,
    service: ServiceFigures,
    opened: np.ndarray,
    clock: Clock,
    rng: np.random.Generator,
) -> np.ndarray:
    """Closing times in epoch seconds, perhaps after now; infinity if a case never closes."""
    hours = service.hours_to_close(rng.random(len(opened)))
    closed = opened + np.floor(hours * HOUR)
    late = (hours >= NIGHT_IS_KEPT_UNTIL) & (closed <= clock.now)
    if late.any():
        closed[late] = _in_office_hours(
            figures, closed[late].astype(np.int64), hours[late], clock, rng
        )
    return closed


def _in_office_hours(
    figures: Figures, closed: np.ndarray, hours: np.ndarray, clock: Clock, rng: np.random.Generator
) -> np.ndarray:
    """Closings moved to an hour when the city closes cases; most of a weekend's to Monday."""
    day, hour = np.divmod(clock.week_hour_at(closed), 24)
    by_day = figures.closing_hours.reshape(7, 24)
    kept_weekend = by_day[5:].sum() / 2 / (by_day[:5].sum() / 5)
    moved = (day >= 5) & (hours >= WEEKEND_IS_KEPT_UNTIL) & (rng.random(len(day)) > kept_weekend)
    closed = closed + np.where(moved, (7 - day) * DAY, 0)
    shares = np.cumsum(by_day / by_day.sum(axis=1, keepdims=True), axis=1)
    chance = rng.random(len(day))[:, None]
    new_hour = (shares[np.where(moved, 0, day)] < chance).sum(axis=1)
    return closed + (np.minimum(new_hour, 23) - hour) * HOUR


def full_minute(moment: datetime) -> datetime:
    """The full minute at or before a time."""
    return moment.astimezone(UTC) - timedelta(
        seconds=moment.second, microseconds=moment.microsecond
    )
