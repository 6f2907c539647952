"""What changed in public cases, for programs: one row for each published field that changed.

    page = read_revisions(connection, "boston", facts, since=1_795_000_000, limit=100)

Read from the facts: only what changed while the case was public. They are in the order in which
they were stored, so whoever goes on from a mark misses none. Source: the city, as we saw it change.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, text

from portal.domain.case import CONTRADICTIONS
from portal.facts.reader import Facts
from portal.queries.cases.case_lists import refuse_mark
from portal.queries.cases.case_numbers import newest_key
from portal.queries.data.published_cases import IS_REPORTED_HERE, words_of_bits, write_time

FIELD_NAMES = {
    name: name
    for name in (
        "status", "city_status", "opened_at", "closed_at", "target_at", "close_provenance",
        "city_on_time", "service", "department", "queue", "channel", "neighborhood", "district",
        "ward", "address", "zipcode", "title", "note", "closure_reason", "contradictions",
        "photo", "closed_photo",
    )
} | {"lat": "latitude", "lon": "longitude"}  # fmt: skip
"""The facts' names of the fields whose changes are told, and those that they are published by."""
UNKNOWN = -1
Revision = dict[str, Any]
Row = tuple[int, int, str, str | None, str | None, int]
"""Key, batch, field, old value, new value, and when the portal saw it (epoch s)."""
Shown = tuple[Row, str]
"""A row with its case's number."""


@dataclass(frozen=True)
class RevisionPage:
    """Some revisions, oldest first. `after` is the mark of the last one, to go on from.

    `has_more`: there are more by now.
    """

    revisions: tuple[Revision, ...]
    after: str | None
    has_more: bool


def revisions_of_case(
    connection: Connection, city_id: str, facts: Facts, key: int
) -> tuple[Revision, ...]:
    """All revisions of a public case by the store's own key, oldest first."""
    rows = facts.rows(f"{_SELECT} and id = ? {_ORDER}", [key])
    return tuple(map(_read, _keep_public(connection, city_id, rows)))


def read_revisions(
    connection: Connection,
    city_id: str,
    facts: Facts,
    since: int,
    limit: int,
    after: str | None = None,
) -> RevisionPage:
    """The first revisions that the portal saw at `since` (epoch s) or later, after a mark.

    Raises BadRequest for a mark that no page gave.
    """
    where, values = "seen_at >= ?", [since]
    if after:
        past, more = _past_mark(connection, city_id, facts, after)
        where, values = f"{where} and {past}", [*values, *more]
    while True:
        rows = facts.rows(f"{_SELECT} and {where} {_ORDER} limit {limit + 1}", values)
        shown = _keep_public(connection, city_id, rows[:limit])
        has_more = len(rows) > limit
        if shown or not has_more:
            break
        key, rev, field, *_values = rows[limit - 1]  # none of them may be shown: those after them
        where, values = "(rev, id, field) > (?, ?, ?) and seen_at >= ?", [rev, key, field, since]
    if shown:
        after = _make_mark(facts, *shown[-1])
    return RevisionPage(tuple(map(_read, shown)), after, has_more)


def revisions_between(
    connection: Connection, city_id: str, facts: Facts, spans: Sequence[tuple[int, int, int]]
) -> dict[int, tuple[Revision, ...]]:
    """Revisions of public cases by the store's own keys, oldest first.

    `spans` are keys, and the first and last batch to look at.
    """
    keys, first, last = ([span[place] for span in spans] for place in range(3))
    rows = facts.rows(
        "with spans as (select unnest(?::bigint[]) as key, unnest(?::bigint[]) as first,"
        f" unnest(?::bigint[]) as last) {_SELECT_IN_SPANS} {_ORDER}",
        [keys, first, last],
    )
    found: dict[int, list[Revision]] = {}
    for shown in _keep_public(connection, city_id, rows):
        found.setdefault(shown[0][0], []).append(_read(shown))
    return {key: tuple(revisions) for key, revisions in found.items()}


def _make_mark(facts: Facts, row: Row, number: str) -> str:
    """When, which field of which case, and the how-manieth such change of that second.

    Without the case's key and the batch: their gaps would tell of what is hidden.
    """
    key, rev, field, *_values, seen_at = row
    same = "select count(*) from revisions where id = ? and field = ? and seen_at = ? and rev < ?"
    ((earlier,),) = facts.rows(same, [key, field, seen_at, rev])
    return f"{seen_at}~{field}~{earlier}~{number}"


def _past_mark(
    connection: Connection, city_id: str, facts: Facts, after: str
) -> tuple[str, list[Any]]:
    found = re.fullmatch(r"(\d{1,12})~([a-z_]+)~(\d{1,4})~(.+)", after, re.ASCII)
    if not found or found[2] not in FIELD_NAMES:
        raise refuse_mark(after)
    seen_at, field, earlier = int(found[1]), found[2], int(found[3])
    key = newest_key(connection, city_id, found[4], UNKNOWN)
    same = "select rev from revisions where id = ? and field = ? and seen_at = ? order by rev"
    revs = facts.rows(f"{same} limit 1 offset {earlier}", [key, field, seen_at])
    if not revs:
        # That case is not public any more: what came at that second or later comes again.
        return "seen_at >= ?", [seen_at]
    return "(rev, id, field) > (?, ?, ?)", [revs[0][0], key, field]


def _keep_public(connection: Connection, city_id: str, rows: Sequence[Row]) -> list[Shown]:
    """The rows of cases that are public now; not what a resident wrote to us, which is nowhere."""
    keys = sorted({row[0] for row in rows})
    cases = connection.execute(_CASES, {"city": city_id, "keys": keys})
    numbers = {key: (number, is_own) for key, number, is_own in cases}
    return [
        (row, numbers[row[0]][0])
        for row in rows
        if row[0] in numbers and not (row[2] == "note" and numbers[row[0]][1])
    ]


def _read(shown: Shown) -> Revision:
    """As it is published."""
    (_key, _rev, field, old, new, seen_at), number = shown
    return {
        "case_id": number,
        "field": FIELD_NAMES[field],
        "old_value": _write_value(field, old),
        "new_value": _write_value(field, new),
        "seen_at": write_time(seen_at),
    }


def _write_value(field: str, value: str | None) -> str | None:
    """A value as the same column of a case has it, as text."""
    if not value:
        return None
    if field.endswith("_at"):
        return write_time(int(value))
    if field == "city_on_time":
        return "true" if value == "1" else "false"
    return words_of_bits(CONTRADICTIONS, int(value)) if field == "contradictions" else value


FIELD_LIST = ", ".join(f"'{field}'" for field in FIELD_NAMES)
"""The facts' names of these fields, as SQL has them."""
_SELECT = (
    "select id, rev, field, old_value, new_value, seen_at from revisions"
    f" where field in ({FIELD_LIST})"
)
_SELECT_IN_SPANS = (
    "select id, rev, field, old_value, new_value, seen_at from revisions"
    " join spans on spans.key = revisions.id and rev between spans.first and spans.last"
    f" where field in ({FIELD_LIST})"
)
_ORDER = "order by rev, id, field"
_CASES = text(
    f"select c.id, c.case_id, {IS_REPORTED_HERE} from public_cases c"
    " where c.jurisdiction_id = :city and c.id in :keys"
).bindparams(bindparam("keys", expanding=True))
