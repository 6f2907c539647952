"""What every record passes on its way in, whatever its source: tidy texts, possible times, a place that is one.

A record that cannot be used at all raises SourceError and goes to quarantine. One that contradicts itself is kept, with a flag for each
contradiction, and what cannot be true is not counted with: no place outside the city, no days to close that are negative.
"""

from __future__ import annotations

import math
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from portal.domain.areas import Areas
from portal.domain.case import CONTRADICTIONS, STATUSES, CaseRecord
from portal.domain.clean_record import CleanRecord, content_hash
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.tidy import tidy
from portal.errors import SourceError

EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
LATEST_YEARS = 100
FUTURE_TOLERANCE = timedelta(days=1)
"""Clocks and time zones go wrong by hours, not by days."""

LONGEST = {
    "source_id": 100, "case_id": 100, "service_code": 200, "service_name": 200, "service_group": 200, "city_status": 200, "department": 200,
    "queue": 200, "channel": 200, "zipcode": 100, "neighborhood": 200, "district": 100, "ward": 100, "reference": 100, "title": 500,
    "parent_id": 100, "address": 500, "note": 10_000, "closure_reason": 10_000, "photo_url": 2_000, "closed_photo_url": 2_000,
}  # fmt: skip
"""Characters kept of each text. An id that is longer is refused, any other text is cut with an ellipsis."""
SHORTEST_LIMIT = min(LONGEST.values())
LONGEST_EXTRA = 2_000
MOST_EXTRAS = 200
UNKNOWN_SERVICE = "Not stated"
QUARTER = 900

_LINES = frozenset({"note", "closure_reason"})
_FIELDS = tuple(field.name for field in fields(CaseRecord))
_TEXTS = tuple(name for name in _FIELDS if name in LONGEST)
_fields_of, _texts_of = attrgetter(*_FIELDS), attrgetter(*_TEXTS)
_lines_of = attrgetter(*(name for name in _TEXTS if name not in _LINES))


def clean(record: CaseRecord, city: Jurisdiction, now: datetime) -> CleanRecord:
    """The record, tidied and checked. Raises SourceError with the case, the field and the value where it cannot be used."""
    if not _is_tidy(record):
        record = _changed(record, _tidy_texts(record))
    _require_key(city, record)
    _require_times(city, record, now)
    contradictions, changes = _contradictions(record, city, now)
    if changes:
        record = _changed(record, changes)
    return _with_counts(record, city, contradictions)


def _is_tidy(record: CaseRecord) -> bool:
    """Whether all texts are as `tidy` would leave them: one look at all of them together, since most records are."""
    lines = [text for text in _lines_of(record) if text is not None]
    joined = "|".join(lines)
    return (
        joined.isprintable()
        and "  " not in joined
        and " |" not in joined
        and "| " not in joined
        and joined[:1] != " "
        and joined[-1:] != " "
        and "" not in lines
        and max(map(len, lines)) <= SHORTEST_LIMIT
        and _is_tidy_text(record.note)
        and _is_tidy_text(record.closure_reason)
        and len(record.extra) <= MOST_EXTRAS
        and sum(map(len, record.extra.values())) <= LONGEST_EXTRA
    )


def _is_tidy_text(text: str | None) -> bool:
    return text is None or (
        text.isprintable() and text == text.strip() and 0 < len(text) <= LONGEST["note"]
    )


def _tidy_texts(record: CaseRecord) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name, text in zip(_TEXTS, _texts_of(record), strict=True):
        if text is not None:
            # An id is refused when it is too long, so that the cut must not hide it.
            changes[name] = tidy(
                text, LONGEST[name] + (name in ("source_id", "case_id")), name in _LINES
            )
    if record.extra:
        changes["extra"] = {
            key: value[:LONGEST_EXTRA] for key, value in list(record.extra.items())[:MOST_EXTRAS]
        }
    return changes


def _changed(record: CaseRecord, changes: dict[str, Any]) -> CaseRecord:
    """dataclasses.replace at half its price; it runs for most rows of most cities."""
    return CaseRecord(**(dict(zip(_FIELDS, _fields_of(record), strict=True)) | changes))


def _require_key(city: Jurisdiction, record: CaseRecord) -> None:
    for name in ("source_id", "case_id"):
        value = getattr(record, name)
        if not value:
            raise SourceError(
                f"{city.id}: a case without {name}; row kept in quarantine", reason="no_id"
            )
        if len(value) > LONGEST[name]:
            raise SourceError(
                f"{city.id}: {name} {value[:60]!r}… is longer than {LONGEST[name]} characters",
                reason="bad_id",
            )
    if record.status not in STATUSES:
        raise SourceError(
            f"{city.id}: case {record.case_id}: status {record.status!r} is none of {', '.join(STATUSES)}",
            reason="bad_status",
        )


def _require_times(city: Jurisdiction, record: CaseRecord, now: datetime) -> None:
    if record.opened_at > now + FUTURE_TOLERANCE:
        raise SourceError(
            f"{city.id}: case {record.case_id}: opened_at {record.opened_at:%Y-%m-%d %H:%M} UTC is in the future",
            reason="future_date",
        )
    if record.opened_at < EARLIEST:
        raise SourceError(
            f"{city.id}: case {record.case_id}: opened_at {record.opened_at.isoformat()} is before 1970",
            reason="impossible_date",
        )


def _contradictions(
    record: CaseRecord, city: Jurisdiction, now: datetime
) -> tuple[int, dict[str, Any]]:
    """The bits, and what follows for the record."""
    bits, changes = 0, {}
    if not record.service_name or not record.service_code:
        bits |= CONTRADICTIONS["unknown_service"]
        name = record.service_name or record.service_code or UNKNOWN_SERVICE
        changes |= {"service_name": name, "service_code": record.service_code or name}
    bits |= _place(record, city, changes) | _closing(record, now, changes)
    if record.target_at is not None and not EARLIEST < record.target_at < now + timedelta(
        days=366 * LATEST_YEARS
    ):
        changes["target_at"] = None
    return bits, changes


def _place(record: CaseRecord, city: Jurisdiction, changes: dict[str, Any]) -> int:
    lat, lon = record.lat, record.lon
    if lat is None and lon is None:
        return 0
    if lat is None or lon is None or not _on_earth(lat, lon) or city.is_no_place(lat, lon):
        changes |= {"lat": None, "lon": None}
        return 0
    return 0 if city.bounds.holds(lat, lon) else CONTRADICTIONS["outside_city"]


def _on_earth(lat: float, lon: float) -> bool:
    return math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180


def _closing(record: CaseRecord, now: datetime, changes: dict[str, Any]) -> int:
    if record.status != "closed":
        if record.closed_at is None:
            return 0
        # A case that is open has not been closed, whatever its row says: the time would count it among the closed ones.
        changes |= {
            "closed_at": None,
            "close_provenance": None,
            "extra": {
                **changes.get("extra", record.extra),
                "closed_at_while_open": record.closed_at.isoformat(),
            },
        }
        return CONTRADICTIONS["open_with_close_time"]
    if record.closed_at is None:
        return CONTRADICTIONS["closed_without_time"]
    bits = 0
    if record.closed_at < record.opened_at:
        bits |= CONTRADICTIONS["closed_before_opened"]
    if record.closed_at > now + FUTURE_TOLERANCE:
        bits |= CONTRADICTIONS["closed_in_future"]
    provenance = "import-suspect" if bits else record.close_provenance or "source"
    if provenance != record.close_provenance:
        changes["close_provenance"] = provenance
    return bits


def _with_counts(record: CaseRecord, city: Jurisdiction, contradictions: int) -> CleanRecord:
    opened_at = int(record.opened_at.timestamp())
    closed_at = None if record.closed_at is None else int(record.closed_at.timestamp())
    target_at = None if record.target_at is None else int(record.target_at.timestamp())
    closed_month = days_open = None
    if closed_at is not None and not contradictions & CONTRADICTIONS["closed_in_future"]:
        closed_month = month_of(closed_at, city.zone)
        if record.close_provenance != "import-suspect":
            days_open = (closed_at - opened_at) // 86_400
    return CleanRecord(
        record,
        contradictions,
        updated_at=int(record.updated_at.timestamp()),
        opened_at=opened_at,
        closed_at=closed_at,
        target_at=target_at,
        opened_month=month_of(opened_at, city.zone),
        closed_month=closed_month,
        days_open=days_open,
        content_hash=content_hash(record, opened_at, closed_at, target_at),
        areas=_areas_by_label(record.neighborhood, record.district),
    )


@lru_cache(maxsize=2_000)
def _areas_by_label(neighborhood: str | None, district: str | None) -> Areas:
    """What the city says; polygons are for data_sync.pull.area_finder."""
    return Areas(
        neighborhood=neighborhood,
        city_neighborhood=neighborhood,
        district=district,
        city_district=district,
    )


def month_of(moment: int, zone: ZoneInfo) -> int:
    """year * 12 + month - 1 of an epoch second in a zone."""
    return _month_of_quarter(moment // QUARTER, zone)


# Every zone's midnight falls on a quarter of an hour of UTC, so a month never changes within one.
@lru_cache(maxsize=100_000)
def _month_of_quarter(quarter: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(quarter * QUARTER, zone)
    return local.year * 12 + local.month - 1
