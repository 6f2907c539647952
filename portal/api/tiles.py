"""Map tiles as JSON: /tiles/<z>/<x>/<y>.json?<filter>&map=density&v=<data version>.

docs/tiles.md says what is in them.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import orjson
from flask import Blueprint, Response, request

from portal.api import kept_answers
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.map_look import MapLook
from portal.facts.reader import Facts
from portal.facts.tiles import tile as tile_of
from portal.filter_sql import Selection
from portal.queries.cases.text_search import make_selection

CLOCK_SECONDS = 300
"""Tiles look at the clock this often (a case becomes overdue), so that equal questions in between
share one answer."""
KEPT_SECONDS = 300
"""How long a browser may use a tile whose address names the data's version."""
SHARED_SECONDS = 2 * CLOCK_SECONDS


def blueprint(portal: Portal, clock: Callable[[], float] = time.time) -> Blueprint:
    """The route. `clock` gives epoch seconds."""
    routes = Blueprint("tiles", __name__)

    @routes.get("/tiles/<int:z>/<int:x>/<int:y>.json")
    def tile(z: int, x: int, y: int) -> Response:
        city = portal.city(request.host)
        kept_answers.keep(request.environ, portal.state(city.id))
        now = int(clock()) // CLOCK_SECONDS * CLOCK_SECONDS
        body = _read_tile(portal, city, (z, x, y), now)
        return _make_response(body, portal.facts(city.id).rev)

    return routes


def _read_tile(portal: Portal, city: Jurisdiction, square: tuple[int, int, int], now: int) -> bytes:
    """The tile of what the request's query asks for."""
    search = request.query_string.decode("utf-8", "replace")
    selection = make_selection(portal, city, CaseFilter.from_query_string(search), now)
    is_fine = MapLook.from_query_string(search).cases == "density"
    return portal.read_shared(
        _make_tile, city.id, *square, selection, is_fine, seconds=SHARED_SECONDS
    )


def _make_tile(facts: Facts, z: int, x: int, y: int, selection: Selection, is_fine: bool) -> bytes:
    return orjson.dumps(tile_of(facts, z, x, y, selection, is_fine=is_fine))


def _make_response(body: bytes, rev: int) -> Response:
    answer = Response(body, mimetype="application/json")
    # An address that names this version may be kept; any other must be asked for again.
    is_current = request.args.get("v") == str(rev)
    answer.headers["Cache-Control"] = (
        f"public, max-age={KEPT_SECONDS}" if is_current else "public, no-cache"
    )
    answer.set_etag(hashlib.sha256(body).hexdigest()[:20])
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]
