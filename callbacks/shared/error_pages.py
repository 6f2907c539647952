"""What is answered where something is refused or breaks: a page that says why and where to go on, or JSON where a script asked."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from callbacks.shared.language import language_of_problem
from callbacks.shared.observe import request_id
from callbacks.shared.pages import Pages, unkept
from layouts.shared.error_pages import Problem, default_sentence, problem_page
from layouts.shared.language import _, speaking
from portal import logs
from portal.domain.filters import MAX_PARAMETERS, CaseFilter
from portal.domain.map_look import MapLook
from portal.domain.sort_order import CaseOrder
from portal.errors import BadRequest, NotReady, PortalError, TakesTooLong

log = logs.get_logger(__name__)

SECONDS_UNTIL_READY = 30
UNFOLLOWED = frozenset({"after", "lang"})
"""A mark in a list that may be the very fault, and the language, which every link keeps by itself."""


def register(server: Flask, pages: Pages) -> None:
    """Every refusal and every fault has its designed answer, in the reader's language."""

    @server.errorhandler(PortalError)
    def refused(problem: PortalError) -> Response:
        if problem.status < 500 or isinstance(problem, TakesTooLong):
            return _answer(pages, problem.status, problem.sentence, problem.values)
        if isinstance(problem, NotReady):
            # It names files and commands, which are for whoever runs the portal.
            log.warning("not ready", route=str(request.url_rule), reason=str(problem))
            return _answer(pages, problem.status)
        log.exception("request failed", method=request.method, route=str(request.url_rule))
        return _answer(pages, 500)

    @server.errorhandler(HTTPException)
    def not_served(problem: HTTPException) -> Response:
        status = problem.code or 500
        if status < 400:
            return problem.get_response()  # pyright: ignore[reportReturnType]
        return _answer(pages, status)

    @server.errorhandler(Exception)
    def failed(_problem: Exception) -> Response:
        log.exception("request failed", method=request.method, route=str(request.url_rule))
        return _answer(pages, 500)


def _answer(
    pages: Pages, status: int, sentence: str = "", values: dict[str, Any] | None = None
) -> Response:
    with speaking(*language_of_problem(), pages.portal.city(request.host).language):
        said = _(sentence, **(values or {})) if sentence else default_sentence(status)
        if request.path.endswith(".json") or request.path.startswith("/_dash"):
            answer = jsonify(error=said, **({"request": request_id()} if status >= 500 else {}))
        else:
            answer = Response(_page(pages, status, said), mimetype="text/html")
    answer.status_code = status
    if status == 503:
        answer.headers["Retry-After"] = str(SECONDS_UNTIL_READY)
    return unkept(answer)


def _page(pages: Pages, status: int, said: str) -> str:
    search = request.query_string.decode("utf-8", "replace")
    way_out = _same_page_without(search) if status == 400 else "/status" if status == 503 else "/"
    words = unquote(request.path).rsplit("/", 1)[-1].replace("-", " ")[:60] if status == 404 else ""
    return pages.document(
        problem_page(Problem(status, said, way_out, words, request_id() if status >= 500 else "")),
        urlencode(_without_language(search)),
    )


def _same_page_without(search: str) -> str:
    """Where the parts of the address that we understand lead: to the same page, if it is one."""
    is_page = (
        request.method == "GET"
        and request.url_rule is not None
        and request.url_rule.endpoint.startswith("page ")
    )
    return nearest_view(request.path, search) if is_page else "/"


def nearest_view(path: str, search: str) -> str:
    """The address without the parameters that we did not understand: the nearest one that makes sense."""
    pairs = [pair for pair in _without_language(search) if pair[0] not in UNFOLLOWED]
    kept = next(
        (rest for i in range(len(pairs)) if _understood(rest := pairs[:i] + pairs[i + 1 :])), None
    )
    if _understood(pairs) or kept is None:
        kept = []
        for pair in pairs:
            if _understood([*kept, pair]):
                kept.append(pair)
    return f"{path}?{urlencode(kept)}" if kept else path


def _understood(pairs: list[tuple[str, str]]) -> bool:
    query = urlencode(pairs)
    try:
        for part in (CaseFilter, CaseOrder, MapLook):
            part.from_query_string(query)
    except BadRequest:
        return False
    return True


def _without_language(search: str) -> list[tuple[str, str]]:
    try:
        return [
            pair for pair in parse_qsl(search, max_num_fields=MAX_PARAMETERS) if pair[0] != "lang"
        ]
    except ValueError:
        return []
