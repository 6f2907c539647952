"""Whether this process is alive, whether it can answer, and from which version of the data."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, Response, jsonify, request

from portal import logs
from portal.api import kept_answers
from portal.api.addresses import refuse_unknown_parameters
from portal.context import Portal
from portal.errors import PortalError
from portal.store import room

log = logs.get_logger(__name__)


def blueprint(portal: Portal) -> Blueprint:
    """/healthz, /readyz and /version.json."""
    routes = Blueprint("health", __name__)
    asked = room.Room(portal.settings)
    routes.add_url_rule("/healthz", "healthz", _answer_alive)
    routes.add_url_rule("/readyz", "readyz", partial(_answer_readiness, portal, asked))
    routes.add_url_rule("/version.json", "version", partial(_answer_version, portal))
    return routes


def _answer_alive() -> Response:
    """Alive: touches neither disk nor database."""
    return _forbid_storing(jsonify(alive=True))


def _answer_readiness(portal: Portal, asked: room.Room) -> Response:
    """200 once every city's pages answer and forms can be stored; else 503 with the reasons."""
    reasons = [reason for city_id in portal.cities if (reason := why_not_ready(portal, city_id))]
    # A store that does not answer has been named, and need not be asked again.
    if not reasons and (trouble := asked.find_trouble(portal.core)):
        reasons = [f"{trouble}; pages answer, and forms get 503"]
    warnings = find_warnings(portal)
    more = {"warnings": warnings} if warnings else {}
    answer = _forbid_storing(jsonify(ready=not reasons, reasons=reasons, **more))
    answer.status_code = 503 if reasons else 200
    return answer


def _answer_version(portal: Portal) -> Response:
    """The newest published version; open pages ask every 30 s. 304 while nothing changed."""
    refuse_unknown_parameters()
    city_id = portal.city(request.host).id
    state, facts = portal.state(city_id), portal.facts(city_id)
    answer = jsonify(rev=facts.rev, as_of=facts.as_of)
    answer.headers["Cache-Control"] = "no-cache"
    answer.set_etag(f"{facts.rev}-{facts.as_of}")
    kept_answers.keep(request.environ, state)
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]


def find_warnings(portal: Portal) -> list[str]:
    """What still works and will soon not."""
    try:
        return room.warn_of_little(room.free_bytes(portal.settings))
    except OSError:
        return []  # without a data folder nothing can be stored, which is said already


def why_not_ready(portal: Portal, city_id: str) -> str | None:
    """Why a city's pages cannot answer, in one sentence; None when they can."""
    try:
        portal.data_version(city_id)
        portal.facts(city_id)
    except PortalError as problem:
        return f"{city_id}: {problem}"
    except Exception:
        # The store's own message may name files and hosts: it goes to the log, not to the world.
        log.exception("not ready", city=city_id)
        return f"{city_id}: the store does not answer; `python -m portal doctor` says why"
    return None


def _forbid_storing(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
