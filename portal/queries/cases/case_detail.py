"""A single case, with all that its page shows. Read from the store's public views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from portal.domain.case import CasePhoto, PublicNote
from portal.queries.cases.case_cards import CARD, CARD_NAMES, CaseCard, card_fields
from portal.queries.cases.case_numbers import case_key, exact_number
from portal.queries.cases.photos import photos_of_case


@dataclass(frozen=True)
class CaseChange:
    """One published field that changed: from, to, and when the portal saw it (epoch s).

    `source_updated_at` is the city's own time of that version of the case.
    """

    field: str
    old_value: str | None
    new_value: str | None
    seen_at: int
    source_updated_at: int = 0


@dataclass(frozen=True)
class CaseDetail(CaseCard):
    """A case as its own page shows it."""

    work_order_id: str | None
    city_status: str | None
    updated_at: int
    first_seen_at: int
    days_open: int | None
    close_provenance: str | None
    city_on_time: bool | None
    department: str | None
    queue: str | None
    channel: str | None
    district: str | None
    ward: str | None
    zipcode: str | None
    closure_reason: str | None
    place_precision: str
    contradictions: int
    changes: tuple[CaseChange, ...]
    notes: tuple[PublicNote, ...] = field(default=(), kw_only=True)
    photos: tuple[CasePhoto, ...] = field(default=(), kw_only=True)
    is_reported_here: bool = field(default=False, kw_only=True)
    sent_at: int | None = field(default=None, kw_only=True)
    """When the city's system took a report made here; None until it has."""


def case_by_id(
    connection: Connection, city_id: str, typed: str, now: int | None = None
) -> CaseDetail | None:
    """The public case with this number, however it was typed; None if there is none.

    Spaces, dashes, # and capitals do not matter. With `now` (epoch s) its status may be overdue;
    without, it is the city's.
    """
    row = case_row(connection, city_id, typed)
    if row is None:
        return None
    return make_detail(
        row,
        now,
        changes=changes_of_case(connection, city_id, row["id"]),
        notes=notes_of_case(connection, city_id, row["id"]),
        photos=photos_of_case(connection, city_id, row["id"]),
    )


def make_detail(
    row: Mapping[Any, Any],
    now: int | None,
    changes: tuple[CaseChange, ...],
    notes: tuple[PublicNote, ...],
    photos: tuple[CasePhoto, ...],
) -> CaseDetail:
    """A case from a row of `case_row`, with its changes, notes and photos."""
    as_stored: dict[str, Any] = {name: row[name] for name in (*_DETAIL_COLUMNS, *_LABELS)}
    on_time = row["city_on_time"]
    return CaseDetail(
        **card_fields(row, now),
        **as_stored,
        changes=changes,
        notes=notes,
        photos=photos,
        city_on_time=None if on_time is None else bool(on_time),
        is_reported_here=row["sent_at"] is not None,
        sent_at=row["sent_at"] or None,
    )


_LABELS = ("department", "queue", "channel", "district", "ward")
_DETAIL_COLUMNS = (
    "work_order_id",
    "city_status",
    "updated_at",
    "first_seen_at",
    "days_open",
    "close_provenance",
    "zipcode",
    "closure_reason",
    "place_precision",
    "contradictions",
)


def _label_name(kind: str) -> str:
    of_case = f"l.jurisdiction_id = c.jurisdiction_id and l.label_id = c.{kind}_id"
    return f"(select l.name from public_labels l where {of_case}) as {kind}"


# One question instead of two: on PostgreSQL the round trip takes longer than the look-up.
_DETAIL = (
    f"select {CARD}, {', '.join(f'c.{name}' for name in _DETAIL_COLUMNS)}, c.city_on_time,"
    f" {', '.join(map(_label_name, _LABELS))},"
    # Null: not reported here; zero: reported here and not sent yet.
    " (select coalesce(r.sent_at, 0) from public_reports r"
    " where r.jurisdiction_id = c.jurisdiction_id and r.case_key = c.id) as sent_at"
    f" from public_cases c {CARD_NAMES} where c.jurisdiction_id = :city and "
)
_BY_NUMBER = text(f"{_DETAIL} c.case_id = :number")
_BY_KEY = text(f"{_DETAIL} c.id = :key")
_CHANGES = text(
    "select rev, field, old_value, new_value, seen_at, source_updated_at from public_case_revisions"
    " where jurisdiction_id = :city and id = :key order by rev, field"
)

_NOTES = text(
    "select kind, words, said_at from public_case_notes"
    " where jurisdiction_id = :city and case_key = :key order by number"
)


def case_row(connection: Connection, city_id: str, typed: str) -> RowMapping | None:
    """The row of the case with exactly this number, as every link has it; else of the case with
    another spelling of it. None if there is no such public case."""
    values = {"city": city_id, "number": exact_number(typed)}
    exact = connection.execute(_BY_NUMBER, values).mappings().all()
    if exact:
        return max(exact, key=lambda row: row["id"])
    key = case_key(connection, city_id, typed)
    if key is None:
        return None
    return connection.execute(_BY_KEY, {"city": city_id, "key": key}).mappings().one()


def changes_of_case(connection: Connection, city_id: str, key: int) -> tuple[CaseChange, ...]:
    """The published changes of a case, by the store's own key, oldest first.

    Without those that were made while it was hidden: the public never saw what was before them.
    """
    rows = connection.execute(_CHANGES, {"city": city_id, "key": key}).mappings().all()
    visibility, shown = "public", []
    for _rev, together in groupby(reversed(rows), key=lambda row: row["rev"]):
        batch = {row["field"]: row for row in together}
        if "visibility" in batch:
            visibility = batch.pop("visibility")["old_value"]
        if visibility == "public":
            shown += batch.values()
    return tuple(CaseChange(**{n: row[n] for n in _CHANGE_FIELDS}) for row in reversed(shown))


_CHANGE_FIELDS = ("field", "old_value", "new_value", "seen_at", "source_updated_at")


def notes_of_case(connection: Connection, city_id: str, key: int) -> tuple[PublicNote, ...]:
    """What the city wrote to the public about a case on the way, by the store's own key."""
    rows = connection.execute(_NOTES, {"city": city_id, "key": key})
    return tuple(PublicNote(*row) for row in rows)
