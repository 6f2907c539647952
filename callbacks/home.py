"""The first page: its answer, and the live map that Dash draws in it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dash import ClientsideFunction, Input, Output
from dash._utils import to_json
from flask import request

from callbacks.pages import Visit
from layouts import ids
from layouts.document import Page
from layouts.home import Choices, Home, home_page, no_cases_page
from layouts.map import Cell, MapView, apart, live_map, still_tiles, still_zoom
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Bounds, Jurisdiction
from portal.errors import BadRequest, NotReady
from portal.facts import tiles
from portal.facts.reader import Facts, Word
from portal.queries import cases, counts
from portal.queries.words import WordMatches, words_of

if TYPE_CHECKING:
    from dash import Dash

PARAMETERS = frozenset({"after"})
MAX_ADDRESS = 2_100
CASES_SHOWN = 50
WIDEST_DEGREES = 5


def show(portal: Portal, visit: Visit) -> Page:
    """The newest cases of the filter in the address, and where they are."""
    try:
        facts = portal.facts(visit.city.id)
    except NotReady:
        return no_cases_page(visit.city)
    city, chosen, now = visit.city, visit.case_filter, visit.now
    words = words_of(portal, city, chosen)
    bounds = shown_part(city, chosen)
    cells = portal.read(still_cells, city.id, bounds, chosen, city.zone, now, words)
    return home_page(
        city,
        Home(
            case_filter=chosen,
            choices=choices(facts),
            cases=portal.look_up(cases.newest_cases, city.id, chosen, city.zone, now, CASES_SHOWN, visit.after, facts, words),
            matching=portal.read(counts.count_cases, city.id, chosen, city.zone, now, words),
            week=portal.read(counts.this_week, city.id, now, city.zone) if chosen.is_empty else None,
            view=MapView(bounds, chosen, facts.rev, cells, still_zoom(bounds)),
            is_later_page=visit.after is not None,
            has_all_words=words is None or words.is_all,
        ),
        now,
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
    return json.loads(str(to_json(live_map(shown_part(city, chosen), tile_url, portal.settings.tile_attribution))))


def _query(address: str) -> str:
    try:
        return urlsplit(address).query
    except ValueError:
        raise BadRequest("This is not the address of a page.") from None


def choices(facts: Facts) -> Choices:
    """Types and neighborhoods that the city has, by name."""
    return Choices(service=_by_name(facts.words("service")), neighborhood=_by_name(facts.words("neighborhood")))


def _by_name(words: dict[int, Word]) -> dict[str, str]:
    return {word.slug: word.name for word in sorted(words.values(), key=lambda word: word.name.casefold())}


def still_cells(facts: Facts, bounds: Bounds, chosen: CaseFilter, zone: ZoneInfo, now: int, words: WordMatches | None) -> tuple[Cell, ...]:
    """The circles of the still map, from the same tiles that the live one fetches."""
    found: list[Cell] = []
    for z, x, y in still_tiles(bounds):
        tile = tiles.tile(facts, z, x, y, chosen, zone, now=now, words=words)
        found += [Cell(lat, lon, n, n_open) for lon, lat, n, n_open in tile["cells"]]
        found += [Cell(pin[1], pin[0], 1, int(pin[3] != "closed")) for pin in tile["pins"]]
    return apart([cell for cell in found if bounds.holds(cell.lat, cell.lon)], bounds)


def shown_part(city: Jurisdiction, chosen: CaseFilter) -> Bounds:
    """The part of the map asked for; one larger than any city becomes the city."""
    box = chosen.bbox
    if box is None or box.east - box.west > WIDEST_DEGREES or box.north - box.south > WIDEST_DEGREES:
        return city.bounds
    return box
