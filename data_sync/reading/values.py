"""Single values of a row, read to text and to numbers."""

from __future__ import annotations

import json
import math
from typing import Any

from portal.errors import SourceError


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


def read_number(text: str | None, what: str) -> float | None:
    """A finite number; None if there is no text.

    Raises SourceError for anything else, such as "nan" or "42,3". `what` names the source, the
    case and the field: "boston: case 101: latitude".
    """
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise SourceError(f"{what} is {text[:60]!r}, not a number", reason="bad_number")
    return number
