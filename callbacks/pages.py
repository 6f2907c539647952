"""Routing by hand: a path, a function that makes its Page, and one HTML answer with its status, ETag and caching."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from callbacks.language import asked_language, language_of_problem
from layouts.document import Frame, Page, document
from layouts.language import _, speaking
from layouts.problem import problem_page
from layouts.shell import shell
from portal.api import kept_answers
from portal.cache import AnswerCache
from portal.context import Portal
from portal.domain.case_order import CaseOrder
from portal.domain.filters import VIEW_PARAMETERS, CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.map_look import MapLook
from portal.errors import BadRequest, NotReady, PortalError

log = logging.getLogger(__name__)

KEPT_BYTES = 32 << 20


@dataclass(frozen=True)
class Visit:
    """What a page is made for. `now` is the minute, in epoch seconds: visits within it share their answers.

    `query` is the query of the address in its one spelling, without the language.
    """

    city: Jurisdiction
    search: str
    now: int
    case_filter: CaseFilter
    after: str | None = None
    order: CaseOrder = CaseOrder()
    query: str = ""
    look: MapLook = MapLook()


MakePage = Callable[..., Page]


class Pages:
    """The pages of the portal and how they are answered."""

    def __init__(self, portal: Portal, frame: Frame, clock: Callable[[], float]) -> None:
        self.portal = portal
        self.frame = frame
        self.clock = clock
        self.kept = AnswerCache(KEPT_BYTES)

    def add(self, server: Flask, path: str, make: MakePage, *, parameters: frozenset[str] = frozenset(), keep: bool = True) -> None:
        """Answer a path with `make(portal, visit, **parts of the path)`; `keep` lets equal visits within a minute share one answer."""

        def view(**parts: str) -> Response:
            language, is_chosen = asked_language()
            visit = self._visit(parameters)
            state = self.portal.state(visit.city.id)
            key = _key(visit, state, parts, language, is_chosen)
            html = self.kept.get(key) if keep else None
            if html is None:
                with speaking(language, is_chosen):
                    page = make(self.portal, visit, **parts)
                    html = self._document(page, visit.city, visit.now, visit.query)
                if page.status != 200:
                    return _answer(html, page.status)
                if keep:
                    self.kept.keep(key, html)
            if keep:
                kept_answers.keep(request.environ, state)
            return _answer(html, 200)

        server.add_url_rule(path, endpoint=f"page {path}", view_func=view)

    def _visit(self, parameters: frozenset[str]) -> Visit:
        search = request.query_string.decode("utf-8", "replace")
        case_filter = CaseFilter.from_query_string(search)
        after = request.args.get("after") if "after" in parameters else None
        order = CaseOrder.from_query_string(search) if "sort" in parameters else CaseOrder()
        queries = (case_filter.to_query_string(), order.to_query_string(), urlencode({"after": after} if after else {}))
        query = "&".join(filter(None, queries))
        look = MapLook.from_query_string(search)
        return Visit(self.portal.city(request.host), search, self._this_minute(), case_filter, after, order, query, look)

    def _this_minute(self) -> int:
        now = int(self.clock())
        return now - now % 60

    def _document(self, page: Page, city: Jurisdiction, now: int, query: str) -> str:
        return document(self.frame, page, shell(city, page, self._as_of(city), now, query), self.portal.settings.site_url)

    def _as_of(self, city: Jurisdiction) -> int | None:
        try:
            return self.portal.facts(city.id).as_of
        except Exception:
            # A page that explains a fault must not fail for want of its footer.
            return None

    def add_problems(self, server: Flask) -> None:
        """Every refusal and every fault has a designed page, or JSON where a script asked."""

        @server.errorhandler(PortalError)
        def refused(problem: PortalError) -> Response:
            if problem.status >= 500 and not isinstance(problem, NotReady):
                log.exception("%s %s", request.method, request.path)
                return self._problem(500, FAULT)
            return self._problem(problem.status, problem.sentence, **problem.values)

        @server.errorhandler(HTTPException)
        def not_served(problem: HTTPException) -> Response:
            status = problem.code or 500
            if status < 400:
                return problem.get_response()  # pyright: ignore[reportReturnType]
            return self._problem(status, SENTENCES.get(status, UNANSWERED))

        @server.errorhandler(Exception)
        def failed(_problem: Exception) -> Response:
            log.exception("%s %s", request.method, request.path)
            return self._problem(500, FAULT)

    def _problem(self, status: int, sentence: str, **values: Any) -> Response:
        with speaking(*language_of_problem()):
            said = _(sentence, **values)
            if request.path.endswith(".json") or request.path.startswith("/_dash"):
                answer = jsonify(error=said)
                answer.status_code = status
                return _unkept(answer)
            search = request.query_string.decode("utf-8", "replace")
            page = problem_page(status, said, nearest_view(search) if status == 400 else "/")
            city = self.portal.city(request.host)
            return _answer(self._document(page, city, self._this_minute(), _without_language(search)), status)


def _key(visit: Visit, state: Hashable, parts: dict[str, str], *language: object) -> str:
    """City, path, validated filter, language, versions and minute: all that a page can depend on."""
    named = (
        visit.city.id,
        str(request.url_rule),
        sorted(parts.items()),
        visit.case_filter.to_query_string(),
        visit.after,
        visit.order,
        visit.look,
        language,
        state,
        visit.now,
    )
    return hashlib.sha256(repr(named).encode()).hexdigest()


def _without_language(search: str) -> str:
    try:
        return urlencode([pair for pair in parse_qsl(search, max_num_fields=200) if pair[0] != "lang"])
    except ValueError:
        return ""


UNANSWERED = "This cannot be answered."
FAULT = "Something broke here. It is our fault and is written down; please try again in a minute."
SENTENCES = {
    404: "There is nothing at this address. It may have been mistyped, or the page has moved.",
    405: "This address does not take that kind of request.",
    413: "What was sent is larger than this portal takes: 256 kB.",
}


def nearest_view(search: str) -> str:
    """The page without the parameters we did not understand: the nearest one that makes sense."""
    kept: list[tuple[str, str]] = []
    try:
        pairs = parse_qsl(search, max_num_fields=200)
    except ValueError:
        pairs = []
    for pair in pairs:
        if pair[0] not in VIEW_PARAMETERS and _understood([*kept, pair]):
            kept.append(pair)
    query = CaseFilter.from_query_string(urlencode(kept)).to_query_string()
    return f"/cases?{query}" if query else "/"


def _understood(pairs: list[tuple[str, str]]) -> bool:
    try:
        CaseFilter.from_query_string(urlencode(pairs))
    except BadRequest:
        return False
    return True


def _answer(html: str, status: int) -> Response:
    answer = Response(html, status=status, mimetype="text/html")
    answer.vary.add("Accept-Language")
    if status != 200:
        return _unkept(answer)
    answer.headers["Cache-Control"] = "no-cache"
    g.unchanging = hashlib.sha256(html.encode()).hexdigest()[:20]
    answer.set_etag(g.unchanging)
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]


def _unkept(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
