"""The map beside a list of cases: the part of the city it shows, its still circles, and the live map that Dash draws."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dash import ClientsideFunction, Input, Output
from dash._utils import to_json
from flask import Response, request

from callbacks.shared.language import requested_language
from layouts.cases.map import Cell, MapView, join_near_cells, live_map, popup_card, still_zoom
from layouts.shared import ids
from layouts.shared.language import speaking
from layouts.shared.prerender import to_html
from portal.context import Portal
from portal.domain import morton
from portal.domain.bounds import Bounds
from portal.domain.distance import box_around
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.map_look import MapLook
from portal.domain.sort_order import CaseOrder
from portal.errors import BadRequest, NotFound
from portal.facts import tiles
from portal.facts.reader import Facts
from portal.facts.squares import Square
from portal.filter_sql import Selection
from portal.queries.cases.area_drawing import area_drawing
from portal.queries.cases.case_detail import case_by_id
from portal.queries.cases.extent import extent
from portal.queries.cases.value_counts import ValueCounts

if TYPE_CHECKING:
    from dash import Dash

MAX_ADDRESS = 2_100
WIDEST_DEGREES = 5
LEAST_DEGREES = 0.004
"""About 400 m: one case alone is shown with the streets around it."""
NEAR_METRES = 800
POPUP_KEPT_SECONDS = 60


def register(app: Dash, portal: Portal) -> None:
    """The script tells the address; the server draws the map for it."""
    app.clientside_callback(
        ClientsideFunction("portal", "address"),
        Output(ids.page.ADDRESS, "data-address"),
        Input(ids.page.ADDRESS, "id"),
    )
    app.callback(Output(ids.page.ISLAND, "children"), Input(ids.page.ADDRESS, "data-address"))(
        partial(show_live_map, portal)
    )
    app.server.add_url_rule(
        "/cases/<path:typed>/popup", endpoint="case popup", view_func=partial(show_popup, portal)
    )


def show_live_map(portal: Portal, address: Any) -> Any:
    """The live map of a page's address, as a plain tree. Its script then moves it to where the still one was."""
    if not isinstance(address, str) or len(address) > MAX_ADDRESS:
        raise BadRequest("The map needs the address of its page.")
    city, query = portal.city(request.host), _query(address)
    chosen, order = CaseFilter.from_query_string(query), CaseOrder.from_query_string(query)
    tile_url = "" if portal.settings.tile_url == "none" else portal.settings.tile_url
    bounds = _asked_part(city, chosen, order) or city.bounds
    return json.loads(str(to_json(live_map(bounds, tile_url, portal.settings.tile_attribution))))


def show_popup(portal: Portal, typed: str) -> Response:
    """A case's card for the popup of its pin, as a piece of HTML. Raises NotFound for a case that is unknown or private."""
    city, now = (
        portal.city(request.host),
        int(time.time()) // POPUP_KEPT_SECONDS * POPUP_KEPT_SECONDS,
    )
    case = portal.cached(case_by_id, city.id, typed, now)
    if case is None:
        raise NotFound("We have no public case with this number.")
    with speaking(*requested_language(), city.language):
        answer = Response(to_html(popup_card(case, city.zone, now)), mimetype="text/html")
    answer.headers["Cache-Control"] = f"public, max-age={POPUP_KEPT_SECONDS}"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.vary.add("Accept-Language")
    answer.add_etag()
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]


def _query(address: str) -> str:
    try:
        return urlsplit(address).query
    except ValueError:
        raise BadRequest("This is not the address of a page.") from None


def map_view(
    portal: Portal,
    city: Jurisdiction,
    selection: Selection,
    order: CaseOrder,
    look: MapLook,
    counts: ValueCounts | None = None,
) -> MapView:
    """The still map of a filter: the part asked for, else where its cases are. Raises NotReady before the first facts.

    `counts` are those of the filter, for a page that has them.
    """
    chosen = selection.case_filter
    bounds = _looked_at(city, look) or _asked_part(city, chosen, order)
    if bounds is None and not chosen.is_empty:
        known = counts.extent if counts else portal.read(extent, city.id, selection)
        bounds = within(known.bounds, city.bounds) if known.bounds else None
    bounds = bounds or city.bounds
    cells = (
        still_cells(portal.facts(city.id), bounds, selection, counts.squares)
        if counts
        else portal.read(still_cells, city.id, bounds, selection)
    )
    outlines = (
        None
        if look.areas == "none"
        else portal.cached(area_drawing, city.id, look.areas, city.bounds)
    )
    return MapView(
        bounds, chosen, portal.facts(city.id).rev, cells, still_zoom(bounds), look, outlines
    )


def _looked_at(city: Jurisdiction, look: MapLook) -> Bounds | None:
    """Where the address has moved the map; a place outside of the city is left to the live map."""
    seen = look.visible_bounds
    if (
        seen is None
        or look.lat is None
        or look.lon is None
        or not city.bounds.holds(look.lat, look.lon)
    ):
        return None
    return city.bounds if seen.east - seen.west > WIDEST_DEGREES else seen


def _asked_part(city: Jurisdiction, chosen: CaseFilter, order: CaseOrder) -> Bounds | None:
    """The box of the filter, or the surroundings of the place in the order; a box larger than any city becomes the city."""
    if box := chosen.bbox:
        return (
            city.bounds
            if box.east - box.west > WIDEST_DEGREES or box.north - box.south > WIDEST_DEGREES
            else box
        )
    if order.lat is not None and order.lon is not None and city.bounds.holds(order.lat, order.lon):
        return box_around(order.lat, order.lon, NEAR_METRES)
    return None


def within(where: Bounds, city: Bounds) -> Bounds:
    """A box with a margin, no smaller than some streets and no larger than the city."""
    margin = max(
        LEAST_DEGREES, 0.08 * (where.north - where.south), 0.08 * (where.east - where.west)
    )
    south, west = max(city.south, where.south - margin), max(city.west, where.west - margin)
    north, east = min(city.north, where.north + margin), min(city.east, where.east + margin)
    return Bounds(south, west, north, east) if south < north and west < east else city


def still_cells(
    facts: Facts,
    bounds: Bounds,
    selection: Selection,
    squares: Sequence[Square] | None = None,
) -> tuple[Cell, ...]:
    """The circles of the still map: the cells of the tiles that the live one fetches, all at once."""
    (place,) = morton.cover(bounds.south, bounds.west, bounds.north, bounds.east, max_ranges=1)
    cell_zoom = min(still_zoom(bounds) + tiles.CELL_ZOOMS, morton.ZOOM)
    cells = tiles.cells_in(facts, cell_zoom, place, selection, squares)
    found = [Cell(lat, lon, n, n_open) for lon, lat, n, n_open in cells]
    return join_near_cells([cell for cell in found if bounds.holds(cell.lat, cell.lon)], bounds)
