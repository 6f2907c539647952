"""The newest time of a file is the newest of all its rows, in whatever order they come."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any, cast

from data_sync.reading.tables import _NewestTime

NOW = datetime(2026, 11, 23, tzinfo=UTC)


class Columns:
    """Reads days, and knows no time after now."""

    def newest_of(self, texts: list[str], now: datetime) -> datetime | None:
        moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in texts]
        return max((moment for moment in moments if moment <= now), default=None)


def newest(*rows: list[str]) -> datetime | None:
    found = _NewestTime(NOW)
    for row in rows:
        found.look_at(row, cast(Any, Columns()))
    return found.value


def test_a_row_after_the_newest_one_does_not_count():
    days = "2026-01-05", "2026-01-06", "2026-01-04", "2026-01-07"
    for order in itertools.permutations(days):
        assert newest(*([day] for day in order)) == datetime(2026, 1, 7, tzinfo=UTC)


def test_rows_without_a_time_or_with_one_to_come_count_for_nothing():
    assert newest([], [""], ["2026-11-24"]) is None
    assert newest(["", "2026-01-05"], ["2026-11-24"]) == datetime(2026, 1, 5, tzinfo=UTC)
