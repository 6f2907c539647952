"""Any city's CSV, mapped in its TOML: from a file on disk or from an https address.

Quirks
- Delimiter, encoding, time formats and status words are the city's and are named in its file
  (docs/cities.md). Every column named there must be in the header.
- A live CSV is always complete: it is read again when its bytes have changed. It may also come to a
  folder in which the city leaves its export.
- Rows without a time of their own last change are as of the newest time in the file.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, model_validator

from data_sync.reading.base import Cursor, Fetch, Page, Row
from data_sync.reading.columns import FIELDS, REQUIRED, CaseColumns
from data_sync.reading.csv_files import ENDINGS, CsvFormat, CsvTable, tables_of, tables_of_path
from data_sync.reading.http_answers import require_same_host, require_success, unusable_answer
from data_sync.reading.source_table import Columns, ColumnsTable, Statuses, read_source_table
from data_sync.reading.tables import Tables, pages_of_tables, require_columns
from data_sync.reading.times import CityTimes
from portal.domain.case import CaseRecord
from portal.domain.jurisdiction import Jurisdiction
from portal.jurisdictions.faults import BadValue
from portal.jurisdictions.values import OptionalText


def require_one_character(written: str) -> str:
    """The text itself if it is one character."""
    if len(written) != 1:
        raise BadValue("{key} is {value}; it is one character, such as ';' or a tab")
    return written


class CsvFileTable(ColumnsTable):
    """`kind = "csv_file"`."""

    path: OptionalText = ""
    url: OptionalText = ""
    delimiter: Annotated[str, AfterValidator(require_one_character)] = ""
    encoding: Literal["utf-8", "cp1252", "latin-1"] = "utf-8"
    columns: Columns
    statuses: Statuses

    @model_validator(mode="after")
    def _has_one_origin(self) -> CsvFileTable:
        if self.path and self.url:
            raise ValueError("has both path and url; name the one the city's CSV comes from")
        return self


class CsvFileSource:
    """A city that publishes, or hands over, one CSV."""

    def __init__(self, city: Jurisdiction, table: dict[str, Any], fetch: Fetch) -> None:
        settings = read_source_table(city, CsvFileTable, table)
        self.name = settings.name
        self.city = city
        self._fetch = fetch
        self._path = settings.path
        self._url = settings.url
        self._format = CsvFormat(settings.delimiter, settings.encoding)
        self._columns = CaseColumns(
            self.name,
            settings.columns,
            settings.statuses,
            CityTimes(city.zone, settings.time_formats, city.language),
            settings.rules(),
        )

    def pages_updated_since(
        self, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Page]:
        """The whole CSV if it has changed; nothing if the file names neither path nor url."""
        if not self._path and not self._url:
            return
        digest, tables = self._live_from_path() if self._path else self._live_from_url()
        if cursor and cursor.get("sha256") == digest and since is None:
            return
        last = None
        for page in pages_of_tables(tables, self._choose, now):
            if last is not None:
                yield last
            last = page
        if last is not None:
            yield Page(rows=last.rows, cursor={"sha256": digest}, as_of=last.as_of)

    def pages_from_file(self, path: Path, *, now: datetime) -> Iterator[Page]:
        """Rows of a CSV, or of every CSV in a zip."""
        yield from pages_of_tables(lambda: tables_of_path(path, self._format), self._choose, now)

    def to_case(self, row: Row, as_of: datetime) -> CaseRecord:
        """One row translated. Raises SourceError with the case, the field and the value."""
        return self._columns.to_case(row, as_of)

    def source_id_of(self, row: Row) -> str | None:
        """The row's own key."""
        return self._columns.source_id_of(row)

    def _choose(self, table: CsvTable) -> CaseColumns:
        fields = REQUIRED if table.is_sparse else FIELDS
        require_columns(table, self._columns.missing(table.columns, fields))
        return self._columns

    def _live_from_path(self) -> tuple[str, Tables]:
        """What the bytes hash to, and the tables."""
        path = Path(self._path)

        def tables() -> Iterator[CsvTable]:
            return tables_of_path(path, self._format)

        if not path.is_file():
            return "", tables  # which raises an error that says so
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest(), tables

    def _live_from_url(self) -> tuple[str, Tables]:
        answer = self._fetch(self._url)
        require_same_host(answer, self._url, self.name)
        require_success(answer, self.name)
        if answer.body[:200].lstrip().lower().startswith((b"<!doctype", b"<html")):
            raise unusable_answer(answer, self.name, "CSV")
        name = Path(urlsplit(self._url).path).name
        name = name if name.lower().endswith((*ENDINGS, ".zip")) else f"{name}.csv"

        def tables() -> Iterator[CsvTable]:
            return tables_of(name, lambda: io.BytesIO(answer.body), self._format)

        return hashlib.sha256(answer.body).hexdigest(), tables
