"""Routing by hand: a path, a function that makes its Page, and an HTML answer that is kept or not.

pages.add(server, "/cases", show_case_list)    # anyone may get it again within the minute
pages.once(lambda: form_page(draft))           # one person's alone
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from time import perf_counter
from urllib.parse import urlencode

from flask import Flask, Response, g, request

from callbacks.shared.language import requested_language
from layouts.shared.document import Frame, Page, document
from layouts.shared.language import speaking
from layouts.shared.shell import shell
from portal import metrics
from portal.api import kept_answers
from portal.cache.shared import Question
from portal.context import Portal
from portal.domain.as_of import PARAMETER as AS_OF
from portal.domain.as_of import parse_as_of
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.map_look import MapLook
from portal.domain.page_query import sift_query
from portal.domain.sort_order import CaseOrder

SECONDS_UNTIL_READY = 30
"""When to ask again after a 503."""
SHARED_SECONDS = 120
"""How long a page is kept. The minute is in its name, so nothing asks for it much later."""
SHARED_PARAMETERS = frozenset({"after", "sort", AS_OF})
"""Names in `parameters` that mean the same on every page that has them; others are its own."""
TURN_SECONDS = 0.2
"""How long a page waits for another that is being made in the same process.

Python runs one of them at a time in any case; a report, which asks much and computes little, would
wait behind each of them after every answer. Measured in docs/reporting.md. One page that takes long
holds up the others for no longer than this.
"""


@dataclass(frozen=True)
class Visit:
    """What a page is made for.

    `now` is the minute, in epoch seconds: visits within it share their answers. `query` is the
    query of the address in its one spelling, without the language. `left_out` are names in the
    address that no page knows. `is_plain`: all of the address means something to us. `as_of`: the
    past day that a page which can look back is asked for. `own`: names and values of parameters
    that this page alone has.
    """

    city: Jurisdiction
    search: str
    now: int
    case_filter: CaseFilter
    after: str | None = None
    order: CaseOrder = CaseOrder()
    query: str = ""
    look: MapLook = MapLook()
    left_out: tuple[str, ...] = ()
    is_plain: bool = True
    as_of: date | None = None
    own: tuple[tuple[str, str], ...] = ()


MakePage = Callable[..., Page]


class Pages:
    """The pages of the portal and how they are answered."""

    def __init__(self, portal: Portal, frame: Frame, clock: Callable[[], float]) -> None:
        self.portal = portal
        self.frame = frame
        self.clock = clock
        self._turn = threading.Lock()

    def add(
        self,
        server: Flask,
        path: str,
        make: MakePage,
        *,
        parameters: frozenset[str] = frozenset(),
        keep: bool = True,
    ) -> None:
        """Answer a path with `make(portal, visit, **parts of the path)`.

        `keep` lets equal visits within a minute share one answer, in every process.
        """

        view = partial(self._answer, make, parameters, keep)
        server.add_url_rule(path, endpoint=f"page {path}", view_func=view)

    def _answer(
        self, make: MakePage, parameters: frozenset[str], keep: bool, /, **parts: str
    ) -> Response:
        language, is_chosen = requested_language()
        visit = self._visit(parameters)
        state = self.portal.state(visit.city.id)
        question = None
        # A page that names what it left out is for one mistyped address.
        if keep and not visit.left_out:
            question = _make_question(visit, state, parts, language, is_chosen)
        html, status = self._look_up(question), 200
        if html is None:
            with self._in_turn(), speaking(language, is_chosen, visit.city.language):
                html, status = self._make(question, visit, make, parts)
        if status != 200:
            return unkept(_make_response(html, status))
        if keep and visit.is_plain:
            kept_answers.keep(request.environ, state)
        return _tag(_make_response(html, 200), html)

    def _look_up(self, question: Question | None) -> bytes | None:
        return self.portal.shared.get(question) if question else None

    def _make(
        self, question: Question | None, visit: Visit, make: MakePage, parts: dict[str, str]
    ) -> tuple[bytes, int]:
        html = self._look_up(question)
        if html is not None:  # the previous turn made the same page
            return html, 200
        page = replace(make(self.portal, visit, **parts), left_out=visit.left_out)
        html = self._document(page, visit.city, visit.now, visit.query).encode()
        if question and page.status == 200:
            self.portal.shared.keep(question, html, SHARED_SECONDS)
        return html, page.status

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        started = perf_counter()
        has_turn = self._turn.acquire(timeout=TURN_SECONDS)
        metrics.QUEUE_SECONDS.labels("page").observe(perf_counter() - started)
        try:
            yield
        finally:
            if has_turn:
                self._turn.release()

    def once(self, make: Callable[[], Page]) -> Response:
        """Answer with a page that is one visitor's alone, such as a form half filled in.

        Neither we nor a browser nor a proxy keeps it.
        """
        with speaking(*requested_language(), self.portal.city(request.host).language):
            page = make()
            html = self.document(page, "")
        answer = unkept(Response(html, status=page.status, mimetype="text/html"))
        if page.status == 503:
            answer.headers["Retry-After"] = str(SECONDS_UNTIL_READY)
        return answer

    def _visit(self, parameters: frozenset[str]) -> Visit:
        own_names = parameters - SHARED_PARAMETERS
        asked = sift_query(request.query_string.decode("utf-8", "replace"), own_names)
        search = asked.known
        case_filter = CaseFilter.from_query_string(search)
        after = request.args.get("after") if "after" in parameters else None
        order = CaseOrder.from_query_string(search) if "sort" in parameters else CaseOrder()
        look = MapLook.from_query_string(search)
        looks_back = AS_OF in parameters
        as_of = parse_as_of(asked.as_of) if looks_back else None
        query = _spell_query(case_filter, order, after, look, as_of, asked.own)
        city = self.portal.city(request.host)
        shown = case_filter, after, order, query, look
        unknown = asked.unknown if looks_back or not asked.as_of else (*asked.unknown, AS_OF)
        is_plain = asked.is_whole and not asked.as_of
        return Visit(city, search, self._this_minute(), *shown, unknown, is_plain, as_of, asked.own)

    def _this_minute(self) -> int:
        now = int(self.clock())
        return now - now % 60

    def document(self, page: Page, query: str) -> str:
        """The HTML of a page outside of routing, such as one for a problem.

        `query` is that of its address, without the language.
        """
        return self._document(page, self.portal.city(request.host), self._this_minute(), query)

    def _document(self, page: Page, city: Jurisdiction, now: int, query: str) -> str:
        return document(
            self.frame,
            page,
            shell(city, page, self._as_of(city), now, query),
            self.portal.settings.site_url,
        )

    def _as_of(self, city: Jurisdiction) -> int | None:
        try:
            return self.portal.facts(city.id).as_of
        except Exception:
            # A page that explains a fault must not fail for want of its footer.
            return None


def _spell_query(
    case_filter: CaseFilter,
    order: CaseOrder,
    after: str | None,
    look: MapLook,
    as_of: date | None,
    own: tuple[tuple[str, str], ...],
) -> str:
    """The query that asks for these, in its one spelling."""
    mark = urlencode({"after": after}) if after else ""
    day = f"{AS_OF}={as_of}" if as_of else ""
    parts = case_filter.to_query_string(), order.to_query_string(), mark, look.to_query_string()
    return "&".join(filter(None, (*parts, day, urlencode(own))))


def _make_question(
    visit: Visit, state: Hashable, parts: dict[str, str], *language: object
) -> Question:
    """City, path, validated filter, language, versions and minute: all that a page depends on."""
    named = (
        sorted(parts.items()),
        visit.case_filter.to_query_string(),
        visit.after,
        visit.order,
        visit.look,
        visit.as_of,
        visit.own,
        language,
        visit.now,
    )
    return Question("page", visit.city.id, str(request.url_rule), state, named)


def _make_response(html: bytes, status: int) -> Response:
    answer = Response(html, status=status, mimetype="text/html")
    answer.vary.add("Accept-Language")
    return answer


def _tag(answer: Response, html: bytes) -> Response:
    """Give a public answer its ETag, under which its packed body is kept too."""
    g.unchanging = hashlib.sha256(html).hexdigest()[:20]
    answer.headers["Cache-Control"] = "no-cache"
    answer.set_etag(g.unchanging)
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]


def unkept(answer: Response) -> Response:
    """Mark an answer as one that no browser and no proxy keeps."""
    answer.headers["Cache-Control"] = "no-store"
    return answer
