"""What the Open311 endpoint refuses, in the form that was asked for: `errors/error`."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from portal import logs
from portal.errors import CannotStore, NotReady, PortalError, TakesTooLong
from portal.open311.answers import make_refusal
from portal.store.unwritable import SENTENCES, find_cause

log = logs.get_logger(__name__)

SECONDS_UNTIL_READY = 30
OF_STATUS = {
    404: "There is nothing at this address. docs/open311.md of the portal lists the calls.",
    405: "This address does not take that kind of request.",
    413: "What was sent is larger than this address takes.",
    500: "Something broke here. It is our fault and is written down; try again in a minute.",
    503: "What you asked for is not ready. Try again in a minute.",
}


def add_refusals(routes: Blueprint) -> None:
    """Answer every refusal and every fault below the endpoint as Open311 has it."""
    routes.register_error_handler(PortalError, answer_refusal)
    routes.register_error_handler(HTTPException, answer_http_error)
    routes.register_error_handler(Exception, answer_fault)


def answer_refusal(problem: PortalError) -> Response:
    """What the portal refuses, with its reasons; a reason for operators goes to the log alone."""
    if problem.status < 500 or isinstance(problem, TakesTooLong):
        return refuse(problem.status, *getattr(problem, "sentences", (str(problem),)))
    if isinstance(problem, CannotStore):
        return refuse(503, "Nothing can be stored just now. Try again in a minute.")
    if isinstance(problem, NotReady):
        log.warning("not ready", route=str(request.url_rule), reason=str(problem))
        return refuse(503)
    return answer_fault(problem)


def answer_http_error(problem: HTTPException) -> Response:
    """What Flask refuses, such as a body that is too large."""
    return refuse(problem.code or 500)


def answer_fault(problem: Exception) -> Response:
    """A fault of ours, or a store that refuses, which is none of the program's and passes."""
    if cause := find_cause(problem):
        return answer_refusal(CannotStore(cause=SENTENCES[cause]))
    log.error(
        "request failed", method=request.method, route=str(request.url_rule), exc_info=problem
    )
    return refuse(500)


def refuse(status: int, *sentences: str) -> Response:
    """The refusal; what it is about is never kept by a cache."""
    said = sentences or (OF_STATUS.get(status, "This cannot be answered."),)
    answer = make_refusal(request.path, status, *said)
    answer.headers["Cache-Control"] = "no-store"
    if status in (429, 503):
        answer.headers.setdefault("Retry-After", str(SECONDS_UNTIL_READY))
    return answer
