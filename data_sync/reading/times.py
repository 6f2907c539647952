"""Times as cities write them, read to aware UTC.

    CityTimes(ZoneInfo("America/New_York")).read("2026-07-01 09:30:00")   # 13:30 UTC

Most cities publish wall-clock times without an offset, so two hours of every year need a choice:
- the hour that clocks show twice (autumn) is read as the first of the two, in summer time;
- the hour that clocks skip (spring) is read as if they had not been moved yet, so 02:30 becomes
  03:30 summer time. A closing that would come before its own opening that way is read as the second
  of the two hours (`read_second_pass`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

US_FORMAT = "%m/%d/%Y %I:%M:%S %p"
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_US_TIME = re.compile(
    r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}) ([0-9]{1,2}):([0-9]{2}):([0-9]{2}) ([AaPp])[Mm]"
)
_LAST_SECOND = timedelta(minutes=59, seconds=59)
_HOURS_KEPT = 200_000


class CityTimes:
    """Reads the times of one city. `formats` are strptime formats, tried before ISO 8601."""

    def __init__(self, zone: ZoneInfo, formats: Sequence[str] = ()) -> None:
        self.zone = zone
        self._formats = tuple(formats)
        # Nine of ten times in a file share their hour with another: its offset is looked up once,
        # which made reading three times as fast.
        self._offset_of_hour: dict[str, timedelta] = {}

    def read(self, text: str) -> datetime:
        """Aware UTC of a time with or without an offset.

        Raises ValueError for anything that is no time between 1900 and 2200.
        """
        size = len(text)
        if (size == 19 or (size == 23 and text[19] == ".")) and text[13] == text[16] == ":":
            offset = self._offset_of_hour.get(text[:13])
            if offset is not None:
                return datetime.fromisoformat(text + "+00:00") - offset
        return self._bounded(self._utc(self._parse(text.strip()), fold=0, hour=text[:13]))

    def read_second_pass(self, text: str) -> datetime:
        """The same, but an hour that clocks show twice is read as its second time."""
        return self._bounded(self._utc(self._parse(text.strip()), fold=1))

    def local(self, moment: datetime) -> str:
        """A moment as the city's databases write it: 2026-11-23 09:30:00."""
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def _parse(self, text: str) -> datetime:
        for pattern in self._formats:
            try:
                return _parse_format(text, pattern)
            except ValueError:
                continue
        if text[4:5] != "-":  # fromisoformat would read a bare number such as 20110701 as a day
            raise ValueError(f"{text[:40]!r} is not a time")
        return datetime.fromisoformat(text)

    def _utc(self, moment: datetime, fold: int, hour: str = "") -> datetime:
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        if not EARLIEST.year <= moment.year < LATEST.year:
            # Near year 1 the offset itself would overflow.
            raise ValueError(f"the year {moment.year} cannot be right")
        offset = self._offset(moment, fold)
        if hour and len(self._offset_of_hour) < _HOURS_KEPT and self._has_one_offset(moment):
            self._offset_of_hour[hour] = offset
        return moment.replace(tzinfo=UTC) - offset

    def _offset(self, moment: datetime, fold: int) -> timedelta:
        return moment.replace(tzinfo=self.zone, fold=fold).utcoffset() or timedelta()

    def _has_one_offset(self, moment: datetime) -> bool:
        """Whether the clocks are not moved in this hour."""
        start = moment.replace(minute=0, second=0, microsecond=0)
        edges = start, start + _LAST_SECOND
        return len({self._offset(edge, fold) for edge in edges for fold in (0, 1)}) == 1

    @staticmethod
    def _bounded(moment: datetime) -> datetime:
        if not EARLIEST <= moment < LATEST:
            raise ValueError(f"the year {moment.year} cannot be right")
        return moment


def _parse_format(text: str, pattern: str) -> datetime:
    if pattern == US_FORMAT:
        return _parse_us_time(text)
    return datetime.strptime(text, pattern)  # noqa: DTZ007 (the zone comes next)


def _parse_us_time(text: str) -> datetime:
    match = _US_TIME.fullmatch(text)
    if not match:
        raise ValueError(f"{text[:40]!r} is not a time like 12/31/2018 11:55:30 PM")
    month, day, year, hour, minute, second = map(int, match.groups()[:6])
    if not 1 <= hour <= 12:
        raise ValueError(f"{text!r} has the hour {hour} on a 12-hour clock")
    hour = hour % 12 + (12 if match[7] in "Pp" else 0)
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 (the zone comes next)
