"""Lists of cases in the order a visitor asked for, page by page. Found in the facts, shown as the store publishes them."""

from __future__ import annotations

import math
from dataclasses import replace
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from portal.domain.filters import STILL_OPEN, CaseFilter
from portal.domain.sort_order import CaseOrder
from portal.errors import BadRequest
from portal.facts.reader import Facts
from portal.facts.where import conditions
from portal.queries.cases.cases import (
    MAX_CASES,
    CaseCard,
    CasePage,
    cards_by_key,
    mark_of,
    newest_cases,
)
from portal.queries.cases.distance_sql import DISTANCE, around, distance_values
from portal.queries.cases.similar import NearbyCase
from portal.store.search_index import WordMatches

FIRST_METRES, WIDER, MAX_METRES = 300, 8, 3_000


def cases_in_order(
    connection: Connection,
    city_id: str,
    facts: Facts,
    case_filter: CaseFilter,
    zone: ZoneInfo,
    now: int,
    order: CaseOrder,
    limit: int = 50,
    after: str | None = None,
    words: WordMatches | None = None,
) -> CasePage:
    """The filter's cases in an order, `limit` of them after the mark that an earlier page of the same order gave.

    Newest: all. Oldest: the longest waiting first; where the filter names no status those that are open or in progress. Followed: by the
    number of their followers, of as many the one that came last. Closest: those with a location, as NearbyCase; the order must name a
    place. `words` as in newest_cases. Raises BadRequest for an `after` that no page gave, and for closest to nowhere.
    Source: the city's cases as published; followers by our own count.
    """
    if order.name == "newest":
        return newest_cases(connection, city_id, case_filter, zone, now, limit, after, facts, words)
    limit = max(1, min(limit, MAX_CASES))
    mark = mark_of(after)
    sql, values = conditions(facts, case_filter, zone, now=now, words=words)
    if order.name == "oldest":
        if not case_filter.status:
            sql = f"status < 2 and {sql}"
        rows = _oldest(facts, sql, values, limit + 1, mark)
    elif order.name == "followed":
        rows = _most_followed(facts, sql, values, limit + 1, mark)
    elif order.lat is None or order.lon is None:
        raise BadRequest("“Closest” needs a place: lat and lon in degrees.")
    else:
        rows = _closest(facts, sql, values, order.lat, order.lon, limit + 1, mark)
    cards = cards_by_key(connection, city_id, [key for key, _ in rows[:limit]], now)
    shown = [(cards[key], distance) for key, distance in rows[:limit] if key in cards]
    if order.name == "closest":
        cases = tuple(
            NearbyCase(**vars(card), metres=round(centimetres / 100)) for card, centimetres in shown
        )
    else:
        cases = tuple(card for card, _ in shown)
    last_key, last_value = rows[limit - 1] if len(rows) > limit else (0, 0)
    return CasePage(cases, f"{last_value}-{last_key}" if len(rows) > limit else None)


def most_followed(
    connection: Connection,
    city_id: str,
    facts: Facts,
    case_filter: CaseFilter,
    zone: ZoneInfo,
    now: int,
    limit: int,
) -> tuple[CaseCard, ...]:
    """The filter's cases that are open or in progress and that most people follow, so many of them; none that nobody follows."""
    still_open = replace(case_filter, status=STILL_OPEN)
    found = cases_in_order(
        connection, city_id, facts, still_open, zone, now, CaseOrder("followed"), limit
    )
    return tuple(case for case in found.cases if case.followers)


def _oldest(
    facts: Facts, sql: str, values: list, limit: int, mark: tuple[int, int] | None
) -> list[tuple[int, int]]:
    """Keys with their opening times."""
    if mark:
        sql += " and (opened_at > ? or (opened_at = ? and id > ?))"
        values = [*values, mark[0], mark[0], mark[1]]
    return facts.rows(
        f"select id, opened_at from cases where {sql} order by opened_at, id limit {limit}", values
    )


def _most_followed(
    facts: Facts, sql: str, values: list, limit: int, mark: tuple[int, int] | None
) -> list[tuple[int, int]]:
    """Keys with their numbers of followers."""
    if mark:
        sql += " and (followers < ? or (followers = ? and id < ?))"
        values = [*values, mark[0], mark[0], mark[1]]
    return facts.rows(
        f"select id, followers from cases where {sql} order by followers desc, id desc limit {limit}",
        values,
    )


def _closest(
    facts: Facts,
    sql: str,
    values: list,
    lat: float,
    lon: float,
    limit: int,
    mark: tuple[int, int] | None,
) -> list[tuple[int, int]]:
    """Keys with their distances in centimetres, looked for in growing circles: most pages end within some streets."""
    if mark:
        sql += " and (distance > ? or (distance = ? and id > ?))"
        values = [*values, mark[0], mark[0], mark[1]]
    select = f"select id, {DISTANCE} as distance from cases where"
    order = f"order by distance, id limit {limit}"
    metres = (
        float(FIRST_METRES) if mark is None else max(FIRST_METRES, mark[0] / 100 * math.sqrt(2))
    )
    while metres <= MAX_METRES:
        found = facts.rows(
            f"{select} {around(lat, lon, metres)} and {sql} and distance <= ? {order}",
            [*distance_values(lat, lon), *values, 100 * metres],
        )
        if len(found) == limit:
            return found
        metres *= WIDER
    return facts.rows(
        f"{select} lat is not null and {sql} {order}", [*distance_values(lat, lon), *values]
    )
