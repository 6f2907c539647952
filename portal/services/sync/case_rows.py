"""A checked record as a row of `cases`.

Texts and place as published, names as numbers, times as epoch seconds. A row is a tuple or list in
the order of COLUMNS: `row[AT["status"]]` is its status.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from portal.domain import morton
from portal.domain.clean_record import CleanRecord
from portal.domain.disclosure import Published, disclose, has_hidden_parts
from portal.domain.jurisdiction import ServiceRule
from portal.services.sync.vocabulary import Vocabulary
from portal.store.models import LABEL_KINDS, Case, CaseOriginal

COLUMNS = tuple(Case.__table__.columns.keys())
ORIGINAL_COLUMNS = tuple(CaseOriginal.__table__.columns.keys())
AT = {name: place for place, name in enumerate(COLUMNS)}
"""Where a column is in a row."""
ORIGINAL_TEXTS = ORIGINAL_COLUMNS[2:]
labels_of = itemgetter(*(AT[f"{kind}_id"] for kind in LABEL_KINDS))
"""The numbers of the labels in a row, None for those it has not."""
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What all rows of a batch have in common. `now` is in epoch seconds."""

    city_id: str
    source: str
    rev: int
    now: int


def published_parts(clean: CleanRecord, rule: ServiceRule) -> Published:
    """The public texts and place of a record under its service's rule."""
    return disclose(clean.record, rule.place, place_is_credible=clean.place_is_credible)


def original_row(city_id: str, case: int, clean: CleanRecord, published: Published) -> Row | None:
    """The row of `case_originals`; None if the case is published as it is."""
    if not has_hidden_parts(clean.record, published):
        return None
    return (city_id, case, *(getattr(clean.record, name) for name in ORIGINAL_TEXTS))


def visibility_of(clean: CleanRecord, rule: ServiceRule) -> str:
    """The visibility that the source and the city's rule allow: "public" or "service"."""
    return "public" if rule.public and clean.record.is_public else "service"


def search_text(service: str, row: Row) -> str:
    """The text under which a case is found. Contains only what is published."""
    parts = (row[_TITLE], service, row[_ADDRESS], row[_NOTE], row[_REASON])
    return " ".join(part for part in parts if part)


def case_row(
    stamp: Stamp,
    clean: CleanRecord,
    published: Published,
    rule: ServiceRule,
    vocabulary: Vocabulary,
) -> list[Any]:
    """A row in the order of COLUMNS.

    `id` is 0: the caller sets it, and carries over what a case that we have keeps.
    """
    record = clean.record
    label = vocabulary.label_id
    has_ward = rule.place in ("exact", "block")
    return [
        stamp.city_id, 0, record.case_id, stamp.source, record.source_id, None,
        visibility_of(clean, rule), stamp.rev, stamp.now, clean.updated_at, clean.content_hash,
        record.status, int(record.status != "closed"), record.city_status,
        clean.opened_at, clean.closed_at, clean.target_at,
        updated_at(clean.opened_at, clean.closed_at, stamp.now),
        clean.opened_month, clean.closed_month, clean.days_open, record.close_provenance,
        None if record.city_on_time is None else int(record.city_on_time), clean.contradictions,
        record.day_only,
        vocabulary.service_id(record.service_code, record.service_name, record.service_group),
        label("department", record.department), label("queue", record.queue),
        label("channel", record.channel),
        *vocabulary.area_ids(clean.areas, rule.place),
        label("ward", record.ward) if has_ward else None,
        published.title, published.address, published.zipcode,
        published.lat, published.lon, quad_of(published.lat, published.lon), rule.place,
        published.note, published.closure_reason, ",".join(published.hidden) or None,
        record.photo_url, record.closed_photo_url, record.parent_id, _json(record.extra),
        vocabulary.spellings_of(clean, rule.place), 0,
    ]  # fmt: skip


def updated_at(opened_at: int, closed_at: int | None, now: int) -> int:
    """When a case last changed, according to its own times (epoch s). Never in the future.

    The same however often, and in whatever order, the case is read.
    """
    return max(opened_at, min(closed_at or opened_at, now))


@lru_cache(maxsize=50_000)  # the same corner is reported again and again
def quad_of(lat: float | None, lon: float | None) -> int | None:
    """Morton code of a published place; None if it has none."""
    return None if lat is None or lon is None else morton.encode(lat, lon)


def _json(extra: dict[str, str]) -> str | None:
    return _json_of(tuple(extra.items())) if extra else None


# Fire district, police district, precinct: a city has a few thousand combinations.
@lru_cache(maxsize=20_000)
def _json_of(items: tuple[tuple[str, str], ...]) -> str:
    # Only ASCII, so anything can be stored.
    return json.dumps(dict(items))


_TITLE, _ADDRESS, _NOTE, _REASON = AT["title"], AT["address"], AT["note"], AT["closure_reason"]
_Translate = Callable[[Vocabulary, Any], str | None]


def _plain(_vocabulary: Vocabulary, value: Any) -> str | None:
    return None if value is None else str(value)


def _label(vocabulary: Vocabulary, value: Any) -> str | None:
    return vocabulary.label_name(value)


def _service(vocabulary: Vocabulary, value: Any) -> str | None:
    return vocabulary.service_name(value)


def _presence(_vocabulary: Vocabulary, value: Any) -> str | None:
    return "yes" if value else None


_PLAIN_FIELDS = (
    "status", "city_status", "opened_at", "closed_at", "target_at", "title", "address", "zipcode",
    "lat", "lon", "note", "closure_reason", "hidden", "city_on_time", "close_provenance",
    "contradictions", "visibility",
)  # fmt: skip
_LABEL_FIELDS = ("department", "queue", "channel", "neighborhood", "district", "ward")
REVISED: tuple[tuple[str, int, _Translate], ...] = tuple(
    (field, AT[column], translate)
    for field, column, translate in (
        *((name, name, _plain) for name in _PLAIN_FIELDS),
        *((name, f"{name}_id", _label) for name in _LABEL_FIELDS),
        ("service", "service_id", _service),
        ("photo", "photo_url", _presence),
        ("closed_photo", "closed_photo_url", _presence),
    )
)
"""Published fields that have revisions: the field, its place in a row, and how to write it."""
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
    vocabulary: Vocabulary, old: Row, new: Row, hidden_fields: tuple[str, ...] = ()
) -> list[tuple[str, str | None, str | None]]:
    """(field, old value, new value) of every published field that differs."""
    found = []
    for field, place, translate in REVISED:
        if old[place] != new[place] and field not in hidden_fields:
            before = translate(vocabulary, old[place])
            after = translate(vocabulary, new[place])
            if before != after:
                found.append((field, before, after))
    return found
