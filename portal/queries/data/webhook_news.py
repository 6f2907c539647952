"""What a webhook has not been told yet: which cases are new or have changed, and what of them.

    news = find_news(facts, selection, told)             # which cases, at most a hundred
    describe_news(portal, city, facts, news.items)       # what is sent about them
    find_news(facts, selection, news.told)               # those after them

Read from the facts, so only what changed while a case was public. Changes are in the order in which
they were stored. New cases have no such order: of the last minutes before `told.seen_at` we keep
which ones were told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.published_columns import CASE_COLUMN_NAMES
from portal.domain.webhook import MOST_CASES
from portal.facts.reader import Facts
from portal.filter_sql import Selection, facts_where
from portal.publication.hidden_since import require_nothing_hidden_since
from portal.queries.data.published_cases import published_cases
from portal.queries.data.revisions import FIELD_LIST, revisions_between

LATE_SECONDS = 900
"""How long a batch may take from its beginning, which is when its cases were first shown."""
WHOLE_BATCH = 2**62


@dataclass(frozen=True)
class Told:
    """How far a webhook has been told: up to the case `case_key` of the batch `batch`.

    `seen_at` is the time of the data then (epoch s), and `new_keys` are the cases that were new
    in the last minutes before.
    """

    batch: int
    case_key: int
    seen_at: int
    new_keys: tuple[int, ...]


@dataclass(frozen=True)
class Items:
    """The cases of a delivery by the store's own keys; of a changed one, from which batch to which
    the changes are."""

    new: tuple[int, ...] = ()
    changed: tuple[tuple[int, int, int], ...] = ()

    def __len__(self) -> int:
        return len(self.new) + len(self.changed)


@dataclass(frozen=True)
class News:
    """What to tell, and how far it goes. `has_more`: there is more already."""

    items: Items
    told: Told
    has_more: bool


def told_by(facts: Facts) -> Told:
    """All that is in the facts: a new webhook begins with what comes after."""
    keys = facts.rows("select id from cases where first_shown_at >= ?", [_floor(facts.as_of)])
    return Told(facts.batch, WHOLE_BATCH, facts.as_of, tuple(key for (key,) in keys))


def find_news(facts: Facts, selection: Selection, told: Told, most: int = MOST_CASES) -> News:
    """The first cases of the selection that are new or have changed since `told`."""
    new = _find_new(facts, selection, told, most + 1)
    changed = _find_changed(facts, selection, told, most + 1)
    has_more = len(new) > most or len(changed) > most
    new, changed = new[:most], changed[:most]
    items = Items(new, _spans(changed, set(new)))
    return News(items, _move(facts, told, new, changed, has_more), has_more)


def describe_news(portal: Portal, city: Jurisdiction, facts: Facts, items: Items) -> dict[str, Any]:
    """The cases as the API has them, and their changes; none of a case that is no longer public.

    Raises TakesTooLong while the facts have something that has been hidden since.
    """
    require_nothing_hidden_since(portal, facts)
    keys = [*items.new, *(key for key, _, _ in items.changed)]
    with portal.public_connection() as connection:
        cases = published_cases(connection, city.id, city.zone, keys, CASE_COLUMN_NAMES)
        changes = revisions_between(connection, city.id, facts, items.changed)
    return {
        "new": [cases[key] for key in items.new if key in cases],
        "changed": [
            {"case": cases[key], "changes": changes[key]}
            for key, _, _ in items.changed
            if key in cases and key in changes
        ],
    }


def _find_new(facts: Facts, selection: Selection, told: Told, most: int) -> tuple[int, ...]:
    where, values = facts_where(facts, selection)
    rows = facts.rows(
        f"select id from cases where first_shown_at >= ? and {where}"
        " and id not in (select unnest(?::bigint[])) order by first_shown_at, id"
        f" limit {int(most)}",
        [_floor(told.seen_at), *values, list(told.new_keys)],
    )
    return tuple(key for (key,) in rows)


def _find_changed(
    facts: Facts, selection: Selection, told: Told, most: int
) -> list[tuple[int, int]]:
    """Batches and keys, in the order in which they were stored."""
    where, values = facts_where(facts, selection)
    return facts.rows(
        f"select rev, id from revisions where field in ({FIELD_LIST}) and rev <= ?"
        " and (rev, id) > (?, ?)"
        f" and id in (select id from cases where {where})"
        f" group by rev, id order by rev, id limit {int(most)}",
        [facts.batch, told.batch, told.case_key, *values],
    )


def _spans(changed: Sequence[tuple[int, int]], new: set[int]) -> tuple[tuple[int, int, int], ...]:
    spans: dict[int, tuple[int, int, int]] = {}
    for rev, key in changed:
        if key not in new:  # what is new is told as it is now
            first = spans[key][1] if key in spans else rev
            spans[key] = key, first, rev
    return tuple(spans.values())


def _move(
    facts: Facts,
    told: Told,
    new: tuple[int, ...],
    changed: Sequence[tuple[int, int]],
    has_more: bool,
) -> Told:
    recent = {*told.new_keys, *new}
    if has_more:
        batch, key = changed[-1] if changed else (told.batch, told.case_key)
        return Told(batch, key, told.seen_at, tuple(sorted(recent)))
    kept = facts.rows(
        "select id from cases where first_shown_at >= ? and id in (select unnest(?::bigint[]))",
        [_floor(facts.as_of), sorted(recent)],
    )
    return Told(facts.batch, WHOLE_BATCH, facts.as_of, tuple(key for (key,) in kept))


def _floor(seen_at: int) -> int:
    return seen_at - LATE_SECONDS
