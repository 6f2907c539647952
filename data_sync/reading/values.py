"""Single values of a row, read to text, to numbers, to case numbers and to ZIP codes."""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from typing import Any

from portal.errors import SourceError

_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]{1,3},[0-9]+")
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?[Ee]\+[0-9]{1,3}")
_WHOLE = re.compile(r"([0-9]+)[.,]0+")
_ZIP_PLUS_FOUR = re.compile(r"([0-9]{4,5})-?([0-9]{4})?-?")
_ZIPS_BEGIN_WITH_ZERO = frozenset(
    (
        "America/New_York",
        "America/Detroit",
        "America/Puerto_Rico",
        "America/St_Thomas",
        "America/Virgin",
        "US/Eastern",
        "EST5EDT",
    )
)
"""Zones with ZIP codes from 00501 to 09999, which spreadsheets write as numbers."""


def to_text(value: Any) -> str:
    """A value of a row as text: numbers without a needless '.0', lists and objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, (dict, list, bool)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return str(value)


def read_number(text: str) -> float:
    """A finite number; "42,36" is one too. Raises ValueError for anything else, such as "nan"."""
    try:
        number = float(text)
    except ValueError:
        if not _DECIMAL_COMMA.fullmatch(text):
            raise
        number = float(text.replace(",", "."))
    if not math.isfinite(number):
        raise ValueError(f"{text[:60]!r} is not a number")
    return number


def read_case_number(text: str, what: str) -> str:
    """A case's number without the '.0' of a spreadsheet.

    Raises SourceError for one that a spreadsheet has shortened: two cases would become one. `what`
    names the source and the column.
    """
    if "+" in text and _SHORTENED.fullmatch(text):
        raise SourceError(
            f"{what} is {text!r}: Excel has shortened this number, and others with it; "
            "export the table again with the column as text",
            reason="shortened_number",
        )
    if text[-1:] == "0" and (match := _WHOLE.fullmatch(text)):
        return match[1]
    return text


@lru_cache(maxsize=20_000)
def read_zipcode(text: str | None, zone: str) -> str | None:
    """A ZIP code as it is on a letter: 2129.0 and 2129 are 02129 where ZIP codes begin with zero.

    `zone` is the city's. A postal code of another shape stays as it is, zeros alone are none.
    """
    if text is None or not text.strip("0-. "):
        return None
    if whole := _WHOLE.fullmatch(text):
        text = str(whole[1])
    match = _ZIP_PLUS_FOUR.fullmatch(text)
    if match is None or zone not in _ZIPS_BEGIN_WITH_ZERO:
        return text
    return match[1].zfill(5) + (f"-{match[2]}" if match[2] else "")
