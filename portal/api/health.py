"""Whether this process is alive, whether it can answer, and from which version of the data."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, jsonify, request

from portal.api import kept_answers
from portal.context import Portal
from portal.errors import PortalError

log = logging.getLogger(__name__)


def blueprint(portal: Portal) -> Blueprint:
    """/healthz, /readyz and /version.json."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        """Alive: touches neither disk nor database."""
        return _forbid_storing(jsonify(alive=True))

    @routes.get("/readyz")
    def readyz() -> Response:
        """200 once every city's pages answer; else 503 with what is missing."""
        reasons = [
            reason for city_id in portal.cities if (reason := why_not_ready(portal, city_id))
        ]
        answer = _forbid_storing(jsonify(ready=not reasons, reasons=reasons))
        answer.status_code = 503 if reasons else 200
        return answer

    @routes.get("/version.json")
    def version() -> Response:
        """The newest published version; open pages ask every 30 s. 304 while nothing changed."""
        city_id = portal.city(request.host).id
        state, facts = portal.state(city_id), portal.facts(city_id)
        answer = jsonify(rev=facts.rev, as_of=facts.as_of)
        answer.headers["Cache-Control"] = "no-cache"
        answer.set_etag(f"{facts.rev}-{facts.as_of}")
        kept_answers.keep(request.environ, state)
        return answer.make_conditional(request)  # pyright: ignore[reportReturnType]

    return routes


def why_not_ready(portal: Portal, city_id: str) -> str | None:
    """Why a city's pages cannot answer, in one sentence; None when they can."""
    try:
        portal.data_version(city_id)
        portal.facts(city_id)
    except PortalError as problem:
        return f"{city_id}: {problem}"
    except Exception:
        # The store's own message may name files and hosts: it goes to the log, not to the world.
        log.exception("readyz: the store of %s does not answer", city_id)
        return f"{city_id}: the store does not answer; `python -m portal doctor` says why"
    return None


def _forbid_storing(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
