"""The routes of the API, and what all that is answered below /api has in common."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from flask import Blueprint, Flask, Response, g, request

from portal.api.callers import Callers, read_key, require_left
from portal.api.cors import let_others_read
from portal.api.v1.endpoints import ENDPOINTS, PREFIX
from portal.api.v1.parameters import read_values
from portal.api.v1.views import Values, Views
from portal.context import Portal
from portal.domain.api_reference import Endpoint
from portal.domain.problem import is_for_programs
from portal.errors import CallNotAllowed

Answer = Callable[[Values], Response]


def register(server: Flask, portal: Portal, clock: Callable[[], float]) -> None:
    """Add the routes to a server. `clock` gives epoch seconds."""
    views = Views(portal, clock)
    routes = Blueprint("api v1", __name__, url_prefix=PREFIX)
    for endpoint in ENDPOINTS:
        view = partial(_answer, getattr(views, endpoint.name), endpoint)
        rule = endpoint.path.replace("{number}", "<path:number>")
        routes.add_url_rule(rule, endpoint.name, view)
    about = partial(_answer, views.show_openapi, Endpoint("", "", "", ""))
    routes.add_url_rule("/openapi.json", "openapi", about)
    server.before_request(partial(_admit, portal, Callers(portal), clock))
    server.register_blueprint(routes)
    server.after_request(_finish)


def _admit(portal: Portal, callers: Callers, clock: Callable[[], float]) -> None:
    """Find out who calls, and count the call."""
    if not is_for_programs(request.path) or request.method == "OPTIONS":
        return
    g.api_caller = callers.find(portal.city(request.host), int(clock()))
    require_left(g.api_caller)
    if g.api_caller.key is None and read_key():
        raise CallNotAllowed("This key is not known here, or it was revoked: /developers/keys.")


def _answer(answer: Answer, endpoint: Endpoint, **parts: str) -> Response:
    return answer(read_values(endpoint.in_query, request.args) | parts)


def _finish(response: Response) -> Response:
    """Refusals too: a script of another site must be able to read what was wrong."""
    if not is_for_programs(request.path):
        return response
    if caller := g.get("api_caller"):
        caller.add_headers(response)
    return let_others_read(response)
