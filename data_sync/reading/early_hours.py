"""Tables in which every time is too early by the city's distance from UTC.

    "Closed date : Sun Jul 28 13:11:33 EDT 2024", beside closed_dt 2024-07-28 09:11:33

Newer snapshots of Boston's tables subtract that distance once too often. The rows themselves give
it away: the texts of closings were written before the mistake was made. A table is early if more of
its texts say so than say the opposite; a row whose own text agrees with its closing stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping
from datetime import datetime, timedelta
from typing import Any

from data_sync.reading.times import CityTimes

HOURS = "__hours__"
"""A row with this key is too early; its value is the note to count it under."""
REASON, CLOSED = "closure_reason", "closed_dt"
ENOUGH = 2_000
"""Texts that are compared in a table; so many cannot be mistaken."""
_CLOSE = timedelta(seconds=2)
_TOLD = re.compile(
    r"Closed date ?: ?(?:(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8})"
    r"|[A-Z][a-z]{2} (?P<day>[A-Z][a-z]{2} [0-9]{1,2}) (?P<time>[0-9:]{8}) [A-Z]{1,4}"
    r" (?P<year>[0-9]{4}))"
)


class EarlyTimes(CityTimes):
    """Reads the times of such a table. One with an offset is right as it is, and so is a day."""

    def read(self, text: str) -> datetime:
        """Aware UTC of what the time should have been. Raises ValueError."""
        return self._later(super().read(text), text)

    def read_second_pass(self, text: str) -> datetime:
        """The same, but an hour that clocks show twice is read as its second time."""
        return self._later(super().read_second_pass(text), text)

    def _later(self, moment: datetime, text: str) -> datetime:
        if _ENDS_IN_OFFSET.search(text.strip()) or self.is_day(text):
            return moment
        # Where the clocks show 09:11 the table meant 13:11, which is what UTC shows then.
        return super().read(f"{moment:%Y-%m-%d %H:%M:%S}")


_ENDS_IN_OFFSET = re.compile(r"(?:[+-][0-9]{2}(?::?[0-9]{2})?|Z|[A-Z]{3})$")


class EarlyTables:
    """Which tables are early, by their texts. It learns from the rows that it is shown."""

    def __init__(self, times: CityTimes, known: Iterable[str] = ()) -> None:
        self.names = set(known)
        """The tables that are early."""
        self._times = times
        self._balance: dict[str, list[int]] = {}

    def look_at(self, table: str, text: str, closed: str) -> None:
        """Compare a closing's text with its time."""
        early_and_right = self._balance.setdefault(table, [0, 0])
        if sum(early_and_right) >= ENOUGH:
            return
        is_early = self.is_early(text, closed)
        if is_early is None:
            return
        early_and_right[not is_early] += 1
        if early_and_right[0] > early_and_right[1]:
            self.names.add(table)
        else:
            self.names.discard(table)

    def is_early(self, text: str, closed: str) -> bool | None:
        """Whether a closing is too early by its own text; None if that cannot be told."""
        told = _told_closing(text) if closed and "Closed date" in text else None
        if told is None:
            return None
        try:
            written = self._times.read(closed).astimezone(self._times.zone).replace(tzinfo=None)
        except ValueError:
            return None
        if abs(told - written) < _CLOSE:
            return False
        offset = told.replace(tzinfo=self._times.zone).utcoffset() or timedelta()
        return True if offset and abs(told - written + offset) < _CLOSE else None

    def mark(self, table: str, row: MutableMapping[str, Any], note: str) -> None:
        """Mark a row of an early table, unless its own text agrees with its closing."""
        text, closed = str(row.get(REASON) or ""), str(row.get(CLOSED) or "")
        if table in self.names and self.is_early(text, closed) is not False:
            row[HOURS] = note


def _told_closing(text: str) -> datetime | None:
    """The wall-clock time that the text of a closing tells."""
    match = _TOLD.search(text)
    if match is None:
        return None
    parts: Mapping[str, str] = match.groupdict()
    try:
        if parts["iso"]:
            return datetime.fromisoformat(parts["iso"])
        written = f"{parts['year']} {parts['day']} {parts['time']}"
        return datetime.strptime(written, "%Y %b %d %H:%M:%S")  # noqa: DTZ007 (a wall clock)
    except ValueError:
        return None
