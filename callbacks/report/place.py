"""Where a report's problem is: from what was typed, from a button, or from a tap on the map; and whether the city is the one to ask."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from flask import request

from layouts.report.draft import Draft
from layouts.report.form import Problem
from layouts.report.pin_map import (
    FARTHEST,
    NEAREST,
    STEP,
    STREETS_FROM,
    USUAL,
    PinMap,
    box_of,
    moved,
    zoom_for,
)
from layouts.report.place import ADDRESS_BOX, PIN, NotHere, PlaceChoice, PlaceView
from layouts.shared import formats
from layouts.shared.language import _, pick_translation
from portal.context import Portal
from portal.domain.addresses import NEAR
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import BadRequest, NotReady
from portal.queries.cases.address_search import PlaceHit, find_place
from portal.queries.cases.areas import Area
from portal.queries.cases.nearby import NearbySearch, nearby_cases
from portal.queries.cases.outlines import area_at, area_layers, clip_areas
from portal.queries.cases.search_box import areas_by_name
from portal.queries.cases.street_names import StreetIndex, street_index
from portal.queries.report.street_lines import nearest_address, streets_in

ADDRESS_METRES = 120
"""Farther from the pin than this, a house does not say where the pin is."""
SHORE_METRES = 80
"""The city's outlines are drawn to about 20 m, and its piers and bridges reach over them."""
MAX_CHOICES = 6
HOUR = 3_600
CASES_DRAWN, CASES_DRAWN_METRES = 60, 300
DIRECTIONS = {"north": (0, -STEP), "south": (0, STEP), "west": (-STEP, 0), "east": (STEP, 0)}


class Found(NamedTuple):
    """What came of looking for what was typed."""

    draft: Draft
    choices: tuple[PlaceChoice, ...] = ()
    problems: tuple[Problem, ...] = ()


def view_of(
    portal: Portal,
    city: Jurisdiction,
    draft: Draft,
    now: int,
    choices: tuple[PlaceChoice, ...] = (),
) -> PlaceView:
    """What the place's screen shows. Without a pin the map is of the whole city."""
    refused = why_not_here(portal, city, draft)
    return PlaceView(_map(portal, city, draft, now), said_of(portal, city, draft), choices, refused)


def _map(portal: Portal, city: Jurisdiction, draft: Draft, now: int) -> PinMap:
    if draft.lat is None or draft.lon is None:
        lat, lon = city.bounds.center
        zoom = draft.zoom or zoom_for(city.bounds)
    else:
        lat, lon, zoom = draft.lat, draft.lon, draft.zoom or USUAL
    box = box_of(lat, lon, zoom)
    tile_url = "" if portal.settings.tile_url == "none" else portal.settings.tile_url
    near = zoom >= STREETS_FROM
    return PinMap(
        lat=lat,
        lon=lon,
        zoom=zoom,
        outlines=clip_areas(_neighborhoods(portal, city), box),
        streets=streets_in(_streets(portal, city), box) if near else (),
        cases=_cases(portal, city, lat, lon, now - now % HOUR) if near else (),
        tile_url=tile_url,
        credit=portal.settings.tile_attribution if tile_url else "",
    )


def _cases(
    portal: Portal, city: Jurisdiction, lat: float, lon: float, now: int
) -> tuple[tuple[float, float], ...]:
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return ()
    search = NearbySearch(lat, lon, CASES_DRAWN_METRES, limit=CASES_DRAWN)
    near = portal.cached(nearby_cases, city.id, facts, search, now)
    return tuple(
        (case.lat, case.lon) for case in near if case.lat is not None and case.lon is not None
    )


def _neighborhoods(portal: Portal, city: Jurisdiction) -> tuple[Area, ...]:
    return portal.cached(area_layers, city.id)["neighborhood"]


def _streets(portal: Portal, city: Jurisdiction) -> StreetIndex:
    return portal.cached_stale(street_index, city.id, city.name)


def area_of(portal: Portal, city: Jurisdiction, draft: Draft) -> str | None:
    """The neighborhood that the pin is in."""
    if draft.lat is None or draft.lon is None:
        return None
    return area_at(_neighborhoods(portal, city), draft.lat, draft.lon, SHORE_METRES)


def said_of(portal: Portal, city: Jurisdiction, draft: Draft) -> str:
    """“Near 217 Tansythorpe Rd, Roxbury”: what is known of the pin's place. Empty without a pin."""
    if draft.lat is None or draft.lon is None:
        return ""
    area = area_at(_neighborhoods(portal, city), draft.lat, draft.lon, SHORE_METRES)
    address = formats.place_name(draft.address)
    if address and area and address != area:
        return _("{address}, {neighborhood}", address=address, neighborhood=area)
    return address or area or _("{lat}, {lon}", lat=f"{draft.lat:.5f}", lon=f"{draft.lon:.5f}")


def why_not_here(portal: Portal, city: Jurisdiction, draft: Draft) -> NotHere | None:
    """Why nothing can be reported to this city at the pin, and whom to turn to. None where it can, and without a pin."""
    if draft.lat is None or draft.lon is None:
        return None
    if land := city.find_others_land(draft.lat, draft.lon):
        return NotHere((pick_translation(land.sentence),), land.owner, land.elsewhere)
    known = _neighborhoods(portal, city)
    is_inside = city.bounds.holds(draft.lat, draft.lon) and (
        not known or area_at(known, draft.lat, draft.lon, SHORE_METRES)
    )
    if is_inside:
        return None
    way_out = _(
        "Please turn to the town or city that the place is in. If the pin is wrong, move it or type an address."
    )
    return NotHere((_("This place is outside of {city}.", city=city.name), way_out))


def with_address(portal: Portal, city: Jurisdiction, draft: Draft) -> Draft:
    """The draft with the address of the nearest known house, where one is near the pin."""
    if draft.lat is None or draft.lon is None:
        return draft
    house = nearest_address(_streets(portal, city), draft.lat, draft.lon, ADDRESS_METRES)
    return replace(draft, address=f"{NEAR}{house.address}" if house else "")


def find(portal: Portal, city: Jurisdiction, draft: Draft) -> Found:
    """Look for what was typed: one place is taken at once, of several the resident chooses."""
    typed = draft.place
    if not typed:
        return Found(
            draft, (), (Problem(ADDRESS_BOX, _("Type an address, a crossing or a street.")),)
        )
    choices = _choices(portal, city, typed)
    if not choices:
        sentence = _(
            "We do not know “{typed}”. Try the street alone, or tap the map.", typed=typed[:60]
        )
        return Found(draft, (), (Problem(ADDRESS_BOX, sentence),))
    if len(choices) == 1:
        return Found(take(draft, choices[0]))
    return Found(draft, choices)


def _choices(portal: Portal, city: Jurisdiction, typed: str) -> tuple[PlaceChoice, ...]:
    """Houses, streets and crossings that the cases name, then neighborhoods, then what a geocoder knows if there is one."""
    hits = find_place(_streets(portal, city), typed, MAX_CHOICES)
    # Where the very house is known, houses of streets of the same name elsewhere are not meant.
    found = [
        _choice(hit)
        for hit in [hit for hit in hits if hit.kind == "address" and not hit.is_near] or hits
    ]
    outlines = {
        outline.name: outline for outline in clip_areas(_neighborhoods(portal, city), city.bounds)
    }
    named = [
        place.name
        for place in portal.cached(areas_by_name, city.id, typed)
        if place.kind == "neighborhood"
    ]
    found += [
        PlaceChoice(name, None, *outlines[name].name_at) for name in named if name in outlines
    ]
    if not found and portal.geocoder is not None:
        places = portal.geocoder.find(typed, city.bounds, request.accept_languages.best or "en")
        found = [PlaceChoice(place.name, None, place.lat, place.lon) for place in places]
    return tuple(found[:MAX_CHOICES])


def _choice(hit: PlaceHit) -> PlaceChoice:
    name = hit.name
    if hit.kind == "address" and hit.asked_number is not None and hit.is_near:
        # The pin stands at the nearest house we know; the resident knows the number.
        name = f"{hit.asked_number} {hit.name.partition(' ')[2]}"
    return PlaceChoice(name, hit.area, hit.lat, hit.lon)


def take(draft: Draft, choice: PlaceChoice) -> Draft:
    """The draft with its pin at a place, which is then what stands in the box."""
    return replace(draft.at(choice.lat, choice.lon, choice.name), place=choice.name, zoom=USUAL)


def hit(draft: Draft, value: str) -> Draft:
    """The draft at the place of a button: "42.33,-71.07,217 Tansythorpe Rd". Raises BadRequest for what no button says."""
    parts = value.split(",", 2)
    try:
        lat, lon, name = float(parts[0]), float(parts[1]), parts[2][:120]
    except (ValueError, IndexError):
        raise BadRequest("This place is not one of those offered.") from None
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) < 85 and abs(lon) <= 180):
        raise BadRequest("This place is not one of those offered.")
    return take(draft, PlaceChoice(name, None, lat, lon))


def move(portal: Portal, city: Jurisdiction, draft: Draft, go: str) -> Draft:
    """The draft after one press of an arrow, or of closer and farther."""
    lat, lon = (
        (draft.lat, draft.lon)
        if draft.lat is not None and draft.lon is not None
        else city.bounds.center
    )
    zoom = draft.zoom or (USUAL if draft.has_place else zoom_for(city.bounds))
    if go in DIRECTIONS:
        place = moved(lat, lon, zoom, *DIRECTIONS[go])
        return with_address(portal, city, replace(draft.at(*place), zoom=zoom))
    zoom += 1 if go == "closer" else -1
    return replace(draft, zoom=max(FARTHEST, min(NEAREST, zoom)))


def problems_of(portal: Portal, city: Jurisdiction, draft: Draft) -> tuple[Problem, ...]:
    """What keeps the report from going on from here."""
    if not draft.has_place:
        return (
            Problem(
                ADDRESS_BOX, _("Say where it is: type an address and press Find, or move the pin.")
            ),
        )
    if refused := why_not_here(portal, city, draft):
        return (Problem(PIN, refused.said),)
    return ()
