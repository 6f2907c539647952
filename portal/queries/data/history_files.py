"""A case's history as a file: each published field that changed, from what to what, and when.

    seen_at,field,from,to,city_updated_at
    2026-03-03T15:00:00Z,status,open,closed,2026-03-03T14:58:10Z

`seen_at` is when the portal saw it, `city_updated_at` the city's own time of that version. Before
its first row a case was as that row says; a case without rows has been the same ever since
`first_seen_at`.
"""

from __future__ import annotations

import csv
import json
from io import StringIO
from typing import TYPE_CHECKING

from portal.domain.formulas import harmless
from portal.queries.data.published_cases import write_time

if TYPE_CHECKING:
    from portal.queries.cases.case_detail import CaseChange, CaseDetail

COLUMNS = ("seen_at", "field", "from", "to", "city_updated_at")
_TIMES = ("opened_at", "closed_at", "target_at")
_NUMBERS = (*_TIMES, "lat", "lon", "contradictions", "city_on_time")


def write_history_csv(case: CaseDetail) -> str:
    """RFC 4180, with a header; no text is a formula to a spreadsheet."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for change in case.changes:
        row = _row(change)
        values = [row[name] for name in COLUMNS]
        if change.field not in _NUMBERS:
            values[2:4] = [value and harmless(value) for value in values[2:4]]
        writer.writerow(["" if value is None else value for value in values])
    return out.getvalue()


def write_history_json(case: CaseDetail) -> str:
    """The case's number, when the portal first saw it, and the changes, oldest first."""
    told = {
        "case_id": case.case_id,
        "first_seen_at": write_time(case.first_seen_at),
        "changes": [_row(change) for change in case.changes],
    }
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _row(change: CaseChange) -> dict[str, str | None]:
    return {
        "seen_at": write_time(change.seen_at),
        "field": change.field,
        "from": _value(change.field, change.old_value),
        "to": _value(change.field, change.new_value),
        "city_updated_at": write_time(change.source_updated_at or None),
    }


def _value(field: str, value: str | None) -> str | None:
    return write_time(int(value)) if value is not None and field in _TIMES else value
