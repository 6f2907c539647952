"""Cases near a place. Found in the facts, shown as the store publishes them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from portal.facts.reader import Facts
from portal.queries.cases.cases import CaseCard, cards_by_key
from portal.queries.cases.distance_sql import DISTANCE, around, distance_values

RECENTLY_CLOSED_DAYS = 60
MAX_METRES, MAX_NEARBY = 5_000, 100
SECONDS_PER_DAY = 86_400


@dataclass(frozen=True)
class NearbyCase(CaseCard):
    """A case and how far away it is."""

    metres: int


def nearby_cases(
    connection: Connection,
    city_id: str,
    facts: Facts,
    lat: float,
    lon: float,
    now: int,
    service: str | None = None,
    metres: int = 250,
    limit: int = 8,
    exclude: str | None = None,
) -> tuple[NearbyCase, ...]:
    """Cases of a service (its slug; None: of any) within `metres` of a place: the open ones, then those closed in the last 60 days.

    Each kind closest first. `exclude` is a case id not to show: the case that the page is about. Cases without a location are near
    nothing. None near: empty. Source: the city's cases as published.
    """
    found = _found(
        facts,
        lat,
        lon,
        now,
        service,
        max(1, min(metres, MAX_METRES)),
        min(limit, MAX_NEARBY),
        exclude,
    )
    cards = cards_by_key(connection, city_id, list(found), now)
    return tuple(
        NearbyCase(**vars(cards[key]), metres=distance)
        for key, distance in found.items()
        if key in cards
    )


def _found(
    facts: Facts,
    lat: float,
    lon: float,
    now: int,
    service: str | None,
    metres: int,
    limit: int,
    exclude: str | None,
) -> dict[int, int]:
    """Metres by the store's key, in the order of the answer."""
    of_service = "true"
    if service is not None:
        ids = facts.ids_of("service", [service])
        of_service = f"service in ({', '.join(map(str, ids))})" if ids else "false"
    rows = facts.rows(
        f"select id, {DISTANCE} as distance from cases where {around(lat, lon, metres)} and {of_service} and distance <= ? "
        "and (status < 2 or (closed_at > ? and closed_at <= ?)) and case_id is distinct from ? "
        "order by status = 2, distance, id desc limit ?",
        [
            *distance_values(lat, lon),
            100 * metres,
            now - RECENTLY_CLOSED_DAYS * SECONDS_PER_DAY,
            now,
            exclude,
            limit,
        ],
    )
    return {key: round(distance / 100) for key, distance in rows}
