"""The first page: its answer, and the live map that Dash draws in it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dash import ClientsideFunction, Input, Output
from dash._utils import to_json
from flask import request

from callbacks.pages import Visit
from layouts import ids
from layouts.document import Page
from layouts.home import Choices, Home, home_page, no_cases_page
from layouts.map import Cell, MapView, live_map, still_tiles, still_zoom
from portal.api import tiles
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Bounds, Jurisdiction
from portal.errors import BadRequest, NotReady
from portal.queries import cases, counts

if TYPE_CHECKING:
    from dash import Dash

PARAMETERS = frozenset({"after"})
MAX_ADDRESS = 2_100


def show(portal: Portal, visit: Visit) -> Page:
    """The newest cases of the filter in the address, and where they are."""
    try:
        facts = portal.facts(visit.city.id)
    except NotReady:
        return no_cases_page(visit.city)
    city, chosen = visit.city, visit.case_filter
    return home_page(
        city,
        Home(
            case_filter=chosen,
            choices=choices(portal, city),
            cases=portal.look_up(cases.newest_cases, city.id, chosen, city.zone, visit.now, 50, visit.after),
            matching=portal.read(counts.count_cases, city.id, chosen, city.zone),
            week=portal.read(counts.this_week, city.id, visit.now, city.zone) if chosen.is_empty else None,
            view=map_view(portal, city, chosen, facts.rev),
            is_later_page=visit.after is not None,
        ),
        visit.now,
    )


def register(app: Dash, portal: Portal) -> None:
    """The script tells the address; the server draws the map for it."""
    app.clientside_callback(
        ClientsideFunction("portal", "address"), Output(ids.page.ADDRESS, "data-address"), Input(ids.page.ADDRESS, "id")
    )
    app.callback(Output(ids.page.ISLAND, "children"), Input(ids.page.ADDRESS, "data-address"))(partial(show_live_map, portal))


def show_live_map(portal: Portal, address: Any) -> Any:
    """The live map of a page's address, as a plain tree."""
    if not isinstance(address, str) or len(address) > MAX_ADDRESS:
        raise BadRequest("The map needs the address of its page.")
    city, chosen = portal.city(request.host), CaseFilter.from_query_string(_query(address))
    tile_url = "" if portal.settings.tile_url == "none" else portal.settings.tile_url
    return json.loads(str(to_json(live_map(chosen.bbox or city.bounds, tile_url, portal.settings.tile_attribution))))


def _query(address: str) -> str:
    try:
        return urlsplit(address).query
    except ValueError:
        raise BadRequest("This is not the address of a page.") from None


def choices(portal: Portal, city: Jurisdiction) -> Choices:
    """Types and neighborhoods that have cases, by name."""
    facts = portal.facts(city.id)
    return Choices(service=_by_name(facts.words("service")), neighborhood=_by_name(facts.words("neighborhood")))


def _by_name(words: Any) -> dict[str, str]:
    return {word.slug: word.name for word in sorted(words.values(), key=lambda word: word.name.casefold())}


def map_view(portal: Portal, city: Jurisdiction, chosen: CaseFilter, rev: int) -> MapView:
    """The part of the city the filter shows, with the circles of the still map: the same tiles that the live one fetches."""
    bounds = _within(chosen.bbox, city.bounds)
    found: list[Cell] = []
    for z, x, y in still_tiles(bounds):
        tile = portal.read(tiles.tile_of, city.id, z, x, y, chosen, city.zone)
        found += [Cell(lat, lon, n, n_open) for lon, lat, n, n_open in tile["cells"]]
        found += [Cell(pin[1], pin[0], 1, int(pin[3] != "closed")) for pin in tile["pins"]]
    return MapView(bounds, chosen, rev, tuple(cell for cell in found if bounds.holds(cell.lat, cell.lon)), still_zoom(bounds))


def _within(bbox: Bounds | None, whole: Bounds) -> Bounds:
    """The part of the map asked for; a box that would be a line or the whole earth becomes the city."""
    if bbox is None or bbox.east - bbox.west > 5 or bbox.north - bbox.south > 5:
        return whole
    return bbox
