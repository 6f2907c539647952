"""The checks of every record, whatever its source: tidy texts, possible times, a real place.

A record that cannot be used at all raises SourceError and goes to quarantine. One that contradicts
itself is kept, with a flag for each contradiction, and what cannot be true does not count: no place
outside the city, no negative days to close.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from data_sync.reading.markup import may_have_markup, without_markup
from portal.domain.areas import Areas
from portal.domain.case import CONTRADICTIONS, DAY_ONLY, STATUSES, CaseRecord, CityNote
from portal.domain.city_days import start_of_day
from portal.domain.clean_record import CleanRecord, content_hash
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.sync_notes import PROJECTED_PLACES, SWAPPED_PLACES, UNSIGNED_PLACES
from portal.domain.tidy import tidy
from portal.errors import SourceError

EARLIEST = datetime(1970, 1, 2, tzinfo=UTC)
LATEST_TARGET = timedelta(days=366 * 100)
"""A deadline later than this from now is a mistake, or how a database writes never."""
FUTURE_TOLERANCE = timedelta(days=1)
"""Clocks and time zones go wrong by hours, not by days."""

LONGEST = {
    "source_id": 100,
    "case_id": 100,
    "service_code": 200,
    "service_name": 200,
    "service_group": 200,
    "city_status": 200,
    "department": 200,
    "queue": 200,
    "channel": 200,
    "zipcode": 100,
    "neighborhood": 200,
    "district": 100,
    "ward": 100,
    "reference": 100,
    "title": 500,
    "parent_id": 100,
    "address": 500,
    "note": 10_000,
    "closure_reason": 10_000,
    "photo_url": 2_000,
    "closed_photo_url": 2_000,
}
"""Characters kept of each text. A longer id is refused; any other text is cut with an ellipsis."""
SHORTEST_LIMIT = min(LONGEST.values())
LONGEST_EXTRA = 2_000
MOST_EXTRAS = 200
LONGEST_NOTE = 4_000
MOST_NOTES = 50
UNKNOWN_SERVICE = "Not stated"
QUARTER_SECONDS = 900

_MANY_LINES = frozenset({"note", "closure_reason"})
_FIELDS = tuple(field.name for field in fields(CaseRecord))
_TEXTS = tuple(name for name in _FIELDS if name in LONGEST)
_fields_of = attrgetter(*_FIELDS)
_texts_of = attrgetter(*_TEXTS)
_lines_of = attrgetter(*(name for name in _TEXTS if name not in _MANY_LINES))


def check_record(record: CaseRecord, city: Jurisdiction, now: datetime) -> CleanRecord:
    """The record, tidied and checked.

    Raises SourceError with the case, the field and the value if it cannot be used.
    """
    if not _is_tidy(record):
        record = _changed(record, _tidy_texts(record))
    _require_key(city, record)
    _require_times(city, record, now)
    if record.day_only:
        record = _changed(record, _whole_days(record, city.zone))
    contradictions, changes = _contradictions(record, city, now)
    if changes:
        record = _changed(record, changes)
    return _with_counts(record, city, contradictions)


def _is_tidy(record: CaseRecord) -> bool:
    """Whether all texts are as `tidy` would leave them.

    One look at all of them together, because most records are.
    """
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
        and not may_have_markup(joined)
        and _is_tidy_text(record.note)
        and _is_tidy_text(record.closure_reason)
        and not record.notes
        and len(record.extra) <= MOST_EXTRAS
        and sum(map(len, record.extra.values())) <= LONGEST_EXTRA
    )


def _is_tidy_text(text: str | None) -> bool:
    return text is None or (
        text.isprintable()
        and text == text.strip()
        and 0 < len(text) <= LONGEST["note"]
        and not may_have_markup(text)
    )


def _tidy_texts(record: CaseRecord) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    for name, text in zip(_TEXTS, _texts_of(record), strict=True):
        if text is not None:
            if may_have_markup(text):
                text = without_markup(text)
            # An id that is too long is refused, so the cut must leave it too long.
            changes[name] = tidy(
                text, LONGEST[name] + (name in ("source_id", "case_id")), name in _MANY_LINES
            )
    if record.notes:
        changes["notes"] = tuple(_tidy_notes(record.notes))
    if record.extra:
        changes["extra"] = {
            key: value[:LONGEST_EXTRA] for key, value in list(record.extra.items())[:MOST_EXTRAS]
        }
    return changes


def _tidy_notes(notes: tuple[CityNote, ...]) -> Iterator[CityNote]:
    """The newest notes, without markup; a note of no words is none."""
    for note in notes[-MOST_NOTES:]:
        plain = without_markup(note.words) if may_have_markup(note.words) else note.words
        if words := tidy(plain, LONGEST_NOTE, keeps_lines=True):
            yield replace(note, words=words)


def _changed(record: CaseRecord, changes: dict[str, Any]) -> CaseRecord:
    """dataclasses.replace in half the time; it runs for most rows of most cities."""
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
            f"{city.id}: case {record.case_id}: status {record.status!r} is none of "
            f"{', '.join(STATUSES)}",
            reason="bad_status",
        )


def _require_times(city: Jurisdiction, record: CaseRecord, now: datetime) -> None:
    if record.opened_at > now + FUTURE_TOLERANCE:
        raise SourceError(
            f"{city.id}: case {record.case_id}: opened_at {record.opened_at:%Y-%m-%d %H:%M} UTC "
            "is in the future",
            reason="future_date",
        )
    if record.opened_at < EARLIEST:
        raise SourceError(
            f"{city.id}: case {record.case_id}: opened_at {record.opened_at.isoformat()} "
            "is before 1970",
            reason="impossible_date",
        )


def _whole_days(record: CaseRecord, zone: ZoneInfo) -> dict[str, Any]:
    """The times of a case that are days: due until the end of its day, closed in the course of it.

    A closing on the day of its opening is at that moment, so that it does not come before.
    """
    changes: dict[str, Any] = {}
    if record.day_only & DAY_ONLY["target_at"] and record.target_at is not None:
        due = _day_of(record.target_at, zone)
        changes["target_at"] = _epoch_moment(start_of_day(due + timedelta(days=1), zone) - 1)
    is_same_day = record.closed_at is not None and (
        _day_of(record.closed_at, zone) == _day_of(record.opened_at, zone)
    )
    if is_same_day and record.day_only & DAY_ONLY["closed_at"]:
        changes["closed_at"] = max(record.opened_at, record.closed_at or record.opened_at)
    return changes


def _day_of(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()


def _epoch_moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _contradictions(
    record: CaseRecord, city: Jurisdiction, now: datetime
) -> tuple[int, dict[str, Any]]:
    """The contradictions as bits, and what changes in the record because of them."""
    bits = 0
    changes: dict[str, Any] = {}
    if not record.service_name or not record.service_code:
        bits |= CONTRADICTIONS["unknown_service"]
        name = record.service_name or record.service_code or UNKNOWN_SERVICE
        changes |= {"service_name": name, "service_code": record.service_code or name}
    bits |= _check_place(record, city, changes) | _check_closing(record, now, changes)
    if record.target_at is not None and not EARLIEST < record.target_at < now + LATEST_TARGET:
        changes["target_at"] = None
    return bits, changes


def _check_place(record: CaseRecord, city: Jurisdiction, changes: dict[str, Any]) -> int:
    lat, lon = record.lat, record.lon
    if lat is None and lon is None:
        return 0
    if lat is not None and lon is not None:
        if not _is_on_earth(lat, lon):
            changes["unreadable"] = (*record.unreadable, "lat", "lon")
            changes["remarks"] = (*record.remarks, PROJECTED_PLACES)
        elif not city.is_no_place(lat, lon):
            return 0 if city.bounds.holds(lat, lon) else _note_outside(record, city, changes)
    changes |= {"lat": None, "lon": None}
    return 0


def _note_outside(record: CaseRecord, city: Jurisdiction, changes: dict[str, Any]) -> int:
    """A place outside the city, with a remark on what a mistake in the city's file looks like."""
    assert record.lat is not None and record.lon is not None
    if city.bounds.holds(record.lon, record.lat):
        changes["remarks"] = (*record.remarks, SWAPPED_PLACES)
    elif city.bounds.holds(record.lat, -record.lon):
        changes["remarks"] = (*record.remarks, UNSIGNED_PLACES)
    return CONTRADICTIONS["outside_city"]


def _is_on_earth(lat: float, lon: float) -> bool:
    return math.isfinite(lat) and math.isfinite(lon) and abs(lat) <= 90 and abs(lon) <= 180


def _check_closing(record: CaseRecord, now: datetime, changes: dict[str, Any]) -> int:
    if record.status != "closed":
        return 0 if record.closed_at is None else _drop_close_time(record, changes)
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


def _drop_close_time(record: CaseRecord, changes: dict[str, Any]) -> int:
    """Drop the close time of an open case: with it, the case would count as closed."""
    assert record.closed_at is not None
    extra = changes.get("extra", record.extra)
    changes |= {
        "closed_at": None,
        "close_provenance": None,
        "extra": {**extra, "closed_at_while_open": record.closed_at.isoformat()},
    }
    return CONTRADICTIONS["open_with_close_time"]


def _with_counts(record: CaseRecord, city: Jurisdiction, contradictions: int) -> CleanRecord:
    opened_at = int(record.opened_at.timestamp())
    closed_at = None if record.closed_at is None else int(record.closed_at.timestamp())
    target_at = None if record.target_at is None else int(record.target_at.timestamp())
    closed_month = None
    days_open = None
    if closed_at is not None and not contradictions & CONTRADICTIONS["closed_in_future"]:
        closed_month = month_of(closed_at, city.zone)
        if record.close_provenance != "import-suspect":
            days_open = _days_between(record, opened_at, closed_at, city.zone)
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


def _days_between(record: CaseRecord, opened_at: int, closed_at: int, zone: ZoneInfo) -> int:
    """Whole days from opening to closing; days of the calendar where the city tells days alone."""
    if record.day_only & (DAY_ONLY["opened_at"] | DAY_ONLY["closed_at"]):
        opened, closed = (datetime.fromtimestamp(at, zone) for at in (opened_at, closed_at))
        return (closed.date() - opened.date()).days
    return (closed_at - opened_at) // 86_400


@lru_cache(maxsize=2_000)
def _areas_by_label(neighborhood: str | None, district: str | None) -> Areas:
    """The areas by the city's labels; data_sync.pull.area_finder looks at the polygons."""
    return Areas(
        neighborhood=neighborhood,
        city_neighborhood=neighborhood,
        district=district,
        city_district=district,
    )


def month_of(moment: int, zone: ZoneInfo) -> int:
    """The month of an epoch second in a zone, as year * 12 + month - 1."""
    return _month_of_quarter(moment // QUARTER_SECONDS, zone)


# Midnight in every zone is on a quarter of an hour of UTC, so a month never changes within one.
@lru_cache(maxsize=100_000)
def _month_of_quarter(quarter: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(quarter * QUARTER_SECONDS, zone)
    return local.year * 12 + local.month - 1
