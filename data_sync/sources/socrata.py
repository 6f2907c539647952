"""Socrata portals (New York, Chicago, Los Angeles, San Francisco …), mapped in the city's TOML.

Live by SODA 2.1, or from CSV exports on disk.

Quirks
- A page is 1,000 rows unless asked otherwise, and has no order unless `$order` says so.
- `:id`, `:created_at` and `:updated_at` come only when selected (`$select=:*,*`). `:updated_at` is
  when the row was last published, which for a table that is replaced every night is every night; a
  column of the city's own, where it has one, is closer to the truth. The later of both counts.
- Null fields are simply absent; an address comes as {"url": …}. Times are wall-clock times of the
  city without offset.
- An export has display names ("Created Date"), the API its own (created_date); some columns were
  renamed ("Problem (formerly Complaint Type)").
- Chicago dates some updates in the future: they count as now.
- Los Angeles opens a new table every year, and in 2025 changed all its column names.
- `opened_since` in the city's file leaves out older cases: New York has over 22 million.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator

from data_sync.reading.base import Answer, Cursor, Fetch, Page, Row
from data_sync.reading.by_number import CASES_A_WEEK, pages_by_number
from data_sync.reading.columns import CaseColumns, canonical_row
from data_sync.reading.csv_files import CsvFormat, CsvTable, tables_of_path
from data_sync.reading.http_answers import (
    first_words,
    parse_json,
    require_same_host,
    require_success,
)
from data_sync.reading.quoting import quote_text
from data_sync.reading.source_table import Columns, ColumnsTable, Statuses, read_source_table
from data_sync.reading.tables import pages_of_tables, require_columns
from data_sync.reading.times import US_FORMAT, CityTimes
from data_sync.reading.values import to_text
from data_sync.reading.walk import Clock, KeysetWalk, PageRequest, Reply
from portal.domain.case import CaseRecord
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import SourceError
from portal.jurisdictions.faults import BadValue
from portal.jurisdictions.values import Several, Text

PAGE_ROWS = 10_000
REST = timedelta(hours=1)  # the cities publish once a day, some a few times
_SYSTEM_FIELDS = (":id", ":created_at", ":updated_at", ":version")


def parse_day(written: str) -> str:
    """The start of a day as Socrata wants it; empty for an empty text."""
    try:
        return f"{date.fromisoformat(written).isoformat()}T00:00:00" if written else ""
    except ValueError:
        raise BadValue("{key} is {value}; write a day like 2026-01-01") from None


class SocrataTable(ColumnsTable):
    """`kind = "socrata"`."""

    url: Text
    tables: Several[Text]
    opened_since: Annotated[str, AfterValidator(parse_day)] = ""
    columns: Columns
    statuses: Statuses


class SocrataSource:
    """The cases of one or several tables of a Socrata portal that share one map of columns."""

    cases_a_week = CASES_A_WEEK

    def __init__(
        self, city: Jurisdiction, table: dict[str, Any], fetch: Fetch, clock: Clock
    ) -> None:
        settings = read_source_table(city, SocrataTable, table)
        self.name = settings.name
        self.city = city
        self._fetch = fetch
        self._clock = clock
        self._url = settings.url.rstrip("/")
        self._tables = list(settings.tables)
        self._opened_since = settings.opened_since
        self._columns = CaseColumns(
            self.name,
            settings.columns,
            settings.statuses,
            CityTimes(city.zone, settings.time_formats or (US_FORMAT,), city.language),
            settings.rules(*_SYSTEM_FIELDS),
        )

    def pages_updated_since(
        self, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Page]:
        """Rows published since the last run, table by table."""
        walk = KeysetWalk(
            source=self.name,
            ask=self._ask,
            position=lambda _, row: [to_text(row.get(":updated_at")), to_text(row.get(":id"))],
            newest=lambda _, row: _published_at(row),
            rest=lambda _: REST,
            clock=self._clock,
        )
        yield from walk.pages(self._tables, cursor, since=since, now=now)

    def pages_of_cases(self, source_ids: list[str], *, now: datetime) -> Iterator[Page]:
        """Those cases as they are now, from any table; also those older than `opened_since`."""
        yield from pages_by_number(
            source_ids, self._tables, self._ask_by_number, self.source_id_of, now
        )

    def pages_from_file(self, path: Path, *, now: datetime) -> Iterator[Page]:
        """Rows of a CSV export, or of every CSV in a zip."""
        yield from pages_of_tables(lambda: tables_of_path(path, CsvFormat()), self._choose, now)

    def to_case(self, row: Row, as_of: datetime) -> CaseRecord:
        """One row translated. Raises SourceError with the case, the field and the value."""
        published_at = _published_at(row) if ":updated_at" in row else None
        return self._columns.to_case(row, as_of, published_at)

    def source_id_of(self, row: Row) -> str | None:
        """The row's own key."""
        return self._columns.source_id_of(row)

    def _choose(self, table: CsvTable) -> CaseColumns:
        require_columns(table, self._columns.missing(table.columns))
        return self._columns

    def _ask(self, request: PageRequest) -> Reply:
        rows = self._rows(request.part, self._answer(request.part, self._where(request)))
        return Reply(rows, more=len(rows) >= PAGE_ROWS)

    def _ask_by_number(self, table: str, source_ids: Sequence[str]) -> list[Row]:
        """The rows with these numbers.

        Where the years differ in their columns, the possible names of the number's are tried in
        turn.
        """
        numbers = ", ".join(map(quote_text, source_ids))
        *others, last = (name for name in self._columns.key_columns if isinstance(name, str))
        for column in others:
            answer = self._answer(table, f"{column} in ({numbers})")
            if not _lacks_column(answer):
                return self._rows(table, answer)
        return self._rows(table, self._answer(table, f"{last} in ({numbers})"))

    def _answer(self, table: str, where: str) -> Answer:
        url = f"{self._url}/resource/{table}.json"
        params = {"$select": ":*,*", "$order": ":updated_at,:id", "$limit": str(PAGE_ROWS)}
        if where:
            params["$where"] = where
        answer = self._fetch(url, params=params)
        require_same_host(answer, url, self.name)
        return answer

    def _rows(self, table: str, answer: Answer) -> list[Row]:
        if answer.status >= 400:
            raise SourceError(
                f"{self.name}: table {table}: the city answered {answer.status}: "
                f"{first_words(answer.body)}",
                reason="bad_answer",
            )
        require_success(answer, self.name)
        body = parse_json(answer, self.name)
        if not isinstance(body, list) or not all(isinstance(row, dict) for row in body):
            raise SourceError(
                f"{self.name}: table {table}: the answer is no list of rows: "
                f"{first_words(answer.body)!r}",
                reason="bad_answer",
            )
        return [_simplified(canonical_row(row)) for row in body]

    def _where(self, request: PageRequest) -> str:
        terms = []
        if self._opened_since:
            opened_at = self._columns.wanted["opened_at"][0]
            terms.append(f"{opened_at} >= {quote_text(self._opened_since)}")
        if request.after is not None:
            updated_at, row_id = map(quote_text, request.after)
            is_same_time = f"(:updated_at = {updated_at} AND :id > {row_id})"
            terms.append(f"(:updated_at > {updated_at} OR {is_same_time})")
        elif request.start is not None:
            start = request.start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
            terms.append(f":updated_at > {quote_text(start)}")
        return " AND ".join(terms)


def _lacks_column(answer: Answer) -> bool:
    return answer.status == 400 and b"no-such-column" in answer.body


def _published_at(row: Row) -> datetime | None:
    try:
        return datetime.fromisoformat(to_text(row.get(":updated_at"))).astimezone(UTC)
    except ValueError:
        return None


def _simplified(row: dict[str, Any]) -> dict[str, Any]:
    """A row with each address {"url": …} as its text.

    Without the polygon numbers that Socrata computes, which nobody can look up.
    """
    return {
        name: value["url"] if isinstance(value, dict) and "url" in value else value
        for name, value in row.items()
        if not name.startswith(":@")
    }
