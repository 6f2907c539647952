"""Pages of cases from CSV tables: check the header, find the file's own time, hand on the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, Protocol

from data_sync.reading.base import Page
from data_sync.reading.columns import OWN_TIMES, CaseColumns, canonical_name
from data_sync.reading.csv_files import CsvTable, in_pages, rows_of
from data_sync.reading.headers import columns_in
from portal.errors import SourceError

Tables = Callable[[], Iterator[CsvTable]]
"""Opens the file from its start and yields its tables."""
Choose = Callable[[CsvTable], CaseColumns]
"""The translation for a table, by its header. Raises SourceError if a column we need is missing."""


class Watch(Protocol):
    """Learns from all rows of a file when they are read for their times, to mark them later."""

    def look_at(self, table: CsvTable, names: tuple[str, ...]) -> Look | None:
        """What is to be shown each record of a table; None if there is nothing to learn."""
        ...

    def mark(self, table: CsvTable, row: dict[str, Any]) -> None:
        """Mark a row."""
        ...


Look = Callable[[list[str]], None]


def pages_of_tables(
    tables: Tables, choose: Choose, now: datetime, watch: Watch | None = None
) -> Iterator[Page]:
    """The rows of all tables, in pages that leave the cursor where it is.

    Rows are as of the newest time in the whole file that is not in the future: the file is read
    once for that time and again for the rows.
    """
    as_of = newest_time_in(tables, choose, now, watch) or now
    for rows in in_pages(_rows_of_all(tables, choose, watch)):
        yield Page(rows=list(rows), cursor=None, as_of=as_of)


def _rows_of_all(tables: Tables, choose: Choose, watch: Watch | None) -> Iterator[dict[str, Any]]:
    """The rows of all tables, one after the other: a zip may have a thousand small ones."""
    for table in tables():
        rows = rows_of(table, column_names(table, choose(table)))
        if watch is None:
            yield from rows
            continue
        for row in rows:
            watch.mark(table, row)
            yield row


def newest_time_in(
    tables: Tables, choose: Choose, now: datetime, watch: Watch | None = None
) -> datetime | None:
    """The newest opening, closing or update in the tables that is not after `now`.

    A damaged file counts as far as it can be read.
    """
    newest = _NewestTime(now)
    try:
        for table in tables():
            columns = choose(table)
            names = column_names(table, columns)
            places = _places_of_times(names, columns)
            look = watch.look_at(table, names) if watch else None
            for record in table.records:
                if isinstance(record, list):
                    newest.look_at([record[place].strip() for place in places], columns)
                    if look:
                        look(record)
    except SourceError:
        # The same fault is raised again when the rows are read, after those before it.
        return newest.value
    return newest.value


class _NewestTime:
    """The newest of many times that is not after `now`."""

    def __init__(self, now: datetime) -> None:
        self.value: datetime | None = None
        self._now = now
        self._day = ""

    def look_at(self, texts: list[str], columns: CaseColumns) -> None:
        """Count one row's times."""
        newer = [text for text in texts if text and not _is_before(text, self._day)]
        moment = columns.newest_of(newer, self._now) if newer else None
        if moment is not None and (self.value is None or moment > self.value):
            self.value = moment
            # Two days earlier, so that no offset can matter.
            self._day = f"{moment - timedelta(days=2):%Y-%m-%d}"


def _is_before(text: str, day: str) -> bool:
    """Whether a time is certainly before a day, by its letters: ten times as fast as reading it."""
    return text[4:5] == text[7:8] == "-" and text[:10] < day


def _places_of_times(names: tuple[str, ...], columns: CaseColumns) -> list[int]:
    wanted = {name for field in OWN_TIMES for name in columns_in(columns.wanted.get(field, ()))}
    return [place for place, name in enumerate(names) if name in wanted]


def column_names(table: CsvTable, columns: CaseColumns) -> tuple[str, ...]:
    """Canonical names of a table's columns, each once.

    Raises SourceError if a column we need is there twice.
    """
    needed = {name for tries in columns.wanted.values() for name in columns_in(tries)}
    names: list[str] = []
    for written in table.columns:
        name = canonical_name(written) or f"column_{len(names) + 1}"
        if name in names and name in needed:
            raise SourceError(
                f"{table.name}: the column {written!r} is there twice", reason="bad_header"
            )
        names.append(name if name not in names else f"{name}_{len(names) + 1}")
    return tuple(names)


def require_columns(table: CsvTable, missing: Iterable[str]) -> None:
    """Raises SourceError for the first missing column, naming the columns that are there."""
    for column in missing:
        raise SourceError(
            f"{table.name}: there is no column {column!r}; there are: {', '.join(table.columns)}",
            reason="missing_column",
        )
