"""Repeats as a CSV: a row for each type and neighborhood, and one for each type as a whole."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO
from typing import TYPE_CHECKING

from portal.domain.formulas import harmless

if TYPE_CHECKING:
    from portal.queries.performance.repeats import RepeatRow, Repeats, TypeRepeats

COLUMNS = {
    "first_day": "first day on which the incidents were opened, in the city's zone",
    "last_day": "last day of it",
    "service": "the type of case, as the city names it",
    "area_kind": "city or neighborhood",
    "area": "the neighborhood's name; empty for the whole city, and for cases in none",
    "incidents": "cases that repeat no other",
    "joined_incidents": "those to which the city joined a report that came while they were open",
    "unjoined_repeats": "reports closed as a duplicate without saying of which case",
    "again_pct": "incidents reported again, in percent; empty for fewer than 30 incidents",
    "again_pct_low": "lower end of its 95 % interval",
    "again_pct_high": "upper end of its 95 % interval",
    "average_days_open": "elapsed days that an incident was open, the open ones up to now",
}
Cell = str | int | float | None


def write_csv(found: Repeats) -> bytes:
    """The rows as CSV with a header, UTF-8."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    days = found.period.first.isoformat(), found.period.last.isoformat()
    for row in _write_rows(found):
        writer.writerow([*days, *(harmless(c) if isinstance(c, str) else c for c in row)])
    return out.getvalue().encode()


def _write_rows(found: Repeats) -> Iterator[list[Cell]]:
    for kind in (*found.types, *found.silent_types):
        yield _row(kind, "city", kind.total)
        for row in kind.rows:
            yield _row(kind, "neighborhood", row)


def _row(kind: TypeRepeats, area_kind: str, row: RepeatRow) -> list[Cell]:
    shares = (row.share, *(row.interval or (None, None)))
    days = row.average_days
    return [
        kind.name,
        area_kind,
        row.name or "",
        row.incidents,
        row.joined,
        row.unjoined,
        *(None if share is None else round(100 * share, 1) for share in shares),
        None if days is None else round(days, 1),
    ]
