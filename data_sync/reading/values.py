"""Single values of a row, read to text and to numbers."""

from __future__ import annotations

import json
import math
from typing import Any


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


def to_number(text: str) -> float:
    """A finite number. Raises ValueError for anything else, such as "nan" or "42,3"."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:60]!r} is not a finite number")
    return number
