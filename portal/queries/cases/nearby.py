"""Cases near a place. Found in the facts, shown as the store publishes them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from portal.facts.reader import Facts
from portal.queries.cases.case_cards import CaseCard, cards_by_key
from portal.queries.cases.distance_sql import DISTANCE, around, distance_values

RECENTLY_CLOSED_DAYS = 60
MAX_METRES, MAX_NEARBY = 5_000, 100
SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class NearbyCase(CaseCard):
    """A case and how far away it is."""

    metres: int


@dataclass(frozen=True)
class NearbySearch:
    """Which cases near a place (degrees) to look for, and how many.

    `service`: a service's slug; None: any. `exclude`: a case id to leave out, such as that of the
    case the page is about.
    """

    lat: float
    lon: float
    metres: int = 250
    service: str | None = None
    exclude: str | None = None
    limit: int = 8


def nearby_cases(
    connection: Connection, city_id: str, facts: Facts, search: NearbySearch, now: int
) -> tuple[NearbyCase, ...]:
    """Cases within `search.metres` of the place: open ones, then those closed in the last 60 days.

    Both closest first. Cases without a location are near nothing. `now` (epoch s) decides what is
    overdue. Source: the city's cases as published.
    """
    metres_by_key = _metres_by_key(facts, search, now)
    cards = cards_by_key(connection, city_id, list(metres_by_key), now)
    return tuple(
        NearbyCase(**vars(cards[key]), metres=metres)
        for key, metres in metres_by_key.items()
        if key in cards
    )


def _metres_by_key(facts: Facts, search: NearbySearch, now: int) -> dict[int, int]:
    """Metres by the store's key, in the order of the answer."""
    metres = max(1, min(search.metres, MAX_METRES))
    closed_since = now - RECENTLY_CLOSED_DAYS * SECONDS_PER_DAY
    values = [*distance_values(search.lat, search.lon), 100 * metres, closed_since, now]
    rows = facts.rows(
        f"select id, {DISTANCE} as distance from cases"
        f" where {around(search.lat, search.lon, metres)} and {_of_service(facts, search.service)}"
        " and distance <= ? and (status < 2 or (closed_at > ? and closed_at <= ?))"
        " and case_id is distinct from ?"
        " order by status = 2, distance, id desc limit ?",
        [*values, search.exclude, min(search.limit, MAX_NEARBY)],
    )
    return {key: round(distance / 100) for key, distance in rows}


def _of_service(facts: Facts, service: str | None) -> str:
    if service is None:
        return "true"
    ids = facts.ids_of("service", [service])
    return f"service in ({', '.join(map(str, ids))})" if ids else "false"
