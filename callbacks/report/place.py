"""The pin of a report: put there by what was typed, by a button, or by a tap on the map."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

from flask import request

from callbacks.report.context import ReportContext
from layouts.report.draft import Draft
from layouts.report.form import Problem
from layouts.report.pin_map import (
    MOVES,
    STREETS_FROM,
    USUAL,
    PinMap,
    change_zoom,
    drawn_box,
    move_place,
    zoom_to_circle,
    zoom_to_fit,
)
from layouts.report.place import ADDRESS_BOX, PIN, NotHere, PlaceView, not_here
from layouts.shared import formats
from layouts.shared.language import _
from portal.errors import BadRequest
from portal.queries.report.report_places import (
    PlaceChoice,
    address_near,
    neighborhood_at,
    out_of_reach_at,
    places_named,
    surroundings_of,
)

MAX_NAME = 120
MAX_NUMBER = 20
MOST_METERS = 1e8
LARGEST_CIRCLE_M = 20_000


class PlaceSearch(NamedTuple):
    """What came of looking for what was typed: the draft, and places to choose from."""

    draft: Draft
    choices: tuple[PlaceChoice, ...] = ()
    problems: tuple[Problem, ...] = ()


def place_view(
    context: ReportContext, draft: Draft, choices: tuple[PlaceChoice, ...] = ()
) -> PlaceView:
    """What the place's screen shows. Without a pin, the map is of the whole city."""
    return PlaceView(
        map=_map(context, draft),
        description=describe_place(context, draft),
        choices=choices,
        refused=_not_here(context, draft),
    )


def rough_view(context: ReportContext, around: Draft, rough_m: float) -> PlaceView:
    """The screen's map where a phone knows its place only roughly: a circle, and no pin in it.

    `around` has the middle, and the zoom if the visitor chose one. A circle larger than cities
    says nothing, so the map is of the whole city then.
    """
    if around.lat is None or rough_m > LARGEST_CIRCLE_M:
        return PlaceView(replace(_map(context, Draft()), rough_m=rough_m))
    zoom = around.zoom or zoom_to_circle(around.lat, rough_m)
    return PlaceView(replace(_map(context, replace(around, zoom=zoom)), rough_m=rough_m))


def read_meters(typed: str) -> float:
    """How far off a phone's place may be; 0 for anything that is no such number."""
    try:
        meters = float(typed[:MAX_NUMBER])
    except ValueError:
        return 0
    return meters if 0 < meters < MOST_METERS else 0


def _map(context: ReportContext, draft: Draft) -> PinMap:
    settings = context.portal.settings
    lat, lon, zoom = _center(context, draft)
    tile_url = "" if settings.tile_url == "none" else settings.tile_url
    now = context.now if zoom >= STREETS_FROM else None
    around = surroundings_of(context.portal, context.city, lat, lon, drawn_box(lat, lon, zoom), now)
    return PinMap(
        lat=lat,
        lon=lon,
        zoom=zoom,
        outlines=around.outlines,
        streets=around.streets,
        cases=around.cases,
        tile_url=tile_url,
        credit=settings.tile_attribution if tile_url else "",
    )


def _center(context: ReportContext, draft: Draft) -> tuple[float, float, int]:
    """The middle of the map, in degrees, and its zoom."""
    if draft.lat is None or draft.lon is None:
        bounds = context.city.bounds
        return *bounds.center, draft.zoom or zoom_to_fit(bounds)
    return draft.lat, draft.lon, draft.zoom or USUAL


def neighborhood_of(context: ReportContext, draft: Draft) -> str | None:
    """The neighborhood that the pin is in."""
    if draft.lat is None or draft.lon is None:
        return None
    return neighborhood_at(context.portal, context.city, draft.lat, draft.lon)


def describe_place(context: ReportContext, draft: Draft) -> str:
    """“Near 217 Tansythorpe Rd, Roxbury”: where the pin is. Empty without a pin."""
    if draft.lat is None or draft.lon is None:
        return ""
    area = neighborhood_of(context, draft)
    address = formats.place_name(draft.address)
    if address and area and address != area:
        return _("{address}, {neighborhood}", address=address, neighborhood=area)
    return address or area or _("{lat}, {lon}", lat=f"{draft.lat:.5f}", lon=f"{draft.lon:.5f}")


def _not_here(context: ReportContext, draft: Draft) -> NotHere | None:
    """Why nothing can be reported at the pin. None if something can, and without a pin."""
    if draft.lat is None or draft.lon is None:
        return None
    reason = out_of_reach_at(context.portal, context.city, draft.lat, draft.lon)
    return not_here(context.city, reason) if reason else None


def add_address(context: ReportContext, draft: Draft) -> Draft:
    """The draft with the address of the nearest known house, if one is near the pin."""
    if draft.lat is None or draft.lon is None:
        return draft
    address = address_near(context.portal, context.city, draft.lat, draft.lon)
    return replace(draft, address=address)


def search_place(context: ReportContext, draft: Draft) -> PlaceSearch:
    """Look for what was typed. A single place is taken at once; of several, one can be chosen."""
    typed = draft.place
    if not typed:
        return _found_nothing(draft, _("Type an address, a crossing or a street."))
    language = request.accept_languages.best or "en"
    choices = places_named(context.portal, context.city, typed, language)
    if not choices:
        sentence = _(
            "We do not know “{typed}”. Try the street alone, or tap the map.", typed=typed[:60]
        )
        return _found_nothing(draft, sentence)
    if len(choices) == 1:
        return PlaceSearch(choose_place(draft, choices[0]))
    return PlaceSearch(draft, choices)


def _found_nothing(draft: Draft, sentence: str) -> PlaceSearch:
    draft = replace(draft, sought=draft.place)
    return PlaceSearch(draft, (), (Problem(ADDRESS_BOX, sentence),))


def choose_place(draft: Draft, choice: PlaceChoice) -> Draft:
    """The draft with its pin at a place, whose name then is in the address box."""
    return replace(
        draft.with_place(choice.lat, choice.lon, choice.name), place=choice.name, zoom=USUAL
    )


def choose_button(draft: Draft, value: str) -> Draft:
    """The draft at a button's place: "42.33,-71.07,217 Tansythorpe Rd".

    Raises BadRequest for a value that no button has.
    """
    parts = value.split(",", 2)
    try:
        lat, lon, name = float(parts[0]), float(parts[1]), parts[2][:MAX_NAME]
    except (ValueError, IndexError):
        raise BadRequest("This place is not one of those offered.") from None
    if not (math.isfinite(lat) and math.isfinite(lon) and abs(lat) < 85 and abs(lon) <= 180):
        raise BadRequest("This place is not one of those offered.")
    return choose_place(draft, PlaceChoice(name, None, lat, lon))


def move_pin(context: ReportContext, draft: Draft, button: str) -> Draft:
    """The draft after one press of an arrow, or of closer or farther.

    A pin moved by hand is the place: what is in the address box then is not.
    """
    lat, lon, zoom = _center(context, draft)
    if button in MOVES:
        place = move_place(lat, lon, zoom, *MOVES[button])
        return add_address(context, replace(draft.with_place(*place), zoom=zoom, place=""))
    return replace(draft, zoom=change_zoom(zoom, 1 if button == "closer" else -1))


def place_problems(context: ReportContext, draft: Draft) -> tuple[Problem, ...]:
    """What keeps the report from going on from here."""
    if not draft.has_place:
        sentence = _("Say where it is: type an address and press Find, or move the pin.")
        return (Problem(ADDRESS_BOX, sentence),)
    if refused := _not_here(context, draft):
        return (Problem(PIN, refused.text),)
    return ()
