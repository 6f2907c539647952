"""What is answered if something is refused or breaks.

A page that says why and where to go from there; JSON where a script asked, and a problem of
RFC 9457 for programs.

    /cases?status=odd&photo=yes     400, with a link to /cases?photo=yes
    /no/such/street-light           404, with a search for “street light”
    /api/v1/cases?limit=0           400, application/problem+json, which names the parameter
"""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

import orjson
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from callbacks.shared.language import language_of_problem
from callbacks.shared.observe import request_id
from callbacks.shared.pages import SECONDS_UNTIL_READY, Pages, unkept
from callbacks.shared.unstored import explain_unstored, read_fields
from layouts.shared.error_pages import Problem, default_sentence, problem_page, unstored_page
from layouts.shared.language import SOURCE, _, speaking
from portal import logs
from portal.domain.filters import MAX_PARAMETERS, CaseFilter
from portal.domain.map_look import MapLook
from portal.domain.page_query import sift_query
from portal.domain.problem import MEDIA_TYPE, describe_problem, is_for_programs
from portal.domain.sort_order import CaseOrder
from portal.errors import BadRequest, CannotStore, NotReady, PortalError, TakesTooLong
from portal.store.unwritable import SENTENCES, find_cause

log = logs.get_logger(__name__)

LONGEST_WORDS = 60
LEFT_OUT = frozenset({"after", "lang"})
"""A mark in a list, which may be the fault, and the language, which every link keeps anyway."""


def register(server: Flask, pages: Pages) -> None:
    """Give every refusal and every fault its own page, in the reader's language."""
    server.register_error_handler(PortalError, partial(answer_refusal, pages))
    server.register_error_handler(HTTPException, partial(answer_http_error, pages))
    server.register_error_handler(Exception, partial(answer_fault, pages))


def answer_refusal(pages: Pages, problem: PortalError) -> Response:
    """What the portal refuses, with its reason; a reason for operators goes to the log alone."""
    if problem.status < 500 or isinstance(problem, TakesTooLong):
        return _answer(pages, problem.status, problem.sentence, problem.values, problem.parameter)
    if isinstance(problem, CannotStore):
        return answer_unstored(pages, problem)
    if isinstance(problem, NotReady):
        log.warning("not ready", route=str(request.url_rule), reason=str(problem))
        return _answer(pages, problem.status)
    return answer_fault(pages, problem)


def answer_http_error(pages: Pages, problem: HTTPException) -> Response:
    """What Flask refuses, such as an address it has no page for; a redirect stays one."""
    status = problem.code or 500
    if status < 400:
        return problem.get_response()  # pyright: ignore[reportReturnType]
    answer = _answer(pages, status)
    if isinstance(problem, MethodNotAllowed) and problem.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(problem.valid_methods))
    return answer


def answer_fault(pages: Pages, problem: Exception) -> Response:
    """A fault of ours: the log has all of it, the page only says that it happened.

    A store that refuses is no fault of the program's, and passes.
    """
    if cause := find_cause(problem):
        return answer_unstored(pages, CannotStore(cause=SENTENCES[cause]))
    log.error(
        "request failed",
        method=request.method,
        route=str(request.url_rule),
        exc_info=problem,
    )
    return _answer(pages, 500)


def answer_unstored(pages: Pages, problem: CannotStore) -> Response:
    """What was sent can't be stored now: a page that keeps it, with a button to send it again."""
    fields = read_fields() if request.method == "POST" else ()
    with speaking(*language_of_problem(), pages.portal.city(request.host).language):
        sentence = explain_unstored(problem)
    if not fields or is_for_script():
        return _answer(pages, 503)
    return pages.once(lambda: unstored_page(sentence, request.full_path.rstrip("?"), fields))


def is_for_script() -> bool:
    """Whether a script asked, which reads JSON."""
    path = request.path
    return path.endswith(".json") or path.startswith("/_dash") or is_for_programs(path)


def _answer(
    pages: Pages,
    status: int,
    sentence: str = "",
    values: dict[str, Any] | None = None,
    parameter: str = "",
) -> Response:
    is_program = is_for_programs(request.path)
    language = (SOURCE.code, False) if is_program else language_of_problem()
    with speaking(*language, pages.portal.city(request.host).language):
        if is_program:
            reason = sentence.format(**(values or {})) or default_sentence(status)
            return unkept(_make_problem(status, reason, parameter))
        reason = _(sentence, **(values or {})) if sentence else default_sentence(status)
        if is_for_script():
            answer = jsonify(error=reason, **({"request": request_id()} if status >= 500 else {}))
        else:
            answer = Response(_document(pages, status, reason), mimetype="text/html")
    answer.status_code = status
    if status in (429, 503):
        answer.headers["Retry-After"] = str(SECONDS_UNTIL_READY)
    return unkept(answer)


def _make_problem(status: int, reason: str, parameter: str) -> Response:
    failed = request_id() if status >= 500 else ""
    problem = describe_problem(status, reason, request.path, parameter, failed)
    answer = Response(orjson.dumps(problem), status, content_type=MEDIA_TYPE)
    if status in (429, 503):
        answer.headers["Retry-After"] = str(SECONDS_UNTIL_READY)
    return answer


def _document(pages: Pages, status: int, reason: str) -> str:
    search = request.query_string.decode("utf-8", "replace")
    problem = Problem(
        status,
        reason,
        _way_out(status, search),
        _words(status),
        request_id() if status >= 500 else "",
    )
    return pages.document(problem_page(problem), urlencode(_pairs_of(search)))


def _way_out(status: int, search: str) -> str:
    """The nearest page that makes sense."""
    if status in (429, 503):
        return "/status"
    rule = request.url_rule
    is_page = request.method == "GET" and rule is not None and rule.endpoint.startswith("page ")
    return nearest_view(request.path, search) if status == 400 and is_page else "/"


def _words(status: int) -> str:
    """What a visitor may have looked for, from the end of an address without a page."""
    if status != 404:
        return ""
    return unquote(request.path).rsplit("/", 1)[-1].replace("-", " ")[:LONGEST_WORDS]


def nearest_view(path: str, search: str) -> str:
    """The address without its parameters that we do not understand."""
    known = sift_query(search).known
    pairs = [pair for pair in _pairs_of(known) if pair[0] not in LEFT_OUT]
    one_less = (pairs[:i] + pairs[i + 1 :] for i in range(len(pairs)))
    kept = next(filter(_is_understood, one_less), None)
    if kept is None or _is_understood(pairs):
        kept = _understood_among(pairs)
    return f"{path}?{urlencode(kept)}" if kept else path


def _understood_among(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    kept: list[tuple[str, str]] = []
    for pair in pairs:
        if _is_understood([*kept, pair]):
            kept.append(pair)
    return kept


def _is_understood(pairs: list[tuple[str, str]]) -> bool:
    query = urlencode(pairs)
    try:
        for part in (CaseFilter, CaseOrder, MapLook):
            part.from_query_string(query)
    except BadRequest:
        return False
    return True


def _pairs_of(search: str) -> list[tuple[str, str]]:
    """Names and values of a query, without the language; none if there are too many."""
    try:
        pairs = parse_qsl(search, max_num_fields=MAX_PARAMETERS)
    except ValueError:
        return []
    return [pair for pair in pairs if pair[0] != "lang"]
