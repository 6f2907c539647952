"""Days on a city's own calendar, as epoch seconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def start_of_day(day: date, zone: ZoneInfo) -> int:
    """When a day begins in a city (epoch s); where the clock skips midnight, right after."""
    return int(datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC).timestamp())


def start_of_last_days(now: int, zone: ZoneInfo, days: int) -> int:
    """When the first of the last `days` days began (epoch s); today is the last of them."""
    return start_of_day(datetime.fromtimestamp(now, zone).date() - timedelta(days=days - 1), zone)


def same_time_days_ago(now: int, zone: ZoneInfo, days: int) -> int:
    """The same time of day on the city's clock, `days` days ago (epoch s)."""
    return int((datetime.fromtimestamp(now, zone) - timedelta(days=days)).timestamp())
