"""A checked record as a row of `cases`: published texts and place, words as numbers, times as epoch seconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from portal.domain import morton
from portal.domain.clean_record import CleanRecord
from portal.domain.disclosure import Published, hides_something, publish
from portal.domain.jurisdiction import ServiceRule
from portal.models import Case, CaseOriginal
from portal.services.words import Words

COLUMNS = tuple(Case.__table__.columns.keys())
ORIGINAL_COLUMNS = tuple(CaseOriginal.__table__.columns.keys())
AT = {name: place for place, name in enumerate(COLUMNS)}
"""Where a column stands in a row."""
ORIGINAL_TEXTS = ORIGINAL_COLUMNS[2:]
Row = tuple[Any, ...]


def content_hash(clean: CleanRecord) -> str:
    """What the source says of a case, in 24 characters; its own time of the row is not part of it."""
    of = clean.record
    content = (
        of.case_id, of.service_code, of.service_name, of.service_group, of.status, of.city_status, of.opened_at.timestamp(),
        of.closed_at and of.closed_at.timestamp(), of.close_provenance, of.target_at and of.target_at.timestamp(), of.city_on_time,
        of.department, of.queue, of.channel, of.title, of.address, of.zipcode, of.lat, of.lon, of.neighborhood, of.district, of.ward,
        of.note, of.closure_reason, of.photo_url, of.closed_photo_url, of.reference, of.is_public,
        sorted(of.extra.items()) if of.extra else None,
    )  # fmt: skip
    return blake2b(repr(content).encode(), digest_size=12).hexdigest()


def published_parts(clean: CleanRecord, rule: ServiceRule) -> Published:
    """The public texts and place of a record under its service's rule."""
    return publish(clean.record, rule.place, place_is_credible=clean.place_is_credible)


def original_row(city_id: str, case: int, clean: CleanRecord, published: Published) -> Row | None:
    """The row of `case_originals`; None where everything is published."""
    if not hides_something(clean.record, published):
        return None
    return (city_id, case, *(getattr(clean.record, name) for name in ORIGINAL_TEXTS))


def visibility_of(clean: CleanRecord, rule: ServiceRule) -> str:
    """What the source and the city's rule allow."""
    return "public" if rule.public and clean.record.is_public else "service"


def search_text(service: str, row: Row) -> str:
    """The words under which a case is found: published ones alone."""
    parts = (row[_TITLE], service, row[_ADDRESS], row[_NOTE], row[_REASON])
    return " ".join(part for part in parts if part)


def case_row(
    city_id: str, source: str, clean: CleanRecord, digest: str, published: Published, rule: ServiceRule, words: Words, rev: int, now: int
) -> list[Any]:
    """The row in the order of COLUMNS. `id` is 0: the caller sets it, and for a known case what the case keeps."""
    of = clean.record
    label = words.label_id
    opened_at, closed_at, target_at = _epoch(of.opened_at), _maybe_epoch(of.closed_at), _maybe_epoch(of.target_at)
    area = rule.place != "none"
    precise = rule.place in ("exact", "block")
    return [
        city_id, 0, of.case_id, source, of.source_id, None, visibility_of(clean, rule), rev, now, _epoch(of.updated_at), digest,
        of.status, int(of.status != "closed"), of.city_status, opened_at, closed_at, target_at, updated_at(opened_at, closed_at, now),
        clean.opened_month, clean.closed_month, clean.days_open, of.close_provenance,
        None if of.city_on_time is None else int(of.city_on_time), clean.contradictions,
        words.service_id(of.service_code, of.service_name, of.service_group),
        label("department", of.department), label("queue", of.queue), label("channel", of.channel),
        label("neighborhood", clean.neighborhood) if area else None,
        label("neighborhood", clean.city_neighborhood) if area else None,
        label("neighborhood", clean.polygon_neighborhood) if area else None,
        label("district", clean.district) if precise else None,
        label("district", clean.city_district) if precise else None,
        label("district", clean.polygon_district) if precise else None,
        label("tract", clean.tract) if precise else None,
        label("ward", of.ward) if precise else None,
        published.title, published.address, published.zipcode,
        published.lat, published.lon, quad_of(published.lat, published.lon), rule.place,
        published.note, published.closure_reason, ",".join(published.hidden) or None, of.photo_url, of.closed_photo_url,
        json.dumps(of.extra, ensure_ascii=False, sort_keys=True) if of.extra else None,
    ]  # fmt: skip


def updated_at(opened_at: int, closed_at: int | None, now: int) -> int:
    """When the case last moved, by what its row says: never in the future, and the same however often and in whatever order it is read."""
    return max(opened_at, min(closed_at or opened_at, now))


def quad_of(lat: float | None, lon: float | None) -> int | None:
    """Morton code of a published place."""
    return None if lat is None or lon is None else morton.encode(lat, lon)


def _epoch(moment: Any) -> int:
    return int(moment.timestamp())


def _maybe_epoch(moment: Any) -> int | None:
    return None if moment is None else int(moment.timestamp())


_TITLE, _ADDRESS, _NOTE, _REASON = AT["title"], AT["address"], AT["note"], AT["closure_reason"]
_Translate = Callable[[Words, Any], str | None]


def _plain(_words: Words, value: Any) -> str | None:
    return None if value is None else str(value)


def _label(words: Words, value: Any) -> str | None:
    return words.label_name(value)


def _service(words: Words, value: Any) -> str | None:
    return words.service_name(value)


def _presence(_words: Words, value: Any) -> str | None:
    return "yes" if value else None


REVISED: tuple[tuple[str, int, _Translate], ...] = tuple(
    (field, AT[column], translate)
    for field, column, translate in (
        *((name, name, _plain) for name in (
            "status", "city_status", "opened_at", "closed_at", "target_at", "title", "address", "zipcode", "lat", "lon", "note",
            "closure_reason", "hidden", "city_on_time", "close_provenance", "contradictions", "visibility",
        )),
        *((name, f"{name}_id", _label) for name in ("department", "queue", "channel", "neighborhood", "district", "ward")),
        ("service", "service_id", _service),
        ("photo", "photo_url", _presence),
        ("closed_photo", "closed_photo_url", _presence),
    )
)  # fmt: skip
"""Published fields whose changes are kept, where each stands in a row, and how it is written in a revision."""
PLACE_FIELDS = ("address", "zipcode", "lat", "lon", "neighborhood", "district", "ward", "title", "note", "closure_reason")
"""Fields of a revision that could tell an old, more exact place."""


def revisions_of(words: Words, old: Row, new: Row, hidden_fields: tuple[str, ...] = ()) -> list[tuple[str, str | None, str | None]]:
    """(field, old value, new value) of every published field that differs."""
    found = []
    for field, place, translate in REVISED:
        if old[place] != new[place] and field not in hidden_fields:
            before, after = translate(words, old[place]), translate(words, new[place])
            if before != after:
                found.append((field, before, after))
    return found
