"""Rows of named columns, translated to cases as a city's file maps them.

    opened_at = "Created Date"                                    # one column
    address = ["Address", ["Street", "Cross Street"]]             # tried in turn; joined with " & "

A column is found whatever its capitals, spaces and underscores: "Created Date", CREATED_DATE and
created_date have one name, `created_date`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal, cast

from data_sync.reading.base import Row
from data_sync.reading.csv_files import PROBLEM
from data_sync.reading.headers import TEXTS, Header, columns_in
from data_sync.reading.labels import LabelReader, Naming, Wanted, first_value
from data_sync.reading.nothing import NOTHING
from data_sync.reading.times import CityTimes, read_time
from data_sync.reading.values import read_case_number, read_number, read_zipcode, to_text
from portal.domain.case import DAY_ONLY, STATUSES, CaseRecord, Status
from portal.errors import SourceError
from portal.jurisdictions.faults import BadValue

REQUIRED = ("case_id", "service_name", "status", "opened_at")
NO_TARGET = "9999"
"""The year that databases write for never."""
FIRST_YEAR = 1900
"""The year that databases write for nothing."""
LABELS = ("service_group", "department", "queue", "channel", "neighborhood", "district", "ward")
FIELDS = (
    *REQUIRED,
    "source_id",
    "service_code",
    "updated_at",
    "closed_at",
    "target_at",
    "on_time",
    "lat",
    "lon",
    *TEXTS,
    *LABELS,
)
OWN_TIMES = ("opened_at", "closed_at", "updated_at")
TIMES = (*OWN_TIMES, "target_at")
HIDDEN = "hidden"
"""What a city's file says of a status whose rows are not public: TO BE DELETED."""
_HEADERS_KEPT = 1_000
_NOT_GIVEN = frozenset(("N/A", "n/a", "NA", "na", "N.A.", "#N/A"))
"""What a person writes into a column of times or numbers. It is counted, as a NULL is not."""
_ON_TIME = {
    "ontime": True,
    "on time": True,
    "yes": True,
    "true": True,
    "y": True,
    "overdue": False,
    "no": False,
    "false": False,
    "n": False,
}

ListedStatus = Status | Literal["hidden"]


@lru_cache(maxsize=4096)
def canonical_name(name: str) -> str:
    """The name a column goes by: lower case, one underscore for anything but letters and digits.

    Socrata's own `:id` keeps its colon.
    """
    return name if name.startswith(":") else re.sub(r"[^0-9a-z]+", "_", name.lower()).strip("_")


def canonical_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its columns under their canonical names."""
    return {canonical_name(name): value for name, value in row.items()}


def parse_columns(table: Mapping[str, Any]) -> dict[str, Wanted]:
    """The map of columns in a city's file. Raises BadValue that names the field."""
    if unknown := set(table) - set(FIELDS):
        raise BadValue(
            "{key} has an unknown field {field!r}; fields are {fields}",
            field=min(unknown),
            fields=", ".join(FIELDS),
        )
    if missing := [name for name in REQUIRED if name not in table]:
        raise BadValue("{key} lacks {field!r}", field=missing[0])
    return {field: _parse_tries(field, written) for field, written in table.items()}


def _parse_tries(field: str, written: Any) -> Wanted:
    tries = written if isinstance(written, list) else [written]
    for names in tries or [None]:
        parts = names if isinstance(names, list) else [names]
        if not parts or not all(isinstance(name, str) and name for name in parts):
            raise BadValue(
                "{key}.{field} is {written!r}; write a column's name, or a list of names",
                field=field,
                written=written,
            )
    return tuple(
        tuple(map(canonical_name, names)) if isinstance(names, list) else canonical_name(names)
        for names in tries
    )


def parse_statuses(table: Mapping[str, Any]) -> dict[str, ListedStatus]:
    """Our statuses by the city's words in lower case. Raises BadValue that names the word."""
    for word, status in table.items():
        if status not in (*STATUSES, HIDDEN):
            raise BadValue(
                "{key}.{word!r} is {status!r}; use one of {statuses}",
                word=word,
                status=status,
                statuses=", ".join((*STATUSES, HIDDEN)),
            )
    return {word.strip().lower(): cast(ListedStatus, status) for word, status in table.items()}


@dataclass(frozen=True)
class RowRules:
    """How the values of a row are read, apart from its times."""

    naming: Naming = Naming()
    nothing: frozenset[str] = NOTHING
    """Words that mean nothing."""
    days: frozenset[str] = frozenset()
    """Times that are days, although the city writes them with an hour of 00:00."""
    ignored: Iterable[str] = ()
    """Columns that are not worth keeping."""


class CaseColumns:
    """Translates rows whose keys are canonical names."""

    def __init__(
        self,
        source: str,
        wanted: Mapping[str, Wanted],
        statuses: Mapping[str, ListedStatus],
        times: CityTimes,
        rules: RowRules = RowRules(),  # noqa: B008 - it is frozen
    ) -> None:
        self.wanted = wanted
        self.times = times
        self._source = source
        self._statuses = statuses
        self._rules = rules
        self._nothing = rules.nothing
        self.has_days = bool(rules.days)
        used = {column for tries in wanted.values() for column in columns_in(tries)}
        self._not_extra = used | set(rules.ignored) | {PROBLEM}
        renamed = {*rules.naming.renames, *rules.naming.strip, *rules.naming.calm}
        self._named_texts = [name for name in TEXTS if name in wanted and name in renamed]
        self._labels = [
            LabelReader(name, wanted[name], rules.naming, rules.nothing)
            for name in ("service_name", *LABELS)
            if name in wanted
        ]
        self._reading = _Reading(self, rules.nothing)
        self._headers: dict[tuple[str, ...], Header] = {}

    @property
    def key_columns(self) -> Wanted:
        """The columns with the row's own key."""
        return self.wanted.get("source_id") or self.wanted["case_id"]

    def missing(self, columns: Iterable[str], fields: Iterable[str] = REQUIRED) -> list[str]:
        """The first-choice columns of those fields for which a header has no column."""
        there = {canonical_name(column) for column in columns}
        lacking = [
            self.wanted[name]
            for name in fields
            if name in self.wanted and not _any_in(self.wanted[name], there)
        ]
        return [_name_of_first(tries) for tries in lacking]

    def source_id_of(self, row: Row) -> str | None:
        """The row's own key, even of a row that cannot be translated."""
        key = first_value(row, self.key_columns, self._nothing)
        try:
            return None if key is None else self._case_number(key)
        except SourceError:
            return key

    def to_case(
        self, row: Row, as_of: datetime, published_at: datetime | None = None
    ) -> CaseRecord:
        """One row translated. Raises SourceError with the case, the field and the value.

        Only the number, the type, the status and the opening are required: any other value that
        cannot be read is left out, and its field is in `unreadable`. The case last changed at the
        later of its own time and `published_at`, or without either at `as_of`; never after `as_of`.
        """
        if PROBLEM in row:
            raise SourceError(f"{self._source}: {row[PROBLEM]}", reason="bad_row")
        reading = self._begin(row)
        case_id = self._case_number(self._needed("case_id", "?"))
        opened = self._needed("opened_at", case_id)
        opened_at = read_time(self.times, opened, f"{self._source}: case {case_id}: opened_at")
        city_status, status = self._status(case_id)
        closed_at = reading.closed_at(opened_at)
        values: dict[str, Any] = {name: reading.text(name) for name in reading.header.texts}
        if address := values.get("address"):
            values["address"] = " ".join(address.split())
        for name in self._named_texts:
            values[name] = self._rules.naming.name_of(name, values.get(name) or "") or None
        if zipcode := values.get("zipcode"):
            values["zipcode"] = read_zipcode(zipcode, self.times.zone.key)
        for label in self._labels:
            values[label.field] = label.read(row)
        service_name = values.pop("service_name") or ""
        source_id = reading.text("source_id")
        lat, lon = reading.number("lat"), reading.number("lon")
        return CaseRecord(
            source_id=self._case_number(source_id) if source_id else case_id,
            case_id=case_id,
            service_code=reading.text("service_code") or service_name,
            service_name=service_name,
            status=_status_of_hidden(closed_at) if status == HIDDEN else status,
            opened_at=opened_at,
            updated_at=reading.updated_at(as_of, published_at),
            city_status=city_status,
            closed_at=closed_at,
            close_provenance=None if closed_at is None else "source",
            target_at=reading.target_at(),
            city_on_time=self._on_time(),
            lat=lat,
            lon=lon,
            is_public=status != HIDDEN,
            day_only=reading.day_only | self.day_bit("opened_at", opened, opened_at),
            unreadable=reading.unreadable,
            extra=self._extra(row, reading.header.extra),
            **values,
        )

    def newest_time(self, row: Row, now: datetime) -> datetime | None:
        """The latest of a row's own times that is not in the future; None if none can be read."""
        reading = self._begin(row)
        return self.newest_of([reading.text(name) for name in OWN_TIMES], now)

    def newest_of(self, texts: Iterable[str | None], now: datetime) -> datetime | None:
        """The latest of these times that is not in the future."""
        newest = None
        for text in texts:
            try:
                moment = self.times.read(text) if text else None
            except ValueError:
                continue
            if moment is not None and moment <= now and (newest is None or moment > newest):
                newest = moment
        return newest

    def _begin(self, row: Row) -> _Reading:
        """Go on with this row.

        What its columns tell is worked out once for each set of columns, not for each row.
        """
        columns = tuple(row)
        header = self._headers.get(columns)
        if header is None:
            if len(self._headers) > _HEADERS_KEPT:
                self._headers.clear()
            header = self._headers[columns] = Header.of(columns, self.wanted, self._not_extra)
        self._reading.begin(row, header)
        return self._reading

    def _needed(self, name: str, case_id: str) -> str:
        value = self._reading.text(name)
        if value is None:
            reason = "no_id" if name == "case_id" else "missing"
            raise SourceError(f"{self._source}: case {case_id}: no {name}", reason=reason)
        return value

    def _case_number(self, text: str) -> str:
        return read_case_number(text, f"{self._source}: the number of a case")

    def day_bit(self, name: str, raw: str, moment: datetime) -> int:
        """The bit of DAY_ONLY for a time that is a day; 0 for any other."""
        if ":" in raw and name not in self._rules.days:
            return 0
        is_day = self.times.is_day(raw) or (
            name in self._rules.days and moment == self.times.start_of_day(moment)
        )
        return DAY_ONLY[name] if is_day else 0

    def _status(self, case_id: str) -> tuple[str, ListedStatus]:
        word = self._needed("status", case_id)
        status = self._statuses.get(word.lower())
        if status is None:
            raise SourceError(
                f"{self._source}: case {case_id}: status is {word[:60]!r}, "
                "which the city's file does not name",
                reason="bad_status",
            )
        return word, status

    def _on_time(self) -> bool | None:
        raw = self._reading.text("on_time")
        return None if raw is None else _ON_TIME.get(raw.lower())

    def _extra(self, row: Row, names: list[str]) -> dict[str, str]:
        """The columns that no field uses."""
        return {
            name: text
            for name in names
            if (value := row[name])
            and (text := value if type(value) is str else to_text(value))
            and not text.isspace()
            and text not in self._nothing
        }


_NO_WORDS: frozenset[str] = frozenset()


class _Reading:
    """The values of a row, and which of its optional times and numbers could not be read.

    One for all rows, in turn: to make one for each cost a tenth of the time of reading.
    """

    def __init__(self, columns: CaseColumns, nothing: frozenset[str]) -> None:
        self.unreadable: tuple[str, ...] = ()
        self.day_only = 0
        self.header = Header({}, {}, [], [])
        self._columns = columns
        self._nothing = nothing
        self._row: Row = {}

    def begin(self, row: Row, header: Header) -> None:
        """Go on with this row."""
        self._row = row
        self.header = header
        self.day_only = 0
        self.unreadable = ()

    def text(self, name: str) -> str | None:
        """What is written in a field, as stripped text; None for nothing."""
        column = self.header.single.get(name)
        if column is not None:
            value = self._row[column]
            if type(value) is str:
                text = value.strip()
                return text if text and text not in self._nothing else None
        tries = self.header.tries.get(name)
        return first_value(self._row, tries, self._nothing) if tries else None

    def _optional(self, name: str) -> str | None:
        """What is written in a field of times or numbers, "N/A" included; None for nothing."""
        text = self.text(name)
        if text is None and (tries := self.header.tries.get(name)):
            text = first_value(self._row, tries, _NO_WORDS)
            return text if text in _NOT_GIVEN else None
        return text

    def closed_at(self, opened_at: datetime) -> datetime | None:
        """The closing; in the hour that clocks show twice, the one that is not before opening."""
        raw = self._optional("closed_at")
        closed_at = self._time("closed_at", raw)
        if raw is None or closed_at is None or closed_at >= opened_at:
            return closed_at
        second = self._columns.times.read_second_pass(raw)
        return second if second >= opened_at else closed_at

    def target_at(self) -> datetime | None:
        """The deadline; None for never."""
        raw = self._optional("target_at")
        return None if raw is None or NO_TARGET in raw else self._time("target_at", raw)

    def updated_at(self, as_of: datetime, published_at: datetime | None) -> datetime:
        """When the row last changed, no later than `as_of`."""
        raw = self._optional("updated_at")
        own = self._time("updated_at", raw)
        if own is None or (published_at is not None and published_at > own):
            own = published_at
        return as_of if own is None or own > as_of else own

    def number(self, name: str) -> float | None:
        """A coordinate."""
        raw = self._optional(name)
        if raw is None:
            return None
        try:
            return read_number(raw)
        except ValueError:
            self.unreadable += (name,)
            return None

    def _time(self, name: str, raw: str | None) -> datetime | None:
        if raw is None:
            return None
        try:
            moment = self._columns.times.read(raw)
        except ValueError:
            self.unreadable += (name,)
            return None
        if moment.year <= FIRST_YEAR:  # how some databases write nothing
            return None
        if name in DAY_ONLY and (":" not in raw or self._columns.has_days):
            self.day_only |= self._columns.day_bit(name, raw, moment)
        return moment


def _status_of_hidden(closed_at: datetime | None) -> Status:
    return "open" if closed_at is None else "closed"


def _any_in(tries: Wanted, there: set[str]) -> bool:
    return any(columns_in((names,)) <= there for names in tries)


def _name_of_first(tries: Wanted) -> str:
    return tries[0] if isinstance(tries[0], str) else " & ".join(tries[0])
