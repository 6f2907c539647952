"""Where a report can be: places for what was typed, what is around a pin, and who is in charge.

places_named(portal, city, "3 Adams St", "en")  # (PlaceChoice("3 Adams St", "Northside", …),)
address_near(portal, city, 42.3209, -71.07)  # "Near 3 Adams St"
out_of_reach_at(portal, city, 42.3209, -71.07)  # None: report it here
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.domain.addresses import NEAR
from portal.domain.bounds import Bounds
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report_rules import OthersLand
from portal.errors import NotReady
from portal.queries.cases.address_search import PlaceHit, find_place
from portal.queries.cases.areas import Area
from portal.queries.cases.nearby import NearbySearch, nearby_cases
from portal.queries.cases.outlines import Outline, area_at, area_layers, clip_areas
from portal.queries.cases.search_box import areas_by_name
from portal.queries.cases.street_names import StreetIndex, street_index
from portal.queries.report.street_lines import StreetLine, nearest_address, streets_in

if TYPE_CHECKING:
    from portal.context import Portal

ADDRESS_METRES = 120
"""A house farther from the pin than this doesn't say where the pin is."""
SHORE_METRES = 80
"""The city's outlines are drawn to about 20 m, and its piers and bridges reach past them."""
MAX_CHOICES = 6
CASES_METRES = 300
MAX_CASES = 60
SECONDS_PER_HOUR = 3_600


@dataclass(frozen=True)
class PlaceChoice:
    """A place that a resident may mean, in degrees. `area` tells two of the same name apart."""

    name: str
    area: str | None
    lat: float
    lon: float


@dataclass(frozen=True)
class OutOfReach:
    """The city takes no reports at a place. `land` says whose it is; None: outside of the city."""

    land: OthersLand | None = None


@dataclass(frozen=True)
class Surroundings:
    """What to draw around a pin. Streets and cases, as (lat, lon), are empty from far away."""

    outlines: tuple[Outline, ...]
    streets: tuple[StreetLine, ...] = ()
    cases: tuple[tuple[float, float], ...] = ()


def places_named(
    portal: Portal, city: Jurisdiction, typed: str, language: str
) -> tuple[PlaceChoice, ...]:
    """Places that `typed` may mean, likeliest first; at most six. Nothing found: empty.

    Houses, streets and intersections that cases name, then neighborhoods; if there are none, what
    the geocoder finds, if there is one. `language` is the reader's, for the geocoder's answer.
    """
    found = _addresses_named(portal, city, typed) + _neighborhoods_named(portal, city, typed)
    if not found and portal.geocoder is not None:
        places = portal.geocoder.find(typed, city.bounds, language)
        found = [PlaceChoice(place.name, None, place.lat, place.lon) for place in places]
    return tuple(found[:MAX_CHOICES])


def _addresses_named(portal: Portal, city: Jurisdiction, typed: str) -> list[PlaceChoice]:
    hits = find_place(_streets(portal, city), typed, MAX_CHOICES)
    # If the very house is known, houses on other streets of the same name are not meant.
    exact = [hit for hit in hits if hit.kind == "address" and not hit.is_near]
    return [_choice_of(hit) for hit in exact or hits]


def _choice_of(hit: PlaceHit) -> PlaceChoice:
    name = hit.name
    if hit.kind == "address" and hit.asked_number is not None and hit.is_near:
        # The pin is at the nearest house we know; the resident knows the number.
        name = f"{hit.asked_number} {hit.name.partition(' ')[2]}"
    return PlaceChoice(name, hit.area, hit.lat, hit.lon)


def _neighborhoods_named(portal: Portal, city: Jurisdiction, typed: str) -> list[PlaceChoice]:
    outlines = clip_areas(_neighborhoods(portal, city), city.bounds)
    name_at = {outline.name: outline.name_at for outline in outlines}
    places = portal.cached(areas_by_name, city.id, typed)
    names = [place.name for place in places if place.kind == "neighborhood"]
    return [PlaceChoice(name, None, *name_at[name]) for name in names if name in name_at]


def neighborhood_at(portal: Portal, city: Jurisdiction, lat: float, lon: float) -> str | None:
    """The neighborhood that a place is in, or off whose shore it is; None if in none."""
    return area_at(_neighborhoods(portal, city), lat, lon, SHORE_METRES)


def address_near(portal: Portal, city: Jurisdiction, lat: float, lon: float) -> str:
    """ "Near 217 Tansythorpe Rd": the nearest known house within 120 m; empty if there is none."""
    house = nearest_address(_streets(portal, city), lat, lon, ADDRESS_METRES)
    return f"{NEAR}{house.address}" if house else ""


def out_of_reach_at(
    portal: Portal, city: Jurisdiction, lat: float, lon: float
) -> OutOfReach | None:
    """Why the city takes no reports at a place; None if it takes them."""
    if land := city.find_others_land(lat, lon):
        return OutOfReach(land)
    if not city.bounds.holds(lat, lon):
        return OutOfReach()
    known = _neighborhoods(portal, city)
    is_inside = not known or area_at(known, lat, lon, SHORE_METRES)
    return None if is_inside else OutOfReach()


def surroundings_of(
    portal: Portal, city: Jurisdiction, lat: float, lon: float, box: Bounds, now: int | None
) -> Surroundings:
    """What to draw in a box around a place; `now` in epoch seconds, None: outlines only."""
    outlines = clip_areas(_neighborhoods(portal, city), box)
    if now is None:
        return Surroundings(outlines)
    streets = streets_in(_streets(portal, city), box)
    return Surroundings(outlines, streets, _cases_near(portal, city, lat, lon, now))


def _cases_near(
    portal: Portal, city: Jurisdiction, lat: float, lon: float, now: int
) -> tuple[tuple[float, float], ...]:
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return ()
    hour = now - now % SECONDS_PER_HOUR
    search = NearbySearch(lat, lon, CASES_METRES, limit=MAX_CASES)
    near = portal.cached(nearby_cases, city.id, facts, search, hour)
    places = ((case.lat, case.lon) for case in near)
    return tuple((lat, lon) for lat, lon in places if lat is not None and lon is not None)


def _neighborhoods(portal: Portal, city: Jurisdiction) -> tuple[Area, ...]:
    return portal.cached(area_layers, city.id)["neighborhood"]


def _streets(portal: Portal, city: Jurisdiction) -> StreetIndex:
    return portal.cached_stale(street_index, city.id, city.name)
