"""A checked record as a row of `cases`: published texts and place, words as numbers, times as epoch seconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from operator import itemgetter
from typing import Any

from portal.domain import morton
from portal.domain.clean_record import CleanRecord
from portal.domain.disclosure import Published, disclose, has_hidden_parts
from portal.domain.jurisdiction import ServiceRule
from portal.services.sync.vocabulary import Words
from portal.store.models import LABEL_KINDS, Case, CaseOriginal

COLUMNS = tuple(Case.__table__.columns.keys())
ORIGINAL_COLUMNS = tuple(CaseOriginal.__table__.columns.keys())
AT = {name: place for place, name in enumerate(COLUMNS)}
"""Where a column stands in a row."""
ORIGINAL_TEXTS = ORIGINAL_COLUMNS[2:]
labels_of = itemgetter(*(AT[f"{kind}_id"] for kind in LABEL_KINDS))
"""The numbers of the labels a row is published with; None where it has none."""
Row = tuple[Any, ...]


def published_parts(clean: CleanRecord, rule: ServiceRule) -> Published:
    """The public texts and place of a record under its service's rule."""
    return disclose(clean.record, rule.place, place_is_credible=clean.place_is_credible)


def original_row(city_id: str, case: int, clean: CleanRecord, published: Published) -> Row | None:
    """The row of `case_originals`; None where everything is published."""
    if not has_hidden_parts(clean.record, published):
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
    city_id: str,
    source: str,
    clean: CleanRecord,
    published: Published,
    rule: ServiceRule,
    words: Words,
    rev: int,
    now: int,
) -> list[Any]:
    """The row in the order of COLUMNS. `id` is 0: the caller sets it, and for a known case what the case keeps."""
    of = clean.record
    label = words.label_id
    return [
        city_id, 0, of.case_id, source, of.source_id, None, visibility_of(clean, rule), rev, now, clean.updated_at, clean.content_hash,
        of.status, int(of.status != "closed"), of.city_status, clean.opened_at, clean.closed_at, clean.target_at,
        updated_at(clean.opened_at, clean.closed_at, now),
        clean.opened_month, clean.closed_month, clean.days_open, of.close_provenance,
        None if of.city_on_time is None else int(of.city_on_time), clean.contradictions,
        words.service_id(of.service_code, of.service_name, of.service_group),
        label("department", of.department), label("queue", of.queue), label("channel", of.channel),
        *words.area_ids(clean.areas, rule.place), label("ward", of.ward) if rule.place in ("exact", "block") else None,
        published.title, published.address, published.zipcode,
        published.lat, published.lon, quad_of(published.lat, published.lon), rule.place,
        published.note, published.closure_reason, ",".join(published.hidden) or None, of.photo_url, of.closed_photo_url,
        of.parent_id, _json(of.extra), 0,
    ]  # fmt: skip


def updated_at(opened_at: int, closed_at: int | None, now: int) -> int:
    """When the case last moved, by what its row says: never in the future, and the same however often and in whatever order it is read."""
    return max(opened_at, min(closed_at or opened_at, now))


@lru_cache(maxsize=50_000)  # the same corner is reported again and again
def quad_of(lat: float | None, lon: float | None) -> int | None:
    """Morton code of a published place."""
    return None if lat is None or lon is None else morton.encode(lat, lon)


def _json(extra: dict[str, str]) -> str | None:
    return _json_of(tuple(extra.items())) if extra else None


@lru_cache(
    maxsize=20_000
)  # fire district, police district, precinct: a city has a few thousand combinations
def _json_of(items: tuple[tuple[str, str], ...]) -> str:
    # ASCII alone: whatever a column holds, it can be stored.
    return json.dumps(dict(items))


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
PLACE_FIELDS = (
    "address",
    "zipcode",
    "lat",
    "lon",
    "neighborhood",
    "district",
    "ward",
    "title",
    "note",
    "closure_reason",
)
"""Fields of a revision that could tell an old, more exact place."""


def revisions_of(
    words: Words, old: Row, new: Row, hidden_fields: tuple[str, ...] = ()
) -> list[tuple[str, str | None, str | None]]:
    """(field, old value, new value) of every published field that differs."""
    found = []
    for field, place, translate in REVISED:
        if old[place] != new[place] and field not in hidden_fields:
            before, after = translate(words, old[place]), translate(words, new[place])
            if before != after:
                found.append((field, before, after))
    return found
