"""Forecasts and what became of them, as the worker keeps them. No page judges any.

docs/metrics.md explains the numbers.
"""

from __future__ import annotations

import csv
from io import StringIO

from pydantic import TypeAdapter
from sqlalchemy import Connection

from portal.domain.forecasts import Forecasts
from portal.domain.formulas import harmless
from portal.domain.month import Month
from portal.store.kept_answers import KeptMark, read_answer

NAME = "forecasts"
"""The answer's name among those that the worker keeps."""
FORECASTS = TypeAdapter(Forecasts)
COLUMNS = {
    "service": "the type that the forecast was for, as the city names it",
    "opened_month": "the month in which the cases were opened, in the city's zone",
    "shown_on": "page: the case's page when it first came; form: the report form before sending",
    "promised_pct": "share of such cases that the forecast says are closed by its day",
    "judged": "forecasts whose day is over",
    "kept": "those of them whose case was closed by that day",
    "waiting": "forecasts whose day is still to come",
}


def kept_forecasts(connection: Connection, city_id: str, _mark: KeptMark) -> Forecasts | None:
    """A city's forecasts. `_mark` names which, for the cache: they change without the data."""
    answer = read_answer(connection, city_id, NAME)
    return FORECASTS.validate_json(answer) if answer else None


def write_csv(found: Forecasts) -> bytes:
    """A row for each type, month, place and share, as CSV with a header, UTF-8."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in sorted(
        found.counts, key=lambda one: (one.name, one.month, one.place, one.share_pct)
    ):
        marks = one.coverage
        month, name = str(Month(one.month)), harmless(one.name)
        numbers = marks.judged, marks.kept, marks.waiting
        writer.writerow([name, month, one.place, one.share_pct, *numbers])
    return out.getvalue().encode()
