"""Boston: the city's CKAN at data.boston.gov, or any of its CSV and zip files.

Quirks
- Two systems. The old one (ids such as 101000295613) has a table per year; since October 2025 a new
  one (ids BCS-…) fills up beside it, and types move over one by one. Column names drifted at least
  three times: target_dt and sla_target_dt, ontime, on_time and OnTime_Status, submittedphoto and
  submitted_photo; some exports are UPPERCASE, some write 07/01/2011 01:32:33 AM. Blanks are often
  one space.
- Old times are wall-clock times of the city; new ones end in +00.
- Rows have no time of their own last change. What a row says is as of its file or answer: a file's
  time is the newest opening or closing in it that is not in the future, so that an old file
  imported again never overwrites newer truth; an answer's time is when it was asked for.
- Live, a row shows up when its opening or closing is new. So that reopened cases are seen too, all
  open cases are read again once a week.
- The city refreshes the tables about once a day and renumbers `_id`, so pages go by case id, never
  by `_id` or offset.
- datastore_search_sql wants table and column quoted, answers errors with 409 and `__type`, gives
  latitude and longitude as text, cuts at 32,000 rows.
- The tables of 2011 to 2014 are empty there: those years exist as files only.
- Newer snapshots of the old tables are 4 or 5 hours early (reading/early_hours.py): corrected
  where the city's file has `early_hours`, else only noticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, TypeGuard

from pydantic import AfterValidator, Field

from data_sync.reading.base import Answer, Cursor, Fetch, Page, Row
from data_sync.reading.by_number import CASES_A_WEEK, pages_by_number
from data_sync.reading.columns import (
    CaseColumns,
    RowRules,
    canonical_name,
    canonical_row,
    parse_columns,
)
from data_sync.reading.csv_files import CsvFormat, CsvTable, tables_of_path
from data_sync.reading.early_hours import CLOSED, HOURS, REASON, EarlyTables, EarlyTimes
from data_sync.reading.http_answers import parse_json, require_same_host, require_success
from data_sync.reading.nothing import words_for_nothing
from data_sync.reading.quoting import quote_name, quote_text
from data_sync.reading.source_table import NamesTable, Statuses, read_source_table
from data_sync.reading.tables import Look, pages_of_tables, require_columns
from data_sync.reading.times import US_FORMAT, CityTimes
from data_sync.reading.values import to_text
from data_sync.reading.walk import Clock, KeysetWalk, PageRequest, Reply
from portal.domain.case import CaseRecord
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.sync_notes import CORRECTED_HOURS, EARLY_HOURS
from portal.errors import SourceError
from portal.jurisdictions.city_file import Table
from portal.jurisdictions.faults import BadValue
from portal.jurisdictions.values import Text

PAGE_ROWS = 10_000
# The city refreshes once a day, and a past year's table hardly changes: no need to ask more often.
REST_OF_CURRENT, REST_OF_PAST = timedelta(minutes=15), timedelta(hours=24)
_NOT_KEPT = ("_id", "_full_text", "geom_4326", HOURS)

OLD_COLUMNS = {
    "case_id": "case_enquiry_id",
    "service_name": "type",
    "service_group": "reason",
    "status": "case_status",
    "opened_at": "open_dt",
    "closed_at": "closed_dt",
    "target_at": ["sla_target_dt", "target_dt"],
    "on_time": ["on_time", "ontime", "ontime_status"],
    "title": "case_title",
    "department": "department",
    "queue": "queue",
    "channel": "source",
    "closure_reason": "closure_reason",
    "address": ["location", "location_street_name"],
    "zipcode": "location_zipcode",
    "lat": "latitude",
    "lon": "longitude",
    "neighborhood": "neighborhood",
    "district": "city_council_district",
    "ward": "ward",
    "photo_url": ["submitted_photo", "submittedphoto"],
    "closed_photo_url": ["closed_photo", "closedphoto"],
}
NEW_COLUMNS = {
    "case_id": "case_id",
    "service_name": "service_name",
    "service_group": "case_topic",
    "status": "case_status",
    "opened_at": "open_date",
    "closed_at": "close_date",
    "target_at": "target_close_date",
    "on_time": "on_time",
    "department": "assigned_department",
    "queue": "assigned_team",
    "channel": "report_source",
    # The comment is what a person wrote, the reason a word from a list: all we know without a
    # comment.
    "closure_reason": ["closure_comments", "closure_reason"],
    "address": "full_address",
    "zipcode": "zip_code",
    "lat": "latitude",
    "lon": "longitude",
    "neighborhood": "neighborhood",
    "district": "city_council_district",
    "ward": "ward",
    "photo_url": "submitted_photo",
    "closed_photo_url": "closed_photo",
}


def require_years(table: dict[str, str]) -> dict[str, str]:
    """The table itself if its keys are years."""
    for year in table:
        if not year.isdecimal():
            raise BadValue("{key} names {year!r}; a year looks like 2026", year=year)
    return table


class EarlyHoursTable(Table):
    """`[sources.early_hours]`: that early tables are to be corrected, and why."""

    why: Text


class BostonTable(NamesTable):
    """`kind = "boston"`."""

    url: Text
    new_system: Text
    years: Annotated[dict[str, Text], AfterValidator(require_years)]
    statuses: Statuses
    departments: dict[str, str] = Field(default_factory=dict)
    early_hours: EarlyHoursTable | None = None

    def rules(self) -> RowRules:
        """How the values of its rows are read."""
        naming = self.naming()
        departments = {**self.departments, **naming.renames.get("department", {})}
        renames = {**naming.renames, "department": departments}
        return RowRules(
            replace(naming, renames=renames), words_for_nothing(self.nothing), ignored=_NOT_KEPT
        )

    def tables_by_year(self) -> dict[int, str]:
        """The old system's tables."""
        return {int(year): table for year, table in self.years.items()}


@dataclass(frozen=True)
class System:
    """How the tables of one of the city's two case systems look."""

    columns: CaseColumns
    case_id: str
    opened: str
    closed: str
    zone_is_utc: bool


class BostonSource:
    """Boston's cases, live and from files."""

    cases_a_week = CASES_A_WEEK

    def __init__(
        self, city: Jurisdiction, table: dict[str, Any], fetch: Fetch, clock: Clock
    ) -> None:
        settings = read_source_table(city, BostonTable, table)
        self.name = settings.name
        self.city = city
        self._url = settings.url
        self._new_table = settings.new_system
        self._years = settings.tables_by_year()
        self._fetch = fetch
        self._clock = clock
        self._times = CityTimes(city.zone, (US_FORMAT,))
        early = EarlyTimes(city.zone, (US_FORMAT,)) if settings.early_hours else self._times
        self._hours_note = CORRECTED_HOURS if settings.early_hours else EARLY_HOURS
        old, self._early_columns, new = (
            CaseColumns(
                self.name, parse_columns(columns), settings.statuses, times, settings.rules()
            )
            for columns, times in (
                (OLD_COLUMNS, self._times),
                (OLD_COLUMNS, early),
                (NEW_COLUMNS, self._times),
            )
        )
        self._early = EarlyTables(self._times)
        self._old = System(old, "case_enquiry_id", "open_dt", "closed_dt", zone_is_utc=False)
        self._new = System(new, "case_id", "open_date", "close_date", zone_is_utc=True)

    def pages_updated_since(
        self, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Page]:
        """Rows opened or closed since the last run, the new system first, then the years backwards.

        A first run reads everything.
        """
        walk = KeysetWalk(
            source=self.name,
            ask=self._ask,
            position=lambda part, row: [to_text(row.get(self._system(part).case_id))],
            newest=lambda part, row: self._system(part).columns.newest_time(row, now),
            rest=lambda part: REST_OF_CURRENT if part in self._current(now) else REST_OF_PAST,
            clock=self._clock,
        )
        # A page of open cases tells no closing: what is known of its table comes from earlier ones.
        self._early = EarlyTables(self._times, (cursor or {}).get("early", ()))
        for page in walk.pages(self._tables(), cursor, since=since, now=now):
            early = {"early": sorted(self._early.names)} if self._early.names else {}
            known = {key: value for key, value in (page.cursor or {}).items() if key != "early"}
            yield replace(page, cursor=known | early)

    def pages_of_cases(self, source_ids: list[str], *, now: datetime) -> Iterator[Page]:
        """Those cases as they are now, from whichever table has them."""
        yield from pages_by_number(
            source_ids, self._tables(), self._ask_by_number, self.source_id_of, now
        )

    def pages_from_file(self, path: Path, *, now: datetime) -> Iterator[Page]:
        """Rows of a CSV, or of every CSV in a zip, of either system."""
        self._early = EarlyTables(self._times)
        yield from pages_of_tables(
            lambda: tables_of_path(path, CsvFormat()), self._columns_of, now, watch=self
        )

    def look_at(self, table: CsvTable, names: tuple[str, ...]) -> Look | None:
        """Learn from a file's rows whether their times are hours too early."""
        if REASON not in names or CLOSED not in names:
            return None
        reason, closed = names.index(REASON), names.index(CLOSED)

        def look(record: list[str]) -> None:
            if "Closed date" in record[reason]:
                self._early.look_at(table.name, record[reason], record[closed])

        return look

    def mark(self, table: CsvTable, row: dict[str, Any]) -> None:
        """Mark a row whose times are hours too early."""
        self._early.mark(table.name, row, self._hours_note)

    def to_case(self, row: Row, as_of: datetime) -> CaseRecord:
        """One row translated. Raises SourceError with the case, the field and the value."""
        if note := row.get(HOURS):
            case = self._early_columns.to_case(row, as_of)
            case.remarks = (note,)
            return case
        return self._system_of_row(row).columns.to_case(row, as_of)

    def source_id_of(self, row: Row) -> str | None:
        """The row's case id."""
        return self._system_of_row(row).columns.source_id_of(row)

    def _tables(self) -> list[str]:
        return [self._new_table, *(table for _, table in sorted(self._years.items(), reverse=True))]

    def _current(self, now: datetime) -> set[str]:
        """The tables that still change: the new system's, this year's and last year's."""
        recent = {table for year, table in self._years.items() if year >= now.year - 1}
        return {self._new_table} | recent

    def _system(self, table: str) -> System:
        return self._new if table == self._new_table else self._old

    def _system_of_row(self, row: Row) -> System:
        return self._new if self._new.opened in row else self._old

    def _columns_of(self, table: CsvTable) -> CaseColumns:
        names = {canonical_name(column) for column in table.columns}
        for system in (self._old, self._new):
            if system.case_id in names and not system.columns.missing(names):
                return system.columns
        system = self._new if self._new.opened in names else self._old
        require_columns(table, system.columns.missing(names))
        return system.columns

    def _ask(self, request: PageRequest) -> Reply:
        rows, is_cut = self._rows(request.part, self._sql(request))
        return Reply(rows, more=len(rows) >= PAGE_ROWS or is_cut)

    def _ask_by_number(self, table: str, case_ids: Sequence[str]) -> list[Row]:
        column = quote_name(self._system(table).case_id)
        numbers = ", ".join(map(quote_text, case_ids))
        sql = f"SELECT * FROM {quote_name(table)} WHERE {column} IN ({numbers})"
        rows, _ = self._rows(table, sql)
        return rows

    def _rows(self, table: str, sql: str) -> tuple[list[Row], bool]:
        """The answer's rows, and whether the city cut them short."""
        answer = self._fetch(self._url, params={"sql": sql})
        require_same_host(answer, self._url, self.name)
        result = _result(answer, self.name, table)
        rows = [canonical_row(row) for row in result["records"]]
        for row in rows:
            self._early.look_at(table, to_text(row.get(REASON)), to_text(row.get(CLOSED)))
        for row in rows:
            self._early.mark(table, row, self._hours_note)
        return list(rows), bool(result.get("records_truncated"))

    def _sql(self, request: PageRequest) -> str:
        system = self._system(request.part)
        terms = []
        if request.start is not None:
            terms.append(self._changed_since(request.start, system, request.with_open))
        if request.after is not None:
            terms.append(f"{quote_name(system.case_id)} > {quote_text(request.after[0])}")
        where = f" WHERE {' AND '.join(terms)}" if terms else ""
        order = f"ORDER BY {quote_name(system.case_id)} LIMIT {PAGE_ROWS}"
        return f"SELECT * FROM {quote_name(request.part)}{where} {order}"

    def _changed_since(self, start: datetime, system: System, with_open: bool) -> str:
        if system.zone_is_utc:
            text = start.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        else:
            text = self._times.local(start)
        columns = system.opened, system.closed
        terms = [f"{quote_name(column)} > {quote_text(text)}" for column in columns]
        if with_open:
            terms.append(f"{quote_name('case_status')} <> 'Closed'")
        return f"({' OR '.join(terms)})"


def _result(answer: Answer, source: str, table: str) -> dict[str, Any]:
    body = parse_json(answer, source)
    if isinstance(body, dict) and body.get("error"):
        error = body["error"]
        kind = error.get("__type") if isinstance(error, dict) else None
        raise SourceError(
            f"{source}: table {table}: the city answered {answer.status}: {kind or 'error'}: "
            f"{_error_words(error)}",
            reason="bad_answer",
        )
    require_success(answer, source)
    result = body.get("result") if isinstance(body, dict) else None
    if not _has_records(result):
        raise SourceError(
            f"{source}: table {table}: the answer has no records", reason="bad_answer"
        )
    return result


def _has_records(result: Any) -> TypeGuard[dict[str, Any]]:
    records = result.get("records") if isinstance(result, dict) else None
    return isinstance(records, list) and all(isinstance(row, dict) for row in records)


def _error_words(error: Any) -> str:
    if isinstance(error, dict):
        error = error.get("message") or error.get("query") or error
    return " ".join(to_text(error).split())[:200]
