"""Rows of named columns, translated to cases as a city's file maps them.

A column is found whatever its capitals, spaces and underscores: "Created Date", CREATED_DATE and created_date are one name,
`created_date`. The map gives each field of a case one column, or several that are tried in turn; a list inside the list is
joined with " & " (a street corner).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from data_sync.sources.base import Row
from data_sync.sources.files import PROBLEM
from data_sync.sources.times import CityTimes
from portal.domain.case import STATUSES, CaseRecord, Status
from portal.errors import SettingsError, SourceError

REQUIRED = ("case_id", "service_name", "status", "opened_at")
NO_TARGET = "9999"  # the year databases write for never
TEXTS = ("title", "address", "zipcode", "note", "closure_reason", "photo_url", "closed_photo_url", "reference")
LABELS = ("service_group", "department", "queue", "channel", "neighborhood", "district", "ward")
FIELDS = (*REQUIRED, "source_id", "service_code", "updated_at", "closed_at", "target_at", "on_time", "lat", "lon", *TEXTS, *LABELS)
_LABELS_KEPT = 20_000
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
_NUMBERED = re.compile(r"(?:ward|district)?\s*0*([0-9]+)(?:\.0)?", re.IGNORECASE)

Wanted = tuple[tuple[str, ...], ...]
"""Columns tried in turn; each is one name, or several to be joined."""


@lru_cache(maxsize=4096)
def canonical(name: str) -> str:
    """The name a column goes by: lower case, one underscore for whatever is no letter or digit. Socrata's own `:id` keeps its colon."""
    return name if name.startswith(":") else re.sub(r"[^0-9a-z]+", "_", name.lower()).strip("_")


def canonical_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row with its columns under their canonical names."""
    return {canonical(name): value for name, value in row.items()}


def wanted_columns(table: Mapping[str, Any], where: str) -> dict[str, Wanted]:
    """The map of a city's file, checked. Raises SettingsError naming the file and the key."""
    if unknown := set(table) - set(FIELDS):
        raise SettingsError(f"{where}: columns has an unknown field {min(unknown)!r}; fields are {', '.join(FIELDS)}")
    if missing := [name for name in REQUIRED if name not in table]:
        raise SettingsError(f"{where}: columns lacks {missing[0]!r}")
    return {name: _wanted(value, f"{where}: columns.{name}") for name, value in table.items()}


def _wanted(value: Any, where: str) -> Wanted:
    tries = value if isinstance(value, list) else [value]
    joined = [names if isinstance(names, list) else [names] for names in tries]
    if not joined or not all(names and all(isinstance(name, str) and name for name in names) for names in joined):
        raise SettingsError(f"{where} is {value!r}; write a column's name, or a list of names")
    return tuple(tuple(canonical(name) for name in names) for names in joined)


def status_words(table: Mapping[str, Any], where: str) -> dict[str, Status]:
    """The city's words for a status, in lower case. Raises SettingsError naming the file and the word."""
    for word, status in table.items():
        if status not in STATUSES:
            raise SettingsError(f"{where}: statuses.{word!r} is {status!r}; use one of {', '.join(STATUSES)}")
    return {word.strip().lower(): cast(Status, status) for word, status in table.items()}


class CaseColumns:
    """Translates rows whose keys are canonical names.

    `renames` gives a label of a field another name (department codes), `ignored` names columns that are not worth keeping.
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
        self.wanted, self.times = wanted, times
        self._source, self._statuses = source, statuses
        used = {column for tries in wanted.values() for names in tries for column in names}
        self._not_extra = used | set(ignored) | {PROBLEM}
        self._texts = [(name, wanted[name]) for name in TEXTS if name in wanted]
        self._labels = [(name, wanted[name], self._label_reader(name, (renames or {}).get(name, {}))) for name in LABELS if name in wanted]
        self._names = self._label_reader("service_name", {})

    def missing(self, columns: Iterable[str], fields: Iterable[str] = REQUIRED) -> list[str]:
        """First-choice columns of those fields for which a header holds none."""
        there = {canonical(column) for column in columns}
        return [
            self.wanted[name][0][0]
            for name in fields
            if name in self.wanted and not any(set(names) <= there for names in self.wanted[name])
        ]

    def source_id_of(self, row: Row) -> str | None:
        """The row's own key, even of a row that cannot be translated."""
        return self._value(row, self.wanted.get("source_id") or self.wanted["case_id"])

    def to_case(self, row: Row, as_of: datetime, published_at: datetime | None = None) -> CaseRecord:
        """One row translated. It last changed at the later of its own time and `published_at`, or else at `as_of`, and never after that.

        Raises SourceError with the case, the field and the value.
        """
        if PROBLEM in row:
            raise SourceError(f"{self._source}: {row[PROBLEM]}", reason="bad_row")
        case_id = self._needed(row, "case_id", "?")
        opened_at = self._time(row, "opened_at", case_id)
        if opened_at is None:
            raise SourceError(f"{self._source}: case {case_id}: no opened_at", reason="missing")
        service_name = self._names(self._value(row, self.wanted["service_name"]) or "") or ""
        city_status, status = self._status(row, case_id)
        closed_at = self._closed_at(row, case_id, opened_at)
        values: dict[str, Any] = {name: self._value(row, tries) for name, tries in self._texts}
        for name, tries, read in self._labels:
            raw = self._value(row, tries)
            values[name] = None if raw is None else read(raw)
        return CaseRecord(
            source_id=self.source_id_of(row) or case_id,
            case_id=case_id,
            service_code=self._code(row) or service_name,
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
            extra={key: plain(value) for key, value in row.items() if value and key not in self._not_extra and value != " "},
            **values,
        )

    def newest_time(self, row: Row, now: datetime) -> datetime | None:
        """The latest of a row's own times that is not in the future; None where it has none that can be read."""
        newest = None
        for name in ("opened_at", "closed_at", "updated_at"):
            raw = self._value(row, self.wanted[name]) if name in self.wanted else None
            if raw is None:
                continue
            try:
                moment = self.times.read(raw)
            except ValueError:
                continue
            if moment <= now and (newest is None or moment > newest):
                newest = moment
        return newest

    def _value(self, row: Row, tries: Wanted) -> str | None:
        for names in tries:
            if len(names) == 1:
                value = row.get(names[0])
                if value is not None and (text := value.strip() if type(value) is str else plain(value)):
                    return text
            elif all(parts := [plain(row.get(name)).strip() for name in names]):
                return " & ".join(parts)
        return None

    def _needed(self, row: Row, name: str, case_id: str) -> str:
        value = self._value(row, self.wanted[name])
        if value is None:
            raise SourceError(f"{self._source}: case {case_id}: no {name}", reason="no_id" if name == "case_id" else "missing")
        return value

    def _code(self, row: Row) -> str | None:
        return self._value(row, self.wanted["service_code"]) if "service_code" in self.wanted else None

    def _time(self, row: Row, name: str, case_id: str) -> datetime | None:
        if name not in self.wanted or (raw := self._value(row, self.wanted[name])) is None:
            return None
        try:
            return self.times.read(raw)
        except ValueError as problem:
            raise SourceError(f"{self._source}: case {case_id}: {name} is {raw[:60]!r}: {problem}", reason="bad_time") from problem

    def _updated_at(self, row: Row, as_of: datetime, published_at: datetime | None, case_id: str) -> datetime:
        own = self._time(row, "updated_at", case_id)
        latest = max((moment for moment in (own, published_at) if moment is not None), default=as_of)
        return min(latest, as_of)

    def _target_at(self, row: Row, case_id: str) -> datetime | None:
        if "target_at" not in self.wanted or (self._value(row, self.wanted["target_at"]) or NO_TARGET).startswith(NO_TARGET):
            return None
        return self._time(row, "target_at", case_id)

    def _closed_at(self, row: Row, case_id: str, opened_at: datetime) -> datetime | None:
        closed_at = self._time(row, "closed_at", case_id)
        if closed_at is None or closed_at >= opened_at:
            return closed_at
        second = self.times.second_pass(self._value(row, self.wanted["closed_at"]) or "")
        return second if second >= opened_at else closed_at

    def _status(self, row: Row, case_id: str) -> tuple[str, Status]:
        word = self._needed(row, "status", case_id)
        status = self._statuses.get(word.lower())
        if status is None:
            raise SourceError(
                f"{self._source}: case {case_id}: status is {word[:60]!r}, which the city's file does not name", reason="bad_status"
            )
        return word, status

    def _on_time(self, row: Row) -> bool | None:
        raw = self._value(row, self.wanted["on_time"]) if "on_time" in self.wanted else None
        return None if raw is None else _ON_TIME.get(raw.lower())

    def _number(self, row: Row, name: str, case_id: str) -> float | None:
        raw = self._value(row, self.wanted[name]) if name in self.wanted else None
        if raw is None:
            return None
        try:
            number = float(raw)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise SourceError(f"{self._source}: case {case_id}: {name} is {raw[:60]!r}, not a number", reason="bad_number")
        return number

    @staticmethod
    def _label_reader(name: str, renames: Mapping[str, str]) -> Callable[[str], str | None]:
        """A function that tidies a label, once for each spelling: a page then holds one string per label, not ten thousand."""
        known: dict[str, str | None] = {}

        def read(raw: str) -> str | None:
            try:
                return known[raw]
            except KeyError:
                if len(known) > _LABELS_KEPT:
                    known.clear()
                label = " ".join(raw.split())
                known[raw] = numbered(label) if name in ("district", "ward") else renames.get(label, label)
                return known[raw]

        return read


def numbered(label: str) -> str | None:
    """A ward or district by its bare number: 'Ward 03', '3', '3.0' → '3'; '0' is how cities write none; names stay."""
    match = _NUMBERED.fullmatch(label)
    if not match:
        return label
    return None if match[1] == "0" else match[1]


def plain(value: Any) -> str:
    """A value of a row as text: numbers without a needless '.0', lists and objects as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, (dict, list, bool)) else str(value)
