"""The monthly report as files: CSV and Excel, with the same rows.

One row for the city and one for each district, neighborhood and ZIP code, whole: areas with nothing
in the month are in it with zeros. A cell is empty where no number is given.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

import xlsxwriter

from portal.domain.formulas import harmless
from portal.domain.intervals import FEW_CASES

if TYPE_CHECKING:
    from portal.queries.performance.monthly import Monthly, MonthlyRow

COLUMNS = {
    "month": "the calendar month, in the city's zone",
    "area_kind": "city, district, neighborhood or zipcode",
    "area": "the city's name of it; empty for cases in none",
    "received": "cases opened in the month",
    "closed": "cases closed in the month, whenever they were opened",
    "open_at_end": "cases open when the month ended, whenever they were opened",
    "median_days": "day by whose end half of those received were closed (Kaplan-Meier)",
    "median_days_low": "lower end of its 95 % interval",
    "median_days_high": "upper end of its 95 % interval",
    "due": "cases received of which it is known whether the city's target was kept",
    "on_time": "how many of them were closed in time",
    "on_time_pct": "the same in percent",
}
Cell = str | int | float | None


def write_rows(report: Monthly) -> Iterator[list[Cell]]:
    """The rows of the report, in the order of COLUMNS."""
    yield _row(report, "city", report.total)
    for kind, rows in report.parts.items():
        for row in rows:
            yield _row(report, kind, row)


def write_csv(report: Monthly) -> bytes:
    """The rows as CSV with a header, UTF-8."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in write_rows(report):
        writer.writerow([harmless(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue().encode()


def write_xlsx(report: Monthly, about: Mapping[str, str]) -> bytes:
    """The rows as a sheet, and a second one that says what they are."""
    out = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        # The same data makes the same file, whenever it is downloaded.
        book.set_properties({"created": datetime.fromtimestamp(report.as_of, UTC)})
        bold = book.add_format({"bold": True})
        sheet, notes = book.add_worksheet("Report"), book.add_worksheet("About")
        sheet.freeze_panes(1, 3)
        sheet.write_row(0, 0, list(COLUMNS), bold)
        for number, row in enumerate(write_rows(report), 1):
            sheet.write_row(number, 0, row)
        notes.set_column(0, 1, 40)
        for number, (name, value) in enumerate({**about, **COLUMNS}.items()):
            notes.write(number, 0, name, bold)
            notes.write(number, 1, value)
    return out.getvalue()


def _row(report: Monthly, kind: str, row: MonthlyRow) -> list[Cell]:
    return [
        str(report.month),
        kind,
        row.name or "",
        row.received,
        row.closed,
        row.still_open,
        *_results(row),
    ]


def _results(row: MonthlyRow) -> list[Cell]:
    """How fast and how many in time; empty where there are too few cases to say."""
    cases = row.cases
    if cases is None:
        return [None, None, None, 0, 0, None]
    days: list[Cell] = [None, None, None]
    if cases.is_enough:
        days = [cases.days_until(50), *cases.days_interval(50)]
    share = cases.on_time_share if cases.due >= FEW_CASES else None
    pct = None if share is None else round(100 * share, 1)
    return [*days, cases.due, cases.on_time, pct]
