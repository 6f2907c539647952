"""Rows of named columns, translated to cases as a city's file maps them.

    opened_at = "Created Date"                                    # one column
    address = ["Address", ["Street", "Cross Street"]]             # tried in turn; joined with " & "

A column is found whatever its capitals, spaces and underscores: "Created Date", CREATED_DATE and
created_date have one name, `created_date`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from data_sync.reading.base import Row
from data_sync.reading.csv_files import PROBLEM
from data_sync.reading.times import CityTimes
from data_sync.reading.values import read_number, to_text
from portal.domain.case import STATUSES, CaseRecord, Status
from portal.errors import SourceError
from portal.jurisdictions.faults import BadValue

REQUIRED = ("case_id", "service_name", "status", "opened_at")
NO_TARGET = "9999"
"""The year that databases write for never."""
TEXTS = (
    "title",
    "address",
    "zipcode",
    "note",
    "closure_reason",
    "photo_url",
    "closed_photo_url",
    "reference",
    "parent_id",
)
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
_LABELS_KEPT, _HEADERS_KEPT = 20_000, 1_000
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
_NUMBERED = re.compile(r"(?:ward|district)?\s*0*([0-9]+)(?:\.0*)?", re.IGNORECASE)

Wanted = tuple[str | tuple[str, ...], ...]
"""Columns tried in turn; each is one name, or several that are joined."""


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


def columns_in(tries: Wanted) -> set[str]:
    """Every column that may be read."""
    return {name for names in tries for name in ([names] if isinstance(names, str) else names)}


def parse_statuses(table: Mapping[str, Any]) -> dict[str, Status]:
    """Our statuses by the city's words in lower case. Raises BadValue that names the word."""
    for word, status in table.items():
        if status not in STATUSES:
            raise BadValue(
                "{key}.{word!r} is {status!r}; use one of {statuses}",
                word=word,
                status=status,
                statuses=", ".join(STATUSES),
            )
    return {word.strip().lower(): cast(Status, status) for word, status in table.items()}


class CaseColumns:
    """Translates rows whose keys are canonical names.

    `renames` gives the labels of a field other names (department codes); `ignored` names columns
    that are not worth keeping.
    """

    def __init__(
        self,
        source: str,
        wanted: Mapping[str, Wanted],
        statuses: Mapping[str, Status],
        times: CityTimes,
        renames: Mapping[str, Mapping[str, str]] | None = None,
        ignored: Iterable[str] = (),
    ) -> None:
        self.wanted = wanted
        self.times = times
        self._source = source
        self._statuses = statuses
        used = {column for tries in wanted.values() for column in columns_in(tries)}
        self._not_extra = used | set(ignored) | {PROBLEM}
        self._texts = [(name, wanted[name]) for name in TEXTS if name in wanted]
        self._labels = [
            LabelReader(name, wanted[name], (renames or {}).get(name, {}))
            for name in ("service_name", *LABELS)
            if name in wanted
        ]
        self._extra_of: dict[tuple[str, ...], list[str]] = {}

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
        return first_value(row, self.key_columns)

    def to_case(
        self, row: Row, as_of: datetime, published_at: datetime | None = None
    ) -> CaseRecord:
        """One row translated. Raises SourceError with the case, the field and the value.

        It last changed at the later of its own time and `published_at`, or without either at
        `as_of`; never after `as_of`.
        """
        if PROBLEM in row:
            raise SourceError(f"{self._source}: {row[PROBLEM]}", reason="bad_row")
        case_id = self._needed(row, "case_id", "?")
        opened_at = self._time(row, "opened_at", case_id)
        if opened_at is None:
            raise SourceError(f"{self._source}: case {case_id}: no opened_at", reason="missing")
        city_status, status = self._status(row, case_id)
        closed_at = self._closed_at(row, case_id, opened_at)
        values: dict[str, Any] = {name: first_value(row, tries) for name, tries in self._texts}
        if address := values.get("address"):
            values["address"] = " ".join(address.split())
        for label in self._labels:
            values[label.field] = label.read(row)
        service_name = values.pop("service_name") or ""
        return CaseRecord(
            source_id=self.source_id_of(row) or case_id if "source_id" in self.wanted else case_id,
            case_id=case_id,
            service_code=self._raw(row, "service_code") or service_name,
            service_name=service_name,
            status=status,
            opened_at=opened_at,
            updated_at=self._updated_at(row, as_of, published_at, case_id),
            city_status=city_status,
            closed_at=closed_at,
            close_provenance=None if closed_at is None else "source",
            target_at=self._target_at(row, case_id),
            city_on_time=self._on_time(row),
            lat=self._number(row, "lat", case_id),
            lon=self._number(row, "lon", case_id),
            extra=self._extra(row),
            **values,
        )

    def newest_time(self, row: Row, now: datetime) -> datetime | None:
        """The latest of a row's own times that is not in the future; None if none can be read."""
        texts = [first_value(row, self.wanted[name]) for name in OWN_TIMES if name in self.wanted]
        return self.newest_of(texts, now)

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

    def _raw(self, row: Row, field: str) -> str | None:
        tries = self.wanted.get(field)
        return first_value(row, tries) if tries else None

    def _needed(self, row: Row, name: str, case_id: str) -> str:
        value = first_value(row, self.wanted[name])
        if value is None:
            reason = "no_id" if name == "case_id" else "missing"
            raise SourceError(f"{self._source}: case {case_id}: no {name}", reason=reason)
        return value

    def _time(self, row: Row, name: str, case_id: str) -> datetime | None:
        raw = self._raw(row, name)
        return None if raw is None else self._read_time(raw, name, case_id)

    def _read_time(self, raw: str, name: str, case_id: str) -> datetime:
        try:
            return self.times.read(raw)
        except ValueError as problem:
            raise SourceError(
                f"{self._source}: case {case_id}: {name} is {raw[:60]!r}: {problem}",
                reason="bad_time",
            ) from problem

    def _updated_at(
        self, row: Row, as_of: datetime, published_at: datetime | None, case_id: str
    ) -> datetime:
        own = self._time(row, "updated_at", case_id)
        latest = max((time for time in (own, published_at) if time is not None), default=as_of)
        return min(latest, as_of)

    def _target_at(self, row: Row, case_id: str) -> datetime | None:
        raw = self._raw(row, "target_at")
        if raw is None or raw.startswith(NO_TARGET):
            return None
        return self._read_time(raw, "target_at", case_id)

    def _closed_at(self, row: Row, case_id: str, opened_at: datetime) -> datetime | None:
        closed_at = self._time(row, "closed_at", case_id)
        if closed_at is None or closed_at >= opened_at:
            return closed_at
        second = self.times.read_second_pass(first_value(row, self.wanted["closed_at"]) or "")
        return second if second >= opened_at else closed_at

    def _status(self, row: Row, case_id: str) -> tuple[str, Status]:
        word = self._needed(row, "status", case_id)
        status = self._statuses.get(word.lower())
        if status is None:
            raise SourceError(
                f"{self._source}: case {case_id}: status is {word[:60]!r}, "
                "which the city's file does not name",
                reason="bad_status",
            )
        return word, status

    def _on_time(self, row: Row) -> bool | None:
        raw = self._raw(row, "on_time")
        return None if raw is None else _ON_TIME.get(raw.lower())

    def _number(self, row: Row, name: str, case_id: str) -> float | None:
        raw = self._raw(row, name)
        return read_number(raw, f"{self._source}: case {case_id}: {name}")

    def _extra(self, row: Row) -> dict[str, str]:
        """The columns that no field uses, in alphabetical order.

        Which ones these are is worked out once for each set of columns, not for each row.
        """
        columns = tuple(row)
        names = self._extra_of.get(columns)
        if names is None:
            if len(self._extra_of) > _HEADERS_KEPT:
                self._extra_of.clear()
            names = self._extra_of[columns] = sorted(
                name for name in columns if name not in self._not_extra
            )
        return {
            name: text
            for name in names
            if (value := row[name]) and (text := to_text(value)) and not text.isspace()
        }


def first_value(row: Row, tries: Wanted) -> str | None:
    """The first of the columns that is not blank, as stripped text.

    Joined columns count if all are filled.
    """
    for name in tries:
        if type(name) is str:
            value = row.get(name)
            if type(value) is str:
                if text := value.strip():
                    return text
            elif value is not None and (text := to_text(value).strip()):
                return text
        elif all(parts := [to_text(row.get(part)).strip() for part in name]):
            return " & ".join(parts)
    return None


class LabelReader:
    """Reads a label and tidies it, once for each spelling.

    A page then has one string for each label, not ten thousand.
    """

    def __init__(self, field: str, tries: Wanted, renames: Mapping[str, str]) -> None:
        self.field = field
        self._tries = tries
        self._renames = renames
        self._single = tries[0] if len(tries) == 1 and type(tries[0]) is str else ""
        self._known: dict[str, str | None] = {}

    def read(self, row: Row) -> str | None:
        """The label; None if it is blank."""
        raw = row.get(self._single)
        if type(raw) is not str:
            raw = first_value(row, self._tries) or ""
        try:
            return self._known[raw]
        except KeyError:
            return self._learn(raw)

    def _learn(self, raw: str) -> str | None:
        if len(self._known) > _LABELS_KEPT:
            self._known.clear()
        label = " ".join(raw.split())
        is_numbered = self.field in ("district", "ward")
        named = bare_number(label) if is_numbered else self._renames.get(label, label)
        self._known[raw] = named or None
        return self._known[raw]


def _any_in(tries: Wanted, there: set[str]) -> bool:
    return any(columns_in((names,)) <= there for names in tries)


def _name_of_first(tries: Wanted) -> str:
    return tries[0] if isinstance(tries[0], str) else " & ".join(tries[0])


def bare_number(label: str) -> str | None:
    """A ward or district by its bare number: 'Ward 03', '3' and '3.0' are '3'; other names stay.

    None for '0', which is how cities write none.
    """
    match = _NUMBERED.fullmatch(label)
    if not match:
        return label
    return None if match[1] == "0" else match[1]
