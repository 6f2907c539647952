"""The addresses of the Open311 endpoint, and what all of its answers have in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import Blueprint, Response, current_app, g, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from portal.api.callers import Callers, require_left
from portal.api.cors import let_others_read
from portal.api.open311.endpoint import Endpoint
from portal.api.open311.refusals import add_refusals
from portal.context import Portal
from portal.open311.routes import PREFIX, add_routes

EVERY_METHOD = ("GET", "POST", "PUT", "PATCH", "DELETE")


def blueprint(portal: Portal, clock: Callable[[], float]) -> Blueprint:
    """The routes of /open311/v2. `clock` gives epoch seconds."""
    api = Endpoint(portal, clock)
    routes = Blueprint("open311", __name__, url_prefix=PREFIX)
    for ending in ("", "/"):
        routes.add_url_rule(ending, f"root{ending}", partial(api.show_discovery, "xml"))
    add_routes(routes, "/discovery.<form>", GET=api.show_discovery)
    add_routes(routes, "/services.<form>", GET=api.list_services)
    add_routes(routes, "/services/<path:code>.<form>", GET=api.show_service)
    add_routes(routes, "/requests.<form>", GET=api.list_requests, POST=api.take_report)
    add_routes(routes, "/requests/<path:request_id>.<form>", GET=api.show_request)
    add_routes(routes, "/tokens/<path:token>.<form>", GET=api.show_token)
    updates = {"GET": api.list_updates, "POST": api.take_update}
    add_routes(routes, "/servicerequestupdates.<form>", **updates)
    routes.add_url_rule("/<path:rest>", "nothing", _refuse_rest, methods=EVERY_METHOD)
    add_refusals(routes)
    routes.before_request(partial(_admit, api, Callers(portal)))
    routes.after_request(_finish)
    return routes


def _admit(api: Endpoint, callers: Callers) -> None:
    """Find out who calls, and count the call."""
    if request.method != "OPTIONS":
        g.caller = callers.find(api.city_or_first, api.now)
        require_left(g.caller)


def _refuse_rest(rest: str) -> Response:
    """Any other address, or a method that an address does not take."""
    try:
        adapter = current_app.url_map.bind("")
        rule, _ = adapter.match(f"{PREFIX}/{rest}", method="GET", return_rule=True)
    except HTTPException:
        raise NotFound from None
    raise NotFound if rule.endpoint == request.endpoint else MethodNotAllowed(["GET", "HEAD"])


def _finish(response: Response) -> Response:
    if caller := g.get("caller"):
        caller.add_headers(response)
    # No script may report: its key would be in everyone's hands.
    return response if request.method == "POST" else let_others_read(response)
