"""The live map that Dash draws over the still one, and the cards that open above its pins."""

from __future__ import annotations

import json
import time
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dash import ClientsideFunction, Input, Output
from dash._utils import to_json
from flask import Response, request

from callbacks.shared.language import requested_language
from callbacks.shared.responses import cache_publicly
from layouts.cases.live_map import live_map, popup_card
from layouts.shared import ids
from layouts.shared.language import speaking
from layouts.shared.prerender import to_html
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.domain.page_query import sift_query
from portal.domain.sort_order import CaseOrder
from portal.errors import BadRequest, NotFound
from portal.queries.cases.case_detail import case_by_id
from portal.queries.cases.map_views import requested_part

if TYPE_CHECKING:
    from dash import Dash

MAX_ADDRESS = 8_100
POPUP_SECONDS = 60
"""How long a card is kept."""


def register(app: Dash, portal: Portal) -> None:
    """A script reads the page's address; the server draws the map for it."""
    app.clientside_callback(
        ClientsideFunction("portal", "address"),
        Output(ids.page.ADDRESS, "data-address"),
        Input(ids.page.ADDRESS, "id"),
    )
    app.callback(
        Output(ids.page.ISLAND, "children"),
        Input(ids.page.ADDRESS, "data-address"),
    )(partial(show_live_map, portal))
    app.server.add_url_rule(
        "/cases/<path:typed>/popup", endpoint="case popup", view_func=partial(show_popup, portal)
    )


def show_live_map(portal: Portal, address: Any) -> Any:
    """The live map of a page's address, as a tree of plain values.

    Its script then moves it to where the still map was. Raises BadRequest if it is no address.
    """
    if not isinstance(address, str) or len(address) > MAX_ADDRESS:
        raise BadRequest("The map needs the address of its page.")
    city, query = portal.city(request.host), _query_of(address)
    case_filter = CaseFilter.from_query_string(query)
    order = CaseOrder.from_query_string(query)
    bounds = requested_part(city, case_filter, order) or city.bounds
    tile_url = "" if portal.settings.tile_url == "none" else portal.settings.tile_url
    return json.loads(str(to_json(live_map(bounds, tile_url, portal.settings.tile_attribution))))


def show_popup(portal: Portal, typed: str) -> Response:
    """A case's card for the popup of its pin, as a piece of HTML.

    Raises NotFound for a case that is unknown or private.
    """
    city = portal.city(request.host)
    now = int(time.time()) // POPUP_SECONDS * POPUP_SECONDS
    case = portal.cached(case_by_id, city.id, typed, now)
    if case is None:
        raise NotFound("We have no public case with this number.")
    with speaking(*requested_language(), city.language):
        answer = Response(to_html(popup_card(case, city.zone, now)), mimetype="text/html")
    answer.headers["X-Robots-Tag"] = "noindex"
    return cache_publicly(answer, POPUP_SECONDS)


def _query_of(address: str) -> str:
    try:
        return sift_query(urlsplit(address).query).known
    except ValueError:
        raise BadRequest("This is not the address of a page.") from None
