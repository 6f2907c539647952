"""Who lives in a city's census tracts: read from files of a census, checked, and stored.

    figures, report = read_figures(city, tracts, [Path("tracts.csv"), Path("more.geojson")])

The city's file names the columns ([demographics], docs/cities.md). A file is a CSV, a zip of them,
or a GeoJSON, whose properties are read. Several files may give different columns of the same
tracts, or the same columns of different ones.

Quirks: ids with a prefix (14000US25025000100) or as a spreadsheet's number (25025000100.0); 0
written where a value is not known; shares in percent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from data_sync.pull.boundaries import read_properties
from data_sync.reading.csv_files import BadRecord, CsvFormat, tables_of_path
from data_sync.reading.values import read_number, to_text
from portal import jurisdictions
from portal.context import Portal
from portal.domain.demographics import (
    AMOUNTS,
    POPULATION,
    RESIDENTIAL,
    SHARES,
    DemographicsSetup,
    MeasureColumn,
)
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import SettingsError, SourceError
from portal.services.sync import demographics as stored

NOT_KNOWN = ("", "na", "n/a", "nan", "null", "none", "-", "(x)")
GEOJSON_ENDINGS = (".geojson", ".json")
Row = dict[str, str]
"""The columns that the city's file names, of one tract."""


@dataclass
class DemographicsReport:
    """What was taken from the files."""

    city: str
    tracts: int
    taken: int = 0
    without_row: list[str] = field(default_factory=list)
    """Tracts of the city that no file has."""
    rows_elsewhere: int = 0
    """Rows of tracts that are not the city's."""
    missing: Counter[str] = field(default_factory=Counter)
    """How many of the city's tracts have a row and no value, by measure."""
    without_people: int = 0

    def __str__(self) -> str:
        parts = [
            f"{self.city}: took {self.taken:,} of {self.tracts:,} tracts",
            f"tracts without a row {len(self.without_row):,}",
            f"rows of other tracts {self.rows_elsewhere:,}",
            f"tracts without residents {self.without_people:,}",
        ]
        missing = ", ".join(f"{name} {n:,}" for name, n in sorted(self.missing.items()))
        return " · ".join([*parts, f"missing: {missing or 'none'}"])


def load_missing_figures(portal: Portal, city: Jurisdiction, now: datetime) -> bool:
    """Store the file that ships with the program, if nothing is stored; whether it did.

    Work for a city's first sync, once it has its tracts.
    """
    if city.demographics is None or not city.demographics.file:
        return False
    with portal.core.connect() as connection:
        tracts = list(stored.list_tracts(connection, city.id))
        if not tracts or stored.has_figures(connection, city.id):
            return False
    path = jurisdictions.FOLDER / "geo" / Path(city.demographics.file).name
    figures, _ = read_figures(city.demographics, city.id, tracts, [path])
    with portal.transaction() as connection:
        stored.save_figures(connection, city, figures, int(now.timestamp()))
    return True


def read_figures(
    setup: DemographicsSetup | None, city_id: str, tracts: Sequence[str], files: Sequence[Path]
) -> tuple[dict[str, dict[str, float]], DemographicsReport]:
    """The measures of the city's tracts, and what was taken.

    Raises SettingsError where the city's file names no columns, and SourceError that names the
    file, the tract and the value.
    """
    if setup is None:
        raise SettingsError(
            f"{city_id}.toml has no [demographics]; it names the columns of the files"
            " (docs/cities.md)"
        )
    if not tracts:
        raise SourceError(
            f"{city_id} has no tracts yet; load their boundaries first:"
            f" python -m data_sync boundaries {city_id} --kind tract --from-file F"
        )
    rows = _merge_rows(setup, files)
    ours = {_clean_id(setup, tract): tract for tract in tracts}
    return _choose_ours(setup, DemographicsReport(city_id, len(tracts)), rows, ours)


def _choose_ours(
    setup: DemographicsSetup,
    report: DemographicsReport,
    rows: Mapping[str, Row],
    ours: Mapping[str, str],
) -> tuple[dict[str, dict[str, float]], DemographicsReport]:
    found = [tract for tract in ours if tract in rows]
    if not found:
        raise SourceError(
            f"{report.city}: none of the {len(rows):,} tracts in the files is one of its"
            f" {len(ours):,}: the files have {_give_example(rows)},"
            f" the boundaries {_give_example(ours)}"
        )
    report.rows_elsewhere = len(rows) - len(found)
    report.without_row = [name for tract, name in ours.items() if tract not in rows]
    figures = {ours[tract]: _read_row(setup, tract, rows[tract]) for tract in found}
    for values in figures.values():
        report.missing.update(name for name in setup.measures if name not in values)
        report.without_people += values.get(POPULATION) == 0
    report.taken = len(figures)
    return figures, report


def _give_example(tracts: Iterable[str]) -> str:
    return repr(min(tracts, default=""))


# Files


def _merge_rows(setup: DemographicsSetup, files: Sequence[Path]) -> dict[str, Row]:
    """The columns of every tract, from all files. Raises SourceError where two files differ."""
    merged: dict[str, Row] = {}
    seen: set[str] = set()
    for name, columns, rows in (table for file in files for table in _read_tables(file)):
        wanted = [column for column in setup.columns if column in columns]
        tract_column = next((column for column in setup.tract if column in columns), None)
        if tract_column is None:
            raise SourceError(
                f"{name}: has no column {' or '.join(map(repr, setup.tract))} with the tract's id;"
                f" it has: {', '.join(columns)[:500]}"
            )
        seen.update(wanted)
        for row in rows:
            _merge_row(setup, name, merged, tract_column, wanted, row)
    if absent := [column for column in setup.columns if column not in seen]:
        raise SourceError(f"no file has the column {', '.join(map(repr, absent))}")
    return merged


def _merge_row(
    setup: DemographicsSetup,
    name: str,
    merged: dict[str, Row],
    tract_column: str,
    wanted: Sequence[str],
    row: Mapping[str, Any],
) -> None:
    tract = _clean_id(setup, to_text(row.get(tract_column)))
    if not tract:
        return
    known = merged.setdefault(tract, {})
    for column in wanted:
        value = to_text(row.get(column)).strip()
        if known.setdefault(column, value) != value and not _are_equal(known[column], value):
            raise SourceError(
                f"{name}: tract {tract}: {column} is {value!r} here and {known[column]!r} in"
                " another row"
            )


def _read_tables(file: Path) -> Iterator[tuple[str, Sequence[str], Iterable[Mapping[str, Any]]]]:
    """Name, columns and rows of each table of a file."""
    if file.name.lower().endswith(GEOJSON_ENDINGS):
        rows = read_properties(file)
        yield file.name, list(dict.fromkeys(key for row in rows for key in row)), rows
        return
    for table in tables_of_path(file, CsvFormat()):
        yield table.name, table.columns, _read_records(table.name, table.columns, table.records)


def _read_records(
    name: str, columns: Sequence[str], records: Iterable[list[str] | BadRecord]
) -> Iterator[dict[str, str]]:
    for record in records:
        if isinstance(record, BadRecord):
            raise SourceError(f"{name}: line {record.line}: {record.problem}")
        yield dict(zip(columns, record, strict=True))


def _clean_id(setup: DemographicsSetup, written: str) -> str:
    tract = written.strip().removeprefix(setup.strip).strip()
    head, point, tail = tract.partition(".")
    return head if point and head.isdigit() and not tail.strip("0") else tract


def _are_equal(one: str, other: str) -> bool:
    try:
        return read_number(one) == read_number(other)
    except ValueError:
        return False


# Values


def _read_row(setup: DemographicsSetup, tract: str, row: Row) -> dict[str, float]:
    """The known measures of a tract.

    Where nobody lives there is no share. A row whose shares are all 0 has none either: everyone
    belongs to some group, so 0 is written where the value is missing.
    """
    population = _read_measure(tract, POPULATION, setup.population, row)
    if population is None:
        raise SourceError(f"tract {tract}: {setup.population.column} is empty; write 0 for nobody")
    values: dict[str, float] = {POPULATION: population}
    if setup.residential:
        kind = row.get(setup.residential, "")
        values[RESIDENTIAL] = float(any(_is_same(kind, one) for one in setup.residential_values))
    read = {
        name: _read_measure(tract, name, column, row) for name, column in setup.measures.items()
    }
    known = {name: value for name, value in read.items() if value is not None}
    if not any(known.get(name) for name in SHARES):
        known = {name: value for name, value in known.items() if name not in SHARES}
    return values | (known if population > 0 else {})


def _read_measure(tract: str, name: str, column: MeasureColumn, row: Row) -> float | None:
    """A measure's value; None where it is not known. Raises SourceError for one that cannot be."""
    value = _read_value(tract, column, column.column, row)
    if value is not None and column.of:
        whole = _read_value(tract, column, column.of, row)
        value = value / whole if whole else None
    if value is None or (name in AMOUNTS and value == 0):
        return None
    if column.percent:
        value /= 100
    if value < 0 or (name in SHARES and value > 1):
        written = row.get(column.column)
        why = f"of {column.of} " if column.of else ""
        raise SourceError(
            f"tract {tract}: {name} is {value:g} ({column.column} {written} {why}); "
            + ("a share is between 0 and 1" if name in SHARES else "it is at least 0")
            + "; name values that mean 'not known' in `missing`"
        )
    return value


def _read_value(tract: str, column: MeasureColumn, name: str, row: Row) -> float | None:
    written = row.get(name, "")
    if written.lower() in NOT_KNOWN or any(_is_same(written, one) for one in column.missing):
        return None
    try:
        return read_number(written)
    except ValueError:
        raise SourceError(
            f"tract {tract}: {name} is {written[:60]!r}, which is no number"
        ) from None


def _is_same(written: str, wanted: str) -> bool:
    return written == wanted or _are_equal(written, wanted)
