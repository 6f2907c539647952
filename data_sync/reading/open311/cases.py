"""GeoReport service requests as cases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from data_sync.reading.base import Row
from data_sync.reading.times import CityTimes
from data_sync.reading.values import read_number, to_text
from portal.domain.case import CaseRecord, Status
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
    "parent_service_request_id",
    "title",
}


class CaseReader:
    """Translates the service requests of one source; times without an offset are the city's."""

    def __init__(self, source: str, times: CityTimes) -> None:
        self._source = source
        self._times = times

    def to_case(self, row: Row, as_of: datetime) -> CaseRecord:
        """One request translated. Raises SourceError with the case, the field and the value."""
        case_id = self._case_id(row)
        opened_at = self._time(row, "requested_datetime", case_id)
        if opened_at is None:
            raise SourceError(
                f"{self._source}: case {case_id}: no requested_datetime", reason="missing"
            )
        extended = row.get("extended_attributes")
        extended = extended if isinstance(extended, dict) else {}
        status, city_status = self._status(row, extended, case_id)
        updated_at = self._time(row, "updated_datetime", case_id) or as_of
        closed_at, provenance = self._closing(row, extended, status, opened_at, as_of)
        notes = _text(row, "status_notes")
        code = _text(row, "service_code") or _text(row, "service_name") or ""
        is_closed = status == "closed"
        return CaseRecord(
            source_id=case_id,
            case_id=case_id,
            service_code=code,
            service_name=_text(row, "service_name") or code,
            status=status,
            city_status=city_status,
            opened_at=opened_at,
            updated_at=min(max(updated_at, opened_at), max(as_of, opened_at)),
            closed_at=closed_at,
            close_provenance=provenance,
            target_at=self._time(row, "expected_datetime", case_id),
            department=_text(extended, "department") or _text(row, "agency_responsible"),
            queue=_text(extended, "queue"),
            channel=_text(extended, "channel"),
            title=_text(extended, "title"),
            address=_text(row, "address"),
            zipcode=_text(row, "zipcode"),
            lat=self._number(row, "lat", case_id),
            lon=self._number(row, "long", case_id),
            note=_text(row, "description"),
            closure_reason=(_text(extended, "closure_reason") or notes) if is_closed else None,
            photo_url=_media_url(row.get("media_url")),
            closed_photo_url=_media_url(extended.get("closed_media_url")),
            parent_id=_text(extended, "parent_service_request_id"),
            reference=_text(extended, "external_reference"),
            extra=_extra(row, extended, None if is_closed else notes),
        )

    def newest_time(self, row: Row, now: datetime) -> datetime | None:
        """When a request last changed, no later than now; None if that cannot be read."""
        for name in ("updated_datetime", "requested_datetime"):
            raw = _text(row, name)
            try:
                if raw is not None:
                    return min(self._times.read(raw), now)
            except ValueError:
                continue
        return None

    def _case_id(self, row: Row) -> str:
        case_id = _text(row, "service_request_id")
        if case_id is None:
            raise SourceError(
                f"{self._source}: a request without service_request_id: {to_text(dict(row))[:120]}",
                reason="no_id",
            )
        return case_id

    def _status(self, row: Row, extended: dict[str, Any], case_id: str) -> tuple[Status, str]:
        word, detail = _text(row, "status"), _text(extended, "detailed_status")
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

    def _closing(
        self,
        row: Row,
        extended: dict[str, Any],
        status: Status,
        opened_at: datetime,
        as_of: datetime,
    ) -> tuple[datetime | None, Any]:
        """When the case was closed, and how we know: the rule is in data_sync.sources.open311."""
        case_id = self._case_id(row)
        closed_at = self._time(extended, "closed_datetime", case_id)
        if closed_at is not None:
            return closed_at, "source"
        updated_at = self._time(row, "updated_datetime", case_id) if status == "closed" else None
        if updated_at is None:
            return None, None
        if opened_at - SAME_MOMENT <= updated_at < opened_at:
            return opened_at, "inferred"
        return min(updated_at, as_of), "inferred"

    def _time(self, row: Row, name: str, case_id: str) -> datetime | None:
        raw = _text(row, name)
        if raw is None:
            return None
        try:
            return self._times.read(raw)
        except ValueError as problem:
            raise SourceError(
                f"{self._source}: case {case_id}: {name} is {raw[:60]!r}: {problem}",
                reason="bad_time",
            ) from problem

    def _number(self, row: Row, name: str, case_id: str) -> float | None:
        raw = _text(row, name)
        return read_number(raw, f"{self._source}: case {case_id}: {name}")


def _status_of(word: str | None) -> Status | None:
    lower = (word or "").lower()
    if lower in _CLOSED:
        return "closed"
    if lower in _WORKED_ON:
        return "in_progress"
    return "open" if lower in _OPEN else None


def _text(row: Row, name: str) -> str | None:
    return to_text(row.get(name)).replace("\r\n", "\n").strip() or None


def _media_url(value: Any) -> str | None:
    """The first address: the value is an address, a list of addresses, or a list of {id, url}."""
    if isinstance(value, list):
        return next((url for item in value if (url := _media_url(item))), None)
    if isinstance(value, dict):
        return _media_url(value.get("url") or value.get("media_url"))
    return to_text(value).strip() or None


def _extra(row: Row, extended: dict[str, Any], status_notes: str | None) -> dict[str, str]:
    extra = {name: text for name in row if name not in _MAPPED and (text := _text(row, name))}
    extra |= {
        name: text
        for name in extended
        if name not in _MAPPED_EXTENSIONS and (text := _text(extended, name))
    }
    return extra | ({"status_notes": status_notes} if status_notes else {})
