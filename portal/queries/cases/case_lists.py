"""Lists of cases in the order a visitor asked for, page by page.

    page = newest_cases(connection, city_id, selection, limit=50)
    next_page = newest_cases(connection, city_id, selection, limit=50, after=page.next_after)

Cases are found in the store where one of its indexes leads to them, else in the facts; what a list
shows of them always comes from the store's public views.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, RowMapping, text

from portal.domain.filters import STILL_OPEN, CaseFilter
from portal.domain.sort_order import CaseOrder
from portal.errors import BadRequest
from portal.facts.reader import Facts
from portal.filter_sql import (
    SLUG_FIELDS,
    FactsSql,
    Selection,
    StoreQuestion,
    facts_where,
    store_where,
)
from portal.queries.cases.case_cards import (
    CARD,
    CARD_NAMES,
    CaseCard,
    card_fields,
    card_rows,
    cards_by_key,
    newest_first,
)
from portal.queries.cases.case_numbers import newest_key
from portal.queries.cases.distance_sql import DISTANCE, around, distance_values
from portal.queries.cases.nearby import NearbyCase
from portal.store import search_index

MAX_CASES = 1_000
MAX_SPLIT = 8
FIRST_METRES, WIDER, MAX_METRES = 300, 8, 3_000

Mark = tuple[int, int]
"""Where a page ended: what the list is sorted by, and the store's key, of its last case.

In an address it has the case's number, not its key: keys are given to hidden cases too, so their
gaps would tell how many there are."""
BEFORE_ALL, AFTER_ALL = -1, 2**62


@dataclass(frozen=True)
class CasePage:
    """Some cases of a list. `next_after` asks for those that follow; None where there are none."""

    cases: tuple[CaseCard, ...]
    next_after: str | None


def newest_cases(
    connection: Connection,
    city_id: str,
    selection: Selection,
    limit: int = 50,
    after: str | None = None,
    facts: Facts | None = None,
) -> CasePage:
    """The selection's cases, newest first: `limit` of them after the mark of an earlier page.

    With `facts`, what no index of the store leads to is found there: milliseconds instead of a
    walk through the store. With the selection's `words` too, the list agrees with the map to the
    case. Raises BadRequest for an `after` that no page gave. Source: the city's cases as
    published.
    """
    limit = max(1, min(limit, MAX_CASES))
    mark = find_mark(connection, city_id, after, if_gone=AFTER_ALL)
    if facts is not None and _is_for_facts(selection):
        keys = [key for key, _ in _newest_in_facts(facts, selection, limit + 1, mark)]
        # A case hidden since the facts were published has no row here: the keys, not the rows,
        # tell whether there is more.
        shown = card_rows(connection, city_id, keys[:limit])
        has_more = len(keys) > limit
    else:
        rows = newest_first(_newest_in_store(connection, city_id, selection, limit + 1, mark))
        shown = rows[:limit]
        has_more = len(rows) > limit
    next_after = None
    if shown and has_more:
        next_after = make_mark(shown[-1]["opened_at"], shown[-1]["case_id"])
    cards = tuple(CaseCard(**card_fields(row, selection.now)) for row in shown)
    return CasePage(cards, next_after)


def cases_in_order(
    connection: Connection,
    city_id: str,
    facts: Facts,
    selection: Selection,
    order: CaseOrder,
    limit: int = 50,
    after: str | None = None,
) -> CasePage:
    """The selection's cases in an order: `limit` of them after the mark of an earlier page.

    newest    all
    oldest    longest waiting first; open and in progress alone where the filter names no status
    followed  by number of followers; among equals the one that arrived last comes first
    closest   those with a location, as NearbyCase; the order must name a place

    Raises BadRequest for an `after` that no page gave, and for closest to nowhere.
    Source: the city's cases as published; followers by our own count.
    """
    if order.name == "newest":
        return newest_cases(connection, city_id, selection, limit, after, facts)
    limit = max(1, min(limit, MAX_CASES))
    mark = find_mark_in(connection, city_id, order, after)
    rows = keys_in_order(facts, selection, order, limit + 1, mark)
    cards = cards_by_key(connection, city_id, [key for key, _ in rows[:limit]], selection.now)
    shown = [(cards[key], value) for key, value in rows[:limit] if key in cards]
    next_after = None
    if len(rows) > limit and shown:
        last, value = shown[-1]
        next_after = make_mark(value, last.case_id)
    if order.name != "closest":
        return CasePage(tuple(card for card, _ in shown), next_after)
    near = (NearbyCase(**vars(card), metres=round(cm / 100)) for card, cm in shown)
    return CasePage(tuple(near), next_after)


def find_mark_in(
    connection: Connection, city_id: str, order: CaseOrder, after: str | None
) -> Mark | None:
    """What the `after` of a list in this order stands for. Raises BadRequest."""
    if_gone = AFTER_ALL if order.name in ("newest", "followed") else BEFORE_ALL
    return find_mark(connection, city_id, after, if_gone)


def keys_of_page(
    connection: Connection,
    city_id: str,
    facts: Facts,
    selection: Selection,
    order: CaseOrder,
    limit: int,
    mark: Mark | None = None,
) -> list[tuple[int, int]]:
    """The keys of the same cases, each with the number that the list is sorted by.

    For lists that show other columns than a card has.
    """
    if order.name != "newest" or _is_for_facts(selection):
        return keys_in_order(facts, selection, order, limit, mark)
    rows = _newest_in_store(connection, city_id, selection, limit, mark, "c.id, c.opened_at")
    return sorted(((row["id"], row["opened_at"]) for row in rows), key=_by_value, reverse=True)


def most_followed(
    connection: Connection, city_id: str, facts: Facts, selection: Selection, limit: int
) -> tuple[CaseCard, ...]:
    """The selection's open and in-progress cases with the most followers; none without any."""
    selection = replace(selection, case_filter=replace(selection.case_filter, status=STILL_OPEN))
    page = cases_in_order(connection, city_id, facts, selection, CaseOrder("followed"), limit)
    return tuple(case for case in page.cases if case.followers)


def make_mark(value: int, case_id: str) -> str:
    """The mark of a page's last case, as an address has it."""
    return f"{value}~{case_id}"


def find_mark(connection: Connection, city_id: str, after: str | None, if_gone: int) -> Mark | None:
    """What a page's mark stands for. Raises BadRequest for a mark that no page gave.

    `if_gone` is the key of a case that is not public any more: the next page then shows cases with
    the same value again rather than leave some out.
    """
    if not after:
        return None
    value, _, number = after.partition("~")
    if not number or not re.fullmatch(r"-?\d{1,12}", value, re.ASCII):
        raise refuse_mark(after)
    return int(value), newest_key(connection, city_id, number, if_gone)


def refuse_mark(after: str) -> BadRequest:
    """To raise for a mark that no page gave."""
    problem = BadRequest(
        "We do not understand after=“{mark}”. It is the mark at the end of an earlier page.",
        mark=after[:40],
    )
    problem.parameter = "after"
    return problem


def _is_for_facts(selection: Selection) -> bool:
    return selection.words is not None or not _has_own_index(selection.case_filter)


def _has_own_index(case_filter: CaseFilter) -> bool:
    """Whether one index of the store leads to the filter's cases and to no others.

    Such are days of opening together with nothing else, one service, one neighborhood, or open.
    """
    fields = (*SLUG_FIELDS, "status", "photo", "bbox", "q")
    asked = [name for name in fields if getattr(case_filter, name)]
    if asked == ["q"] or not asked:
        return True
    if len(asked) > 1:
        return False
    if asked == ["status"]:
        return "open" in case_filter.status and not {"closed", "overdue"} & set(case_filter.status)
    return asked[0] in ("service", "neighborhood") and len(getattr(case_filter, asked[0])) == 1


def _by_value(row: tuple[int, int]) -> tuple[int, int]:
    return row[1], row[0]


def _newest_in_store(
    connection: Connection,
    city_id: str,
    selection: Selection,
    limit: int,
    mark: Mark | None,
    shown: str = "",
) -> Sequence[RowMapping]:
    """Rows of the newest cases, in any order: of cards, or with the columns `shown`."""
    source, order, search = "public_cases c", "c.opened_at desc, c.id desc", None
    if words := selection.case_filter.q:
        search = search_index.parameters(connection, city_id, words)
        if search is None:
            return []
        source = search_index.FROM[connection.dialect.name]
        order = search_index.newest_first(connection, search)
    where, values = store_where(StoreQuestion(connection, city_id, selection, search))
    if mark:
        where += " and (c.opened_at, c.id) < (:before_opened_at, :before_id)"
        values |= {"before_opened_at": mark[0], "before_id": mark[1]}
    # The names are joined to the few cases shown: joined first, PostgreSQL sorts a whole city.
    few = f"select c.* from {source} where {where} order by {order} limit :limit"
    query = f"select {shown or CARD} from ({few}) c {'' if shown else CARD_NAMES}"
    statement = search_index.statement(connection, query) if words else text(query)
    return connection.execute(statement, {**values, "limit": limit}).mappings().all()


def _newest_in_facts(
    facts: Facts, selection: Selection, limit: int, mark: Mark | None
) -> list[tuple[int, int]]:
    """The store's keys of the newest cases, with their opening times."""
    newest = f"order by opened_at desc, id desc limit {limit}"
    parts, values = [], []
    for one in _one_value_each(selection):
        past = "opened_at < ? or (opened_at = ? and id < ?)"
        where, more = _go_on(facts_where(facts, one), mark, past)
        parts.append(f"(select id, opened_at from cases where {where} {newest})")
        values += more
    return facts.rows(f"select id, opened_at from ({' union all '.join(parts)}) {newest}", values)


def _go_on(condition: FactsSql, mark: Mark | None, past: str) -> FactsSql:
    """The condition of a page; `past` says in SQL what comes after the mark the last one left."""
    if not mark:
        return condition
    where, values = condition
    return f"{where} and ({past})", [*values, mark[0], mark[0], mark[1]]


def _one_value_each(selection: Selection) -> list[Selection]:
    """The same selection as a few, with one value where a field has several.

    The newest of each are found five times as fast as of all at once.
    """
    case_filter = selection.case_filter
    for name in SLUG_FIELDS:
        if 2 <= len(slugs := getattr(case_filter, name)) <= MAX_SPLIT:
            return [
                replace(selection, case_filter=replace(case_filter, **{name: (slug,)}))
                for slug in slugs
            ]
    return [selection]


def keys_in_order(
    facts: Facts, selection: Selection, order: CaseOrder, limit: int, mark: Mark | None
) -> list[tuple[int, int]]:
    """The store's keys of the cases in an order, each with the number it is sorted by.

    Raises BadRequest for closest to nowhere.
    """
    if order.name == "newest":
        return _newest_in_facts(facts, selection, limit, mark)
    condition = facts_where(facts, selection)
    if order.name == "oldest":
        return _oldest(facts, selection, condition, limit, mark)
    if order.name == "followed":
        return _most_followed(facts, condition, limit, mark)
    if order.lat is None or order.lon is None:
        raise BadRequest("“Closest” needs a place: lat and lon in degrees.")
    return _closest(facts, condition, (order.lat, order.lon), limit, mark)


def _oldest(
    facts: Facts, selection: Selection, condition: FactsSql, limit: int, mark: Mark | None
) -> list[tuple[int, int]]:
    """Keys with their opening times."""
    where, values = _go_on(condition, mark, "opened_at > ? or (opened_at = ? and id > ?)")
    if not selection.case_filter.status:
        where = f"status < 2 and {where}"
    order = f"order by opened_at, id limit {limit}"
    return facts.rows(f"select id, opened_at from cases where {where} {order}", values)


def _most_followed(
    facts: Facts, condition: FactsSql, limit: int, mark: Mark | None
) -> list[tuple[int, int]]:
    """Keys with their numbers of followers."""
    where, values = _go_on(condition, mark, "followers < ? or (followers = ? and id < ?)")
    order = f"order by followers desc, id desc limit {limit}"
    return facts.rows(f"select id, followers from cases where {where} {order}", values)


def _closest(
    facts: Facts, condition: FactsSql, place: tuple[float, float], limit: int, mark: Mark | None
) -> list[tuple[int, int]]:
    """Keys with their distances in centimetres.

    Looked for in growing circles: most pages end within a few streets.
    """
    where, values = _go_on(condition, mark, "distance > ? or (distance = ? and id > ?)")
    values = [*distance_values(*place), *values]
    select = f"select id, {DISTANCE} as distance from cases where"
    order = f"order by distance, id limit {limit}"
    metres = float(FIRST_METRES)
    if mark:
        metres = max(metres, mark[0] / 100 * math.sqrt(2))
    while metres <= MAX_METRES:
        within = f"{around(*place, metres)} and {where} and distance <= ?"
        found = facts.rows(f"{select} {within} {order}", [*values, 100 * metres])
        if len(found) == limit:
            return found
        metres *= WIDER
    return facts.rows(f"{select} lat is not null and {where} {order}", values)
