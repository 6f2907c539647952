"""The time formats of a city's file: strptime patterns, and three kinds of plain numbers.

    TimeFormat("%d.%m.%Y %H:%M", months).parse("07.03.2024 09:15")

A pattern becomes a regular expression once, which reads a column three times as fast as strptime.
Names of months are read in English and in the city's language. A pattern without an hour reads a
day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError

from portal.jurisdictions.faults import BadValue

EPOCH_SECONDS, EPOCH_MILLISECONDS = "epoch_seconds", "epoch_milliseconds"
EXCEL_DAYS = "excel_days"
NUMBERS = (EPOCH_SECONDS, EPOCH_MILLISECONDS, EXCEL_DAYS)
_NUMBER = re.compile(r"-?[0-9]{1,16}(?:\.[0-9]{0,12})?")
_EXCEL_BEGINS = datetime(1899, 12, 30)  # noqa: DTZ001 (a wall clock)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_WORD = r"[^\W\d_]+\.?"
_PARTS = {
    "Y": r"[0-9]{4}",
    "y": r"[0-9]{2}",
    "m": r"[0-9]{1,2}",
    "d": r"[0-9]{1,2}",
    "H": r"[0-9]{1,2}",
    "I": r"[0-9]{1,2}",
    "M": r"[0-9]{1,2}",
    "S": r"[0-9]{1,2}",
    "f": r"[0-9]{1,9}",
    "p": r"[AaPp]\.?\s?[Mm]\.?",
    "b": _WORD,
    "a": _WORD,
    "z": r"Z|[+-][0-9]{2}(?::?[0-9]{2})?",
    "Z": r"[A-Za-z]{1,5}",
}
_ALIKE = {"B": "b", "A": "a", "h": "b", "e": "d"}
_WHOLE = {"T": "%H:%M:%S", "R": "%H:%M", "F": "%Y-%m-%d", "D": "%m/%d/%y", "r": "%I:%M:%S %p"}
_UTC_AT_END = re.compile(r"(?:\bUTC|\bGMT|[0-9SMf]Z)$")


@dataclass(frozen=True, slots=True)
class Written:
    """A time as it was written: by the wall clock unless it has an offset or names a zone."""

    moment: datetime
    zone: str = ""


class TimeFormat:
    """One of `time_formats`. `months` are the numbers of the months' names."""

    def __init__(self, pattern: str, months: Mapping[str, int]) -> None:
        self.pattern = pattern
        self._months = months
        names, expression = _compile(pattern)
        self._names = names
        self._expression = re.compile(expression)
        self._has_pm = "p" in names
        self._is_utc = bool(_UTC_AT_END.search(pattern)) and "Z" not in names
        self.is_day = not {"H", "I"} & set(names)

    def parse(self, text: str) -> Written:
        """The time. Raises ValueError for a text that is written in another way."""
        match = self._expression.fullmatch(text)
        if match is None:
            raise ValueError(f"it is not written as {self.pattern}")
        parts = dict(zip(self._names, match.groups(), strict=True))
        moment = datetime(  # noqa: DTZ001 (the zone comes next)
            self._year(parts),
            self._month(parts),
            int(parts["d"]),
            self._hour(parts),
            int(parts.get("M") or 0),
            int(parts.get("S") or 0),
            int((parts.get("f") or "0")[:6].ljust(6, "0")),
        )
        if offset := parts.get("z"):
            return Written(moment.replace(tzinfo=_offset(offset)))
        return Written(moment.replace(tzinfo=UTC) if self._is_utc else moment, parts.get("Z") or "")

    @staticmethod
    def _year(parts: dict[str, Any]) -> int:
        if "Y" in parts:
            return int(parts["Y"])
        year = int(parts["y"])
        return year + (2000 if year < 69 else 1900)  # as strptime and POSIX have it

    def _month(self, parts: dict[str, Any]) -> int:
        if "m" in parts:
            return int(parts["m"])
        name = parts["b"].rstrip(".").casefold()
        if name not in self._months:
            raise ValueError(f"{parts['b']!r} is no month")
        return self._months[name]

    def _hour(self, parts: dict[str, Any]) -> int:
        if not self._has_pm:
            return int(parts.get("H") or 0)
        hour = int(parts["I"])
        if not 1 <= hour <= 12:
            raise ValueError(f"it has the hour {hour} on a 12-hour clock")
        return hour % 12 + (12 if parts["p"][0] in "Pp" else 0)


class NumberFormat:
    """Seconds or milliseconds since 1970, or the days of a spreadsheet."""

    is_day = False

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def parse(self, text: str) -> Written:
        """The time. Raises ValueError for anything but a number of our centuries."""
        if not _NUMBER.fullmatch(text):
            raise ValueError(f"it is no number, and so not {self.pattern}")
        number = float(text)
        try:
            if self.pattern == EXCEL_DAYS:
                return Written(_EXCEL_BEGINS + timedelta(seconds=round(number * 86_400)))
            seconds = number / 1000 if self.pattern == EPOCH_MILLISECONDS else number
            return Written(_EPOCH + timedelta(seconds=seconds))
        except OverflowError as problem:
            raise ValueError(f"it is too large for {self.pattern}") from problem


def make_format(pattern: str, language: str = "en") -> TimeFormat | NumberFormat:
    """The reader of one of `time_formats`. Raises ValueError if it cannot tell a moment."""
    if pattern in NUMBERS:
        return NumberFormat(pattern)
    return TimeFormat(pattern, month_numbers(language))


def parse_time_formats(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """The patterns themselves if each tells a day, and no two of them the same text differently.

    Raises BadValue.
    """
    for pattern in patterns:
        try:
            make_format(pattern)
        except ValueError as problem:
            raise BadValue(
                "{key} has {pattern!r}: {problem}", pattern=pattern, problem=problem
            ) from None
    for pattern in patterns:
        other = pattern.translate(_DAY_AND_MONTH_SWAPPED)
        if other != pattern and other in patterns:
            raise BadValue(
                "{key} has {pattern!r} and {other!r}, which read 03/07 as two different days; "
                "keep the one that the city uses",
                pattern=pattern,
                other=other,
            )
    return patterns


_DAY_AND_MONTH_SWAPPED = {ord("d"): "m", ord("m"): "d"}


def is_year_day_month(pattern: str) -> bool:
    """Whether a pattern looks like ISO 8601 and has the day before the month."""
    return bool(re.match(r"%Y-%[de]-", pattern))


@lru_cache(maxsize=32)
def month_numbers(language: str) -> dict[str, int]:
    """1 to 12 by the names of the months in English and in another language, long and short."""
    found: dict[str, int] = {}
    for code in ("en", language):
        try:
            months = Locale.parse(code.replace("-", "_")).months
        except (UnknownLocaleError, ValueError):
            continue
        for context in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in months[context][width].items():
                    found.setdefault(name.rstrip(".").casefold(), number)
    return found | {"sept": 9}


def _compile(pattern: str) -> tuple[list[str], str]:
    """The directives of a pattern in their order, and its regular expression."""
    expanded = re.sub(r"%([TRFDr])", lambda match: _WHOLE[match[1]], pattern)
    names: list[str] = []
    expression = []
    for literal, directive, after in re.findall(r"([^%]*)(?:%-?(.))?(?=(%?))", expanded):
        expression.append(re.sub(r"(?:\\?\s)+", r"\\s+", re.escape(literal)))
        if directive == "%":
            expression.append("%")
        elif directive:
            name: str = _ALIKE.get(directive) or directive
            part = _part(name, directive)
            # Digits without anything between them have their full width: %Y%m%d.
            expression.append(f"({part.replace('{1,2}', '{2}') if after else part})")
            names.append(name)
    _require_moment(names)
    return names, "".join(expression)


def _part(name: str, directive: str) -> str:
    if name not in _PARTS:
        raise ValueError(f"%{directive} is not known here; docs/cities.md lists what is")
    return _PARTS[name]


def _require_moment(names: Sequence[str]) -> None:
    there = set(names)
    if len(there) < len(names):
        raise ValueError("a directive is there twice")
    for choice, what in (({"Y", "y"}, "year"), ({"m", "b"}, "month"), ({"d"}, "day")):
        if not choice & there:
            raise ValueError(f"it has no {what}")
    if "I" in there and "p" not in there:
        raise ValueError("%I needs %p: 9 may be morning or evening; %H reads 24 hours")
    if "p" in there and "I" not in there:
        raise ValueError("%p needs %I, the hour of a 12-hour clock")


def _offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[3:].lstrip(":") or 0)
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
