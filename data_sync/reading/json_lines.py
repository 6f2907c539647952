"""Lines of JSON as rows: {"id": 1, "place": {"lat": 42.3}} has the columns id and place.lat."""

from __future__ import annotations

import json
from typing import Any

from data_sync.reading.values import to_text


def parse_object(line: str) -> dict[str, str] | None:
    """A line's values as text by the name of their column; None if it is no JSON object.

    The keys of an object in an object are columns of their own.
    """
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return dict(_values_of(row)) if isinstance(row, dict) else None


def _values_of(row: dict[str, Any]) -> list[tuple[str, str]]:
    found = []
    for name, value in row.items():
        if isinstance(value, dict) and value:
            found += [(f"{name}.{inner}", to_text(value[inner])) for inner in value]
        else:
            found.append((name, to_text(value)))
    return found
