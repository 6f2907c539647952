"""Routing by hand: a path, a function that makes its Page, and one HTML answer with its status, ETag and caching."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Flask, Response, g, request

from callbacks.shared.language import requested_language
from layouts.shared.document import Frame, Page, document
from layouts.shared.language import speaking
from layouts.shared.shell import shell
from portal.api import kept_answers
from portal.cache import AnswerCache
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.map_look import MapLook
from portal.domain.sort_order import CaseOrder

KEPT_BYTES = 32 << 20
TURN_SECONDS = 0.2
"""How long a page waits for another that is being made in the same process.

Python runs one of them at a time in any case; a report, which has much to ask and little to reckon, would stand behind each of them after
every answer. Measured in docs/reporting.md. One page that takes long holds up the others for no longer than this.
"""


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
        """Answer a path with `make(portal, visit, **parts of the path)`; `keep` lets equal visits within a minute share one answer."""

        def view(**parts: str) -> Response:
            language, is_chosen = requested_language()
            visit = self._visit(parameters)
            state = self.portal.state(visit.city.id)
            key = _key(visit, state, parts, language, is_chosen)
            html = self.kept.get(key)
            if html is None:
                with self._in_turn(), speaking(language, is_chosen, visit.city.language):
                    html, status = self._made(
                        key, keep, visit, lambda: make(self.portal, visit, **parts)
                    )
                if status != 200:
                    return _answer(html, status)
            if keep:
                kept_answers.keep(request.environ, state)
            return _answer(html, 200)

        server.add_url_rule(path, endpoint=f"page {path}", view_func=view)

    def _made(
        self, key: str, keep: bool, visit: Visit, make: Callable[[], Page]
    ) -> tuple[str, int]:
        html = self.kept.get(key)
        if html is not None:  # whoever had the turn before has made the same
            return html, 200
        page = make()
        html = self._document(page, visit.city, visit.now, visit.query)
        if keep and page.status == 200:
            self.kept.keep(key, html)
        return html, page.status

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        has_turn = self._turn.acquire(timeout=TURN_SECONDS)
        try:
            yield
        finally:
            if has_turn:
                self._turn.release()

    def once(self, make: Callable[[], Page]) -> Response:
        """Answer with a page that is one visitor's alone, such as a form half filled in: no browser and nobody between keeps it."""
        with speaking(*requested_language(), self.portal.city(request.host).language):
            page = make()
            html = self.document(page, "")
        return unkept(Response(html, status=page.status, mimetype="text/html"))

    def _visit(self, parameters: frozenset[str]) -> Visit:
        search = request.query_string.decode("utf-8", "replace")
        case_filter = CaseFilter.from_query_string(search)
        after = request.args.get("after") if "after" in parameters else None
        order = CaseOrder.from_query_string(search) if "sort" in parameters else CaseOrder()
        look = MapLook.from_query_string(search)
        mark = urlencode({"after": after} if after else {})
        query = "&".join(
            filter(
                None,
                (
                    case_filter.to_query_string(),
                    order.to_query_string(),
                    mark,
                    look.to_query_string(),
                ),
            )
        )
        return Visit(
            self.portal.city(request.host),
            search,
            self._this_minute(),
            case_filter,
            after,
            order,
            query,
            look,
        )

    def _this_minute(self) -> int:
        now = int(self.clock())
        return now - now % 60

    def document(self, page: Page, query: str) -> str:
        """A page that stands outside of routing, such as one for a problem. `query` is that of its address, without the language."""
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


def _answer(html: str, status: int) -> Response:
    answer = Response(html, status=status, mimetype="text/html")
    answer.vary.add("Accept-Language")
    if status != 200:
        return unkept(answer)
    answer.headers["Cache-Control"] = "no-cache"
    g.unchanging = hashlib.sha256(html.encode()).hexdigest()[:20]
    answer.set_etag(g.unchanging)
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]


def unkept(answer: Response) -> Response:
    """Mark an answer as one that nobody keeps."""
    answer.headers["Cache-Control"] = "no-store"
    return answer
