"""Open cases that a report may repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.errors import NotReady
from portal.queries.cases.nearby import NearbyCase, NearbySearch, nearby_cases

if TYPE_CHECKING:
    from portal.context import Portal

SIMILAR_METRES = 100
MAX_SIMILAR = 5
SECONDS_PER_HOUR = 3_600


def open_cases_like(
    portal: Portal, city_id: str, service_slug: str, lat: float, lon: float, now: int
) -> tuple[NearbyCase, ...]:
    """Open public cases of a type within 100 m of a place, nearest first; at most five.

    `now` in epoch seconds. Empty before the first facts are published.
    """
    try:
        facts = portal.facts(city_id)
    except NotReady:
        return ()
    hour = now - now % SECONDS_PER_HOUR
    search = NearbySearch(lat, lon, SIMILAR_METRES, service_slug, limit=MAX_SIMILAR)
    near = portal.cached(nearby_cases, city_id, facts, search, hour)
    return tuple(case for case in near if case.status != "closed")
