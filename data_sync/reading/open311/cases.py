"""GeoReport service requests as cases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from data_sync.reading.base import Row
from data_sync.reading.labels import Naming
from data_sync.reading.nothing import NOTHING
from data_sync.reading.open311.notes import last_closing, public_notes, read_notes
from data_sync.reading.times import CityTimes, read_time
from data_sync.reading.values import read_number, read_zipcode, to_text
from portal.domain.case import DAY_ONLY, CaseRecord, Status
from portal.errors import SourceError

# Servers round and import: an update this little before its request is the request's own moment.
SAME_MOMENT = timedelta(minutes=1)
_CLOSED = {
    "closed",
    "fixed",
    "duplicate",
    "no_further_action",
    "not_councils_responsibility",
    "archived",
    "processed",
    "rejected",
}
_WORKED_ON = {
    "in_progress",
    "in progress",
    "investigating",
    "action_scheduled",
    "acknowledged",
    "assigned",
    "in_process",
    "planned",
}
_OPEN = {"open", "new", "confirmed", "reopened", "reopen", "received", "pending"}
_MAPPED = {
    "service_request_id",
    "service_code",
    "service_name",
    "status",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "agency_responsible",
    "description",
    "address",
    "zipcode",
    "lat",
    "long",
    "lon",
    "lng",
    "media_url",
    "status_notes",
    "extended_attributes",
    "notes",
    "token",
}
_MAPPED_EXTENSIONS = {
    "detailed_status",
    "closed_datetime",
    "department",
    "queue",
    "channel",
    "closure_reason",
    "closed_media_url",
    "external_reference",
    "notes",
    "parent_service_request_id",
    "title",
}


class CaseReader:
    """Translates the service requests of one source; times without an offset are the city's."""

    def __init__(
        self,
        source: str,
        times: CityTimes,
        naming: Naming = Naming(),  # noqa: B008 - it is frozen
        nothing: frozenset[str] = NOTHING,
    ) -> None:
        self._source = source
        self._times = times
        self._naming = naming
        self._nothing = nothing

    def to_case(self, row: Row, as_of: datetime) -> CaseRecord:
        """One request translated. Raises SourceError with the case, the field and the value.

        Only its id, status and requested_datetime are required: any other value that cannot be
        read is left out, and its field is in `unreadable`.
        """
        case_id = self._case_id(row)
        opened_at = self._opened_at(row, case_id)
        extended = row.get("extended_attributes")
        extended = extended if isinstance(extended, dict) else {}
        status, city_status = self._status(row, extended, case_id)
        reading = _Reading(self, row, extended)
        told_at = reading.time(row, "updated_datetime", "updated_at")
        updated_at = told_at or as_of
        closed_at, provenance = reading.closing(status, opened_at, told_at, as_of)
        is_closed = status == "closed"
        said = read_notes(row, extended, reading.note_time, self._nothing)
        reason = self.text(extended, "closure_reason") or self.text(row, "status_notes")
        reason = (reason or last_closing(said)) if is_closed else None
        name = self._label(row, "service_name")
        code = self.text(row, "service_code") or name or ""
        return CaseRecord(
            source_id=case_id,
            case_id=case_id,
            service_code=code,
            service_name=name or code,
            status=status,
            city_status=city_status,
            opened_at=opened_at,
            updated_at=min(max(updated_at, opened_at), max(as_of, opened_at)),
            closed_at=closed_at,
            close_provenance=provenance,
            target_at=reading.time(row, "expected_datetime", "target_at"),
            department=self._label(extended, "department")
            or self._label(row, "agency_responsible", "department"),
            queue=self._label(extended, "queue"),
            channel=self._label(extended, "channel"),
            title=self.text(extended, "title"),
            address=self.text(row, "address"),
            zipcode=read_zipcode(self.text(row, "zipcode"), self._times.zone.key),
            lat=reading.number("lat", "lat"),
            lon=reading.number("lon", "long", "lon", "lng"),
            note=self.text(row, "description"),
            closure_reason=reason,
            photo_url=self._media_url(row.get("media_url")),
            closed_photo_url=self._media_url(extended.get("closed_media_url")),
            parent_id=self.text(extended, "parent_service_request_id"),
            reference=self.text(extended, "external_reference"),
            notes=public_notes(said, None if is_closed else self.text(row, "status_notes")),
            day_only=reading.day_only | self.day_bit("opened_at", row, "requested_datetime"),
            unreadable=tuple(reading.unreadable),
            extra=self._extra(row, extended, is_closed),
        )

    def source_id_of(self, row: Row) -> str | None:
        """The request's id; None if it has only a token yet."""
        return self.text(row, "service_request_id")

    def read_time(self, text: str) -> datetime:
        """Aware UTC. Raises ValueError."""
        return self._times.read(text)

    def day_bit(self, name: str, row: Row, column: str) -> int:
        """The bit of DAY_ONLY for a time that can be read, if it is a day; 0 for any other."""
        return DAY_ONLY[name] if self._times.is_day(self.text(row, column) or "") else 0

    def text(self, row: Row, name: str) -> str | None:
        """A value as text; None for nothing, however the server writes it."""
        text = to_text(row.get(name)).replace("\r\n", "\n").strip()
        return None if not text or text in self._nothing else text

    def newest_time(self, row: Row, now: datetime) -> datetime | None:
        """When a request last changed, no later than now; None if that cannot be read."""
        for name in ("updated_datetime", "requested_datetime"):
            raw = self.text(row, name)
            try:
                if raw is not None:
                    return min(self._times.read(raw), now)
            except ValueError:
                continue
        return None

    def _case_id(self, row: Row) -> str:
        case_id = self.source_id_of(row)
        if case_id is None:
            said = f"a request without service_request_id: {to_text(dict(row))[:120]}"
            raise SourceError(f"{self._source}: {said}", reason="no_id")
        return case_id

    def _status(self, row: Row, extended: dict[str, Any], case_id: str) -> tuple[Status, str]:
        word, detail = self.text(row, "status"), self.text(extended, "detailed_status")
        status = _status_of(word)
        if status is None:
            raise SourceError(
                f"{self._source}: case {case_id}: status is {word!r}; "
                "GeoReport knows open and closed",
                reason="bad_status",
            )
        if status == "open" and _status_of(detail) == "in_progress":
            status = "in_progress"
        return status, detail or word or ""

    def _opened_at(self, row: Row, case_id: str) -> datetime:
        raw = self.text(row, "requested_datetime")
        if raw is None:
            raise SourceError(
                f"{self._source}: case {case_id}: no requested_datetime", reason="missing"
            )
        what = f"{self._source}: case {case_id}: requested_datetime"
        return read_time(self._times, raw, what)

    def _label(self, row: Row, name: str, field: str | None = None) -> str | None:
        written = self.text(row, name)
        return None if written is None else self._naming.name_of(field or name, written)

    def _media_url(self, value: Any) -> str | None:
        """The first address: the value is one, a list of addresses, or a list of {id, url}."""
        if isinstance(value, list):
            return next((url for item in value if (url := self._media_url(item))), None)
        if isinstance(value, dict):
            return self._media_url(value.get("url") or value.get("media_url"))
        return self.text({"": value}, "")

    def _extra(self, row: Row, extended: dict[str, Any], is_closed: bool) -> dict[str, str]:
        extra = {
            name: text for name in row if name not in _MAPPED and (text := self.text(row, name))
        }
        extra |= {
            name: text
            for name in extended
            if name not in _MAPPED_EXTENSIONS and (text := self.text(extended, name))
        }
        status_notes = None if is_closed else self.text(row, "status_notes")
        return extra | ({"status_notes": status_notes} if status_notes else {})


class _Reading:
    """The optional times and numbers of one request, and which of them could not be read."""

    def __init__(self, reader: CaseReader, row: Row, extended: Row) -> None:
        self.unreadable: list[str] = []
        self.day_only = 0
        self._reader = reader
        self._row = row
        self._extended = extended

    def closing(
        self, status: Status, opened_at: datetime, updated_at: datetime | None, as_of: datetime
    ) -> tuple[datetime | None, Any]:
        """When the case was closed, and how we know: the rule is in data_sync.sources.open311."""
        closed_at = self.time(self._extended, "closed_datetime", "closed_at")
        if closed_at is not None:
            return closed_at, "source"
        if status != "closed" or updated_at is None:
            return None, None
        self.day_only |= self._reader.day_bit("closed_at", self._row, "updated_datetime")
        if opened_at - SAME_MOMENT <= updated_at < opened_at:
            return opened_at, "inferred"
        return min(updated_at, as_of), "inferred"

    def time(self, row: Row, column: str, name: str) -> datetime | None:
        """A time of the request, or of its extension; `name` is the case's field."""
        raw = self._reader.text(row, column)
        if raw is None:
            return None
        try:
            moment = self._reader.read_time(raw)
        except ValueError:
            self._note(name)
            return None
        if name in DAY_ONLY:
            self.day_only |= self._reader.day_bit(name, row, column)
        return moment

    def note_time(self, raw: str) -> datetime | None:
        """When a note was written; None if that cannot be read."""
        try:
            return self._reader.read_time(raw)
        except ValueError:
            return None

    def number(self, name: str, *columns: str) -> float | None:
        """A coordinate, from the first of the columns that has one."""
        texts = (self._reader.text(self._row, column) for column in columns)
        raw = next(filter(None, texts), None)
        if raw is None:
            return None
        try:
            return read_number(raw)
        except ValueError:
            self._note(name)
            return None

    def _note(self, name: str) -> None:
        if name not in self.unreadable:
            self.unreadable.append(name)


def _status_of(word: str | None) -> Status | None:
    lower = (word or "").lower()
    if lower in _CLOSED:
        return "closed"
    if lower in _WORKED_ON:
        return "in_progress"
    return "open" if lower in _OPEN else None
