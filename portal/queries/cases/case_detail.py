"""A single case, with all that its page shows. Read from the store's public views."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from portal.queries.cases.case_cards import CARD, CARD_NAMES, CaseCard, card_fields
from portal.queries.cases.case_numbers import case_key, exact_number
from portal.queries.cases.photos import CasePhoto, photos_of_case


@dataclass(frozen=True)
class CaseChange:
    """One published field that changed: from, to, and when the portal saw it (epoch s)."""

    field: str
    old_value: str | None
    new_value: str | None
    seen_at: int


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
    row = _case_row(connection, city_id, typed)
    if row is None:
        return None
    as_stored: dict[str, Any] = {name: row[name] for name in (*_DETAIL_COLUMNS, *_LABELS)}
    on_time = row["city_on_time"]
    return CaseDetail(
        **card_fields(row, now),
        **as_stored,
        city_on_time=None if on_time is None else bool(on_time),
        changes=_changes(connection, city_id, row["id"]),
        photos=photos_of_case(connection, city_id, row["id"]),
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
    "select field, old_value, new_value, seen_at from public_case_revisions"
    " where jurisdiction_id = :city and id = :key order by rev, field"
)


def _case_row(connection: Connection, city_id: str, typed: str) -> RowMapping | None:
    """The case with exactly this number, as every link has it; else with another spelling."""
    values = {"city": city_id, "number": exact_number(typed)}
    exact = connection.execute(_BY_NUMBER, values).mappings().all()
    if exact:
        return max(exact, key=lambda row: row["id"])
    key = case_key(connection, city_id, typed)
    if key is None:
        return None
    return connection.execute(_BY_KEY, {"city": city_id, "key": key}).mappings().one()


def _changes(connection: Connection, city_id: str, key: int) -> tuple[CaseChange, ...]:
    rows = connection.execute(_CHANGES, {"city": city_id, "key": key})
    return tuple(CaseChange(*row) for row in rows)
