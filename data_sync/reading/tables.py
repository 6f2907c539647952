"""Pages of cases from CSV tables: the header checked, the file's own moment found, the rows handed on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from data_sync.reading.base import Page
from data_sync.reading.columns import OWN_TIMES, CaseColumns, canonical, columns_in
from data_sync.reading.csv_files import CsvTable, in_pages, rows_of
from portal.errors import SourceError

Tables = Callable[[], Iterator[CsvTable]]
"""Opens the file anew and yields its tables."""
Choose = Callable[[CsvTable], CaseColumns]
"""The translation for a table by its header. Raises SourceError when it has not what is needed."""


def pages_of_tables(tables: Tables, choose: Choose, now: datetime) -> Iterator[Page]:
    """The rows of all tables in pages that leave the cursor where it is.

    They hold as of the newest time in the whole file that is not in the future: read once for that, then again for the rows.
    """
    as_of = newest_moment(tables, choose, now) or now
    for table in tables():
        names = column_names(table, choose(table))
        for rows in in_pages(rows_of(table, names)):
            yield Page(rows=list(rows), cursor=None, as_of=as_of)


def newest_moment(tables: Tables, choose: Choose, now: datetime) -> datetime | None:
    """The newest opening, closing or update in the tables that is not after `now`; a damaged file counts as far as it can be read."""
    newest, day = None, ""
    try:
        for table in tables():
            columns = choose(table)
            names = column_names(table, columns)
            places = _places_of_times(names, columns)
            for record in table.records:
                if isinstance(record, list):
                    texts = [
                        text
                        for place in places
                        if (text := record[place].strip()) and not _is_before(text, day)
                    ]
                    moment = columns.newest_of(texts, now) if texts else None
                    if moment is not None and (newest is None or moment > newest):
                        newest = moment
                        # Two days off, so that no offset can matter.
                        day = f"{moment - timedelta(days=2):%Y-%m-%d}"
    except SourceError:
        return (
            newest  # the same fault is raised again when the rows are read, after those before it
        )
    return newest


def _is_before(text: str, day: str) -> bool:
    """Whether a time is certainly before a day, told from its letters alone: reading it would take ten times as long."""
    return text[4:5] == text[7:8] == "-" and text[:10] < day


def _places_of_times(names: tuple[str, ...], columns: CaseColumns) -> list[int]:
    wanted = {name for field in OWN_TIMES for name in columns_in(columns.wanted.get(field, ()))}
    return [place for place, name in enumerate(names) if name in wanted]


def column_names(table: CsvTable, columns: CaseColumns) -> tuple[str, ...]:
    """Canonical names of a table's columns, each once. Raises SourceError where a column we need is there twice."""
    needed = {name for tries in columns.wanted.values() for name in columns_in(tries)}
    names: list[str] = []
    for written in table.columns:
        name = canonical(written) or f"column_{len(names) + 1}"
        if name in names and name in needed:
            raise SourceError(
                f"{table.name}: the column {written!r} is there twice", reason="bad_header"
            )
        names.append(name if name not in names else f"{name}_{len(names) + 1}")
    return tuple(names)


def refuse_missing(table: CsvTable, missing: Iterable[str]) -> None:
    """Raises SourceError for the first column a header lacks, naming those it has."""
    for column in missing:
        raise SourceError(
            f"{table.name}: there is no column {column!r}; there are: {', '.join(table.columns)}",
            reason="missing_column",
        )
