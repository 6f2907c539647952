"""The formats of a download, each with its writer.

for piece in FORMATS["csv"].write(facts, selection, about):
    …
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from portal.domain.downloads import FileChoice
from portal.domain.filters import CaseFilter
from portal.domain.published_columns import BULK_COLUMNS, CASE_COLUMNS
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.publication import csv_file, json_files, parquet_file, xlsx_file

if TYPE_CHECKING:
    from portal.context import Portal
    from portal.domain.jurisdiction import Jurisdiction

Write = Callable[[Facts, Selection, Mapping[str, Any]], Iterator[bytes]]


@dataclass(frozen=True)
class FileFormat:
    """A format: the end of its files' names, its media type, its writer.

    `size`: about how large its rows are against those of CSV; measured on Boston's file of 2011.
    `most`: rows it stops at.
    """

    suffix: str
    media_type: str
    write: Write
    size: float
    most: int | None = None


def _write_csv(
    columns: tuple, facts: Facts, selection: Selection, _about: Mapping[str, Any]
) -> Iterator[bytes]:
    return csv_file.write_csv(facts, selection, columns)


def _write_lines(facts: Facts, selection: Selection, _about: Mapping[str, Any]) -> Iterator[bytes]:
    return json_files.write_json_lines(facts, selection)


CSV = "text/csv; charset=utf-8; header=present"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = {
    made.suffix: made
    for made in (
        FileFormat("csv", CSV, partial(_write_csv, CASE_COLUMNS), 1.0),
        FileFormat("xlsx", EXCEL, xlsx_file.write_xlsx, 0.4, xlsx_file.MOST_ROWS),
        FileFormat("geojson", "application/geo+json", json_files.write_geojson, 2.2),
        FileFormat("parquet", "application/vnd.apache.parquet", parquet_file.write_parquet, 0.2),
        FileFormat("jsonl", "application/jsonl", _write_lines, 2.1),
        FileFormat("bulk.csv", CSV, partial(_write_csv, BULK_COLUMNS), 0.7),
    )
}
"""By suffix, in the order they are offered."""
SAMPLE = 500


def list_files(portal: Portal, city: Jurisdiction, cases: int) -> tuple[FileChoice, ...]:
    """The files of so many cases. Their sizes are about right: they are those of other cases."""
    row = portal.read(bytes_per_row, city.id, city.zone)
    return tuple(
        FileChoice(made.suffix, row * made.size * min(cases, made.most or cases), made.most)
        for made in FORMATS.values()
    )


def bytes_per_row(facts: Facts, zone: ZoneInfo) -> float:
    """About how many bytes a case takes in CSV, by the newest of them; 0 where there is none."""
    everything = Selection(CaseFilter(), zone)
    rows = b"".join(list(csv_file.write_csv(facts, everything, CASE_COLUMNS, SAMPLE))[1:])
    return len(rows) / max(1, rows.count(b"\n"))
