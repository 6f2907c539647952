"""A past day in an address: `?as_of=2026-05-01` asks for what the portal knew when it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from portal.domain.city_days import start_of_day
from portal.errors import BadRequest

PARAMETER = "as_of"
FIRST_YEAR, LAST_YEAR = 1990, 2100


@dataclass(frozen=True)
class AsOf:
    """A day, and its last second in the city (epoch s)."""

    day: date
    moment: int

    @property
    def query(self) -> str:
        """The part of an address that asks for this day."""
        return f"{PARAMETER}={self.day.isoformat()}"


def end_of_day(day: date, zone: ZoneInfo) -> int:
    """The last second of a day in a city (epoch s)."""
    return start_of_day(day + timedelta(days=1), zone) - 1


def as_of_day(day: date, zone: ZoneInfo) -> AsOf:
    """A day with its last second in a city."""
    return AsOf(day, end_of_day(day, zone))


def parse_day(value: str) -> date:
    """A day like 2026-05-01. Raises BadRequest for anything else."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        day = date.min
    if not FIRST_YEAR <= day.year <= LAST_YEAR or value != day.isoformat():
        raise BadRequest(
            "We do not understand the date “{value}”. Write it like 2026-11-23.", value=value[:40]
        )
    return day


def parse_as_of(values: tuple[str, ...]) -> date | None:
    """The day of an address's `as_of`; None without one.

    Raises BadRequest for what is no day, and for two different days.
    """
    if not values:
        return None
    if len(set(values)) > 1:
        raise BadRequest(
            "The filter “{name}” was given {n} times; give it once.", name=PARAMETER, n=len(values)
        )
    return parse_day(values[0])
