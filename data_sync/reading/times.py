"""Times as cities write them, read to aware UTC.

    CityTimes(ZoneInfo("America/New_York")).read("2026-07-01 09:30:00")   # 13:30 UTC

The formats of the city's file are tried in their order, for every row; then ISO 8601, unless one
of the formats would read the same text as another day. A time may end in a zone: UTC, an offset, or
an abbreviation of the city's own zone. A text without an hour is a day, and reads as its start.

Most cities publish wall-clock times without an offset, so two hours of every year need a choice:
- the hour that clocks show twice (autumn) is read as the first of the two, in summer time;
- the hour that clocks skip (spring) is read as if they had not been moved yet, so 02:30 becomes
  03:30 summer time. A closing that would come before its own opening that way is read as the second
  of the two hours (`read_second_pass`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from data_sync.reading.time_formats import (
    EPOCH_MILLISECONDS,
    EPOCH_SECONDS,
    EXCEL_DAYS,
    Written,
    is_year_day_month,
    make_format,
)
from portal.errors import SourceError

US_FORMAT = "%m/%d/%Y %I:%M:%S %p"
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_LAST_SECOND = timedelta(hours=23, minutes=59, seconds=59)
_HOURS_KEPT = 200_000
_UTC_NAMES = frozenset(("UTC", "GMT", "UT", "Z"))
_ENDS_IN_ZONE = re.compile(r"(.*[0-9]) ?([A-Za-z]{2,5})")
_LOOKS_LIKE = (
    (re.compile(r"[0-9]{10}(?:\.[0-9]+)?"), EPOCH_SECONDS),
    (re.compile(r"[0-9]{13}"), EPOCH_MILLISECONDS),
    (re.compile(r"[34][0-9]{4}(?:\.[0-9]+)?"), EXCEL_DAYS),
)


class CityTimes:
    """Reads the times of one city. `formats` are those of its file, `language` its months'."""

    def __init__(self, zone: ZoneInfo, formats: Sequence[str] = (), language: str = "en") -> None:
        self.zone = zone
        self._formats = tuple(make_format(pattern, language) for pattern in formats)
        self._reads_iso = not any(map(is_year_day_month, formats))
        # Most times in a file share their hour with another and nearly all their day: its offset
        # is looked up once, which made reading three times as fast.
        self._offset_of_hour: dict[str, timedelta] = {}
        self._offset_of_day: dict[tuple[int, int, int], timedelta | None] = {}

    def read(self, text: str) -> datetime:
        """Aware UTC of a time with or without an offset; of a day its start.

        Raises ValueError for anything that is no time between 1900 and 2200.
        """
        size = len(text)
        if (size == 19 or (size == 23 and text[19] == ".")) and text[4] == "-":
            offset = self._offset_of_hour.get(text[:13])
            if offset is not None and text[13] == text[16] == ":":
                return datetime.fromisoformat(text + "+00:00") - offset
        written = self._parse(text.strip())
        moment = _bounded(self._utc(written.moment, fold=0))
        if written.moment.tzinfo is None:
            self._note_hour(text, written.moment)
        return moment

    def read_second_pass(self, text: str) -> datetime:
        """The same, but an hour that clocks show twice is read as its second time."""
        return _bounded(self._utc(self._parse(text.strip()).moment, fold=1))

    def is_day(self, text: str) -> bool:
        """Whether a text that can be read is a day without an hour."""
        if ":" in text:
            return False
        text = text.strip()
        for one in self._formats:
            try:
                moment = one.parse(text).moment
            except ValueError:
                continue
            # A whole number of a spreadsheet's days is a day.
            is_whole = one.pattern == EXCEL_DAYS and moment.time() == moment.min.time()
            return one.is_day or is_whole
        return len(text) <= len("2026-W01-1")

    def start_of_day(self, moment: datetime, days: int = 0) -> datetime:
        """The start of the city's day of a moment, or of so many days later."""
        local = moment.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return (local.replace(tzinfo=None) + timedelta(days=days)).replace(tzinfo=self.zone)

    def local(self, moment: datetime) -> str:
        """A moment as the city's databases write it: 2026-11-23 09:30:00."""
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def _parse(self, text: str) -> Written:
        for one in self._formats:
            try:
                return self._in_named_zone(one.parse(text))
            except ValueError:
                continue
        # fromisoformat would read a bare number such as 20110701 as a day.
        if not self._reads_iso or text[4:5] != "-":
            raise ValueError(self._refusal(text))
        try:
            return Written(datetime.fromisoformat(text))
        except ValueError:
            match = _ENDS_IN_ZONE.fullmatch(text)
            if match is None:
                raise
            return self._in_named_zone(Written(datetime.fromisoformat(match[1]), match[2]))

    def _in_named_zone(self, written: Written) -> Written:
        """With the offset of the zone that was named; Eastern Time is the city's own clock."""
        name = written.zone.upper()
        if not name or written.moment.tzinfo is not None:
            return written
        if name in _UTC_NAMES:
            return Written(written.moment.replace(tzinfo=UTC))
        offsets = self._zone_names(written.moment.year)
        if name in offsets:
            return Written(written.moment.replace(tzinfo=timezone(offsets[name])))
        if any(name == known[0] + known[-1] for known in offsets):
            return Written(written.moment)
        raise ValueError(f"{written.zone} is no name of the zone {self.zone.key}")

    def _zone_names(self, year: int) -> dict[str, timedelta]:
        """{"EST": -5 hours, "EDT": -4 hours}: what the city's zone is called in a year."""
        found = {}
        for month in (1, 7):
            moment = datetime(year, month, 1, tzinfo=self.zone)
            found[(moment.tzname() or "").upper()] = moment.utcoffset() or timedelta()
        return found

    def _refusal(self, text: str) -> str:
        for shape, name in _LOOKS_LIKE:
            if shape.fullmatch(text):
                return (
                    f'{text[:40]!r} is a number; if it is a time, say time_formats = ["{name}"] '
                    "in the city's file"
                )
        written_as = " or ".join(one.pattern for one in self._formats)
        return f"{text[:40]!r} is not a time" + (f" written as {written_as}" if written_as else "")

    def _utc(self, moment: datetime, fold: int) -> datetime:
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        if not EARLIEST.year <= moment.year < LATEST.year:
            # Near year 1 the offset itself would overflow.
            raise ValueError(f"the year {moment.year} cannot be right")
        known = self._one_offset(moment)
        offset = self._offset(moment, fold) if known is None else known
        return moment.replace(tzinfo=UTC) - offset

    def _note_hour(self, text: str, moment: datetime) -> None:
        """Remember the offset of this hour if the clocks are not moved on its day."""
        offset = self._one_offset(moment)
        if offset is None or len(self._offset_of_hour) >= _HOURS_KEPT:
            return
        if text[:10] == moment.date().isoformat() and text[11:13] == f"{moment.hour:02}":
            self._offset_of_hour[text[:13]] = offset

    def _one_offset(self, moment: datetime) -> timedelta | None:
        """The offset of a moment's day; None if the clocks are moved on it."""
        day = moment.year, moment.month, moment.day
        if day not in self._offset_of_day:
            start = moment.replace(hour=0, minute=0, second=0, microsecond=0)
            edges = start, start + _LAST_SECOND
            offsets = {self._offset(edge, fold) for edge in edges for fold in (0, 1)}
            self._offset_of_day[day] = offsets.pop() if len(offsets) == 1 else None
        return self._offset_of_day[day]

    def _offset(self, moment: datetime, fold: int) -> timedelta:
        return moment.replace(tzinfo=self.zone, fold=fold).utcoffset() or timedelta()


def _bounded(moment: datetime) -> datetime:
    if not EARLIEST <= moment < LATEST:
        raise ValueError(f"the year {moment.year} cannot be right")
    return moment


def read_time(times: CityTimes, text: str, what: str) -> datetime:
    """Aware UTC of a case's time.

    Raises SourceError for anything that is no time. `what` names the source, the case and the
    field: "boston: case 101: open_dt".
    """
    try:
        return times.read(text)
    except ValueError as problem:
        raise SourceError(f"{what} is {text[:60]!r}: {problem}", reason="bad_time") from problem
