"""Cards and lists of cases as the portal knew them at a past moment.

Which cases, and in which order, comes from the facts as of then. What is shown of them comes from
the store's public views, with every change since undone: what is hidden now is not there to undo.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, text

from portal.domain.sort_order import CaseOrder
from portal.facts.reader_at import FactsAt
from portal.filter_sql import Selection
from portal.queries.cases.case_cards import CaseCard, card_fields, card_rows
from portal.queries.cases.case_lists import (
    AFTER_ALL,
    BEFORE_ALL,
    MAX_CASES,
    CasePage,
    find_mark,
    keys_in_order,
    make_mark,
)
from portal.queries.cases.nearby import NearbyCase

Row = dict[str, Any]
_TIMES = ("opened_at", "closed_at", "target_at")
_DEGREES = ("lat", "lon")
_WHOLE = (*_TIMES, "contradictions", "city_on_time")
_SINCE = text(
    "select id, field, old_value from public_case_revisions"
    # The plus: SQLite would take the index on seen_at and read all that changed in the city since.
    " where jurisdiction_id = :city and id in :keys and +seen_at > :moment order by rev desc"
).bindparams(bindparam("keys", expanding=True))
PROBLEM, END = 1, 2
"""Bits of the facts' `photos`."""


def cases_as_of(
    connection: Connection,
    city_id: str,
    facts: FactsAt,
    selection: Selection,
    order: CaseOrder,
    limit: int = 50,
    after: str | None = None,
) -> CasePage:
    """The selection's cases as of a past moment, as portal.queries.cases.case_lists.cases_in_order.

    Raises BadRequest for an `after` that no page gave. Source: the city's cases as published then.
    """
    limit = max(1, min(limit, MAX_CASES))
    mark = find_mark(
        connection, city_id, after, AFTER_ALL if order.name == "newest" else BEFORE_ALL
    )
    rows = keys_in_order(facts, selection, order, limit + 1, mark)
    cards = cards_as_of(connection, city_id, facts, [key for key, _ in rows[:limit]])
    shown = [(cards[key], value) for key, value in rows[:limit] if key in cards]
    next_after = (
        make_mark(shown[-1][1], shown[-1][0].case_id) if len(rows) > limit and shown else None
    )
    if order.name != "closest":
        return CasePage(tuple(card for card, _ in shown), next_after)
    near = (NearbyCase(**vars(card), metres=round(cm / 100)) for card, cm in shown)
    return CasePage(tuple(near), next_after)


def cards_as_of(
    connection: Connection, city_id: str, facts: FactsAt, keys: list[int]
) -> dict[int, CaseCard]:
    """Cards of cases by the store's own keys, as of the facts' moment.

    A case that has been hidden since has none.
    """
    rows = {row["id"]: dict(row) for row in card_rows(connection, city_id, keys)}
    old = old_values(connection, city_id, list(rows), facts.moment)
    photos = photos_then(facts, list(rows))
    slugs = {word.name: word.slug for word in facts.services.values()}
    return {
        key: make_card(undo(row, old.get(key, {}), photos.get(key, 0), slugs), facts.moment)
        for key, row in rows.items()
    }


def old_values(
    connection: Connection, city_id: str, keys: list[int], moment: int
) -> dict[int, dict[str, str | None]]:
    """What published fields were at a moment (epoch s), if they have changed since; by key."""
    found: dict[int, dict[str, str | None]] = {}
    if not keys:
        return found
    asked = {"city": city_id, "keys": keys, "moment": moment}
    # The last change comes first: what stays is what the first one changed.
    for key, field, old_value in connection.execute(_SINCE, asked):
        found.setdefault(key, {})[field] = old_value
    return found


def photos_then(facts: FactsAt, keys: Iterable[int]) -> dict[int, int]:
    """Which photos cases had then, as bits, by key; only cases that were known."""
    wanted = "select id, photos from cases where id in (select unnest(?::bigint[]))"
    return dict(facts.rows(wanted, [list(keys)]))


def undo(row: Row, old: Mapping[str, str | None], photos: int, slugs: Mapping[str, str]) -> Row:
    """A row of the store's view with its old values, in the types that it has."""
    row = row | {
        name: read_value(name, value)
        for name, value in old.items()
        if name in row and name != "photo"
    }
    if "service" in old:
        row["service_name"] = old["service"]
        row["service_slug"] = slugs.get(old["service"] or "", "")
    row["followers"] = 0
    row["has_photo"] = photos > 0
    row["photo"] = _photo_then(row["photo"], photos)
    return row


def read_value(name: str, value: str | None) -> Any:
    """A revision's text as the value of a field."""
    if value is None:
        return None
    if name in _DEGREES:
        return float(value)
    return int(value) if name in _WHOLE else value


def make_card(row: Row, moment: int) -> CaseCard:
    """A card that says as of when it is."""
    return CaseCard(**card_fields(row, moment), known_at=moment)


def _photo_then(photo: str | None, photos: int) -> str | None:
    if photo is None:
        return None
    return photo if photos & (PROBLEM if photo.startswith("before") else END) else None
