"""Excel: the newest 100,000 cases at most, and a sheet that says what they are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from portal.domain.published_columns import CASE_COLUMNS
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.publication.case_rows import CaseQuery, case_query, read_parts, typed

MOST_ROWS = 100_000
"""A sheet takes about a million, but not while somebody waits: 7,000 a second."""
LONGEST_CELL = 32_767
PIECE = 1 << 18
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "remove_timezone": True,
}
_FORMATS = {"timestamp": "yyyy-mm-dd hh:mm:ss", "date": "yyyy-mm-dd"}


def write_xlsx(facts: Facts, selection: Selection, about: Mapping[str, Any]) -> Iterator[bytes]:
    """The file in pieces, once it is whole: a zip says at its end where everything is.

    `about` becomes the second sheet.
    """
    yield b""
    with tempfile.TemporaryFile() as file:
        with xlsxwriter.Workbook(file, _OPTIONS) as book:
            # The same data makes the same file, whenever it is downloaded.
            book.set_properties({"created": datetime.fromtimestamp(facts.as_of, UTC)})
            bold = book.add_format({"bold": True})
            cases, sheet = book.add_worksheet("Cases"), book.add_worksheet("About")
            cases.freeze_panes(1, 1)
            cases.write_row(0, 0, [column.name for column in CASE_COLUMNS], bold)
            yield from _write_cases(book, cases, facts, selection)
            _write_about(sheet, about, bold)
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece


def _write_cases(
    book: xlsxwriter.Workbook, sheet: Worksheet, facts: Facts, selection: Selection
) -> Iterator[bytes]:
    """Write the rows; gives nothing, now and then, so that others have their turn."""
    looks = [
        book.add_format({"num_format": _FORMATS[column.kind]}) if column.kind in _FORMATS else None
        for column in CASE_COLUMNS
    ]
    times = [column.kind == "timestamp" for column in CASE_COLUMNS]
    query = case_query(facts, selection, CASE_COLUMNS, typed, most=MOST_ROWS)
    row = 1
    for batch in _batches(facts, query):
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            for number, value in enumerate(values):
                if value is not None:
                    sheet.write(row, number, _cell(value, times[number]), looks[number])
            row += 1
        yield b""


def _batches(facts: Facts, query: CaseQuery) -> Iterator[pa.RecordBatch]:
    for rows in read_parts(facts, query):
        yield from rows.to_batches(1_000)


def _cell(value: Any, is_time: bool) -> Any:
    if is_time:
        return datetime.fromtimestamp(value, UTC)
    return value[:LONGEST_CELL] if isinstance(value, str) else value


def _write_about(sheet: Worksheet, about: Mapping[str, Any], bold: Any) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)
    facts = [(name, value) for name, value in about.items() if isinstance(value, str | int)]
    for row, (name, value) in enumerate(facts):
        sheet.write(row, 0, name, bold)
        sheet.write(row, 1, value)
    first = len(facts) + 1
    for row, column in enumerate(CASE_COLUMNS, first):
        sheet.write(row, 0, column.name, bold)
        sheet.write(row, 1, column.meaning)
