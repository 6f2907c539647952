"""Map tiles as JSON: /tiles/<z>/<x>/<y>.json?<filter>&map=density&v=<data version>. What is in them stands in docs/tiles.md."""

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
from portal.facts.tiles import tile as tile_of
from portal.queries.cases.text_search import make_selection

CLOCK_SECONDS = 300
"""Tiles look at the clock this often (a case becomes overdue), so that equal questions in between share one answer."""
KEPT_SECONDS = 300


def blueprint(portal: Portal, clock: Callable[[], float] = time.time) -> Blueprint:
    """The route. `clock` gives epoch seconds."""
    routes = Blueprint("tiles", __name__)

    @routes.get("/tiles/<int:z>/<int:x>/<int:y>.json")
    def tile(z: int, x: int, y: int) -> Response:
        city = portal.city(request.host)
        kept_answers.keep(request.environ, portal.state(city.id))
        search = request.query_string.decode("utf-8", "replace")
        case_filter, is_fine = (
            CaseFilter.from_query_string(search),
            MapLook.from_query_string(search).cases == "density",
        )
        now = int(clock()) // CLOCK_SECONDS * CLOCK_SECONDS
        return _answer(
            tile_json(portal, city, z, x, y, case_filter, now, is_fine), portal.facts(city.id).rev
        )

    return routes


def tile_json(
    portal: Portal,
    city: Jurisdiction,
    z: int,
    x: int,
    y: int,
    case_filter: CaseFilter,
    now: int,
    is_fine: bool = False,
) -> bytes:
    """A tile's bytes, kept until the facts or the clock move on."""
    selection = make_selection(portal, city, case_filter, now)
    return portal.read(_tile_bytes, city.id, z, x, y, selection, is_fine)


def _tile_bytes(facts, z, x, y, selection, is_fine) -> bytes:
    return orjson.dumps(tile_of(facts, z, x, y, selection, is_fine=is_fine))


def _answer(body: bytes, rev: int) -> Response:
    answer = Response(body, mimetype="application/json")
    # An address that names this version may be kept; any other must be asked for again.
    known = request.args.get("v") == str(rev)
    answer.headers["Cache-Control"] = (
        f"public, max-age={KEPT_SECONDS}" if known else "public, no-cache"
    )
    answer.set_etag(hashlib.sha256(body).hexdigest()[:20])
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]
