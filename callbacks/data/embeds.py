"""Frames for other sites: /embed/map, /embed/list and /embed/number, each with a filter.

They may be shown anywhere, set no cookie and run no script.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Flask, Response, g, request

from callbacks.shared.language import language_of_problem
from callbacks.shared.responses import ask_each_time
from layouts.cases.sentence import describe_filter
from layouts.data.embeds import (
    Embedded,
    embed_document,
    list_frame,
    map_frame,
    number_frame,
    problem_frame,
)
from layouts.shared.document import Frame
from layouts.shared.language import _, speaking
from portal.api import kept_answers
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.map_look import MapLook
from portal.domain.page_query import sift_query
from portal.domain.sort_order import CaseOrder
from portal.errors import NotFound, PortalError
from portal.filter_sql import Selection
from portal.queries.cases.case_lists import newest_cases
from portal.queries.cases.counts import count_cases
from portal.queries.cases.filter_names import names_in_filter
from portal.queries.cases.map_views import map_view
from portal.queries.cases.text_search import make_selection

CASES_SHOWN = 5
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors *"
)
THEMES = ("light", "dark")
KINDS = ("map", "list", "number")
Body = tuple[str, list[Any]]
"""A frame's title and its content."""


def register(server: Flask, portal: Portal, frame: Frame, clock: Callable[[], float]) -> None:
    """Add the route. `clock` gives epoch seconds."""

    @server.get("/embed/<kind>")
    def embed(kind: str) -> Response:
        city = portal.city(request.host)
        state = portal.state(city.id)
        with speaking(*language_of_problem(), city.language):
            try:
                title, body = _make(portal, city, kind, int(clock()) // 60 * 60)
                status = 200
            except PortalError as problem:
                if problem.status >= 500:
                    raise
                sentence = _(problem.sentence, **problem.values)
                title, body, status = sentence, problem_frame(sentence), problem.status
            theme = request.args.get("theme", "")
            document = partial(embed_document, frame, title, body, has_map=kind == "map")
            answer = Response(document(theme=theme if theme in THEMES else ""), status=status)
        if status == 200:
            kept_answers.keep(request.environ, state)
        return _for_frames(answer)


def _make(portal: Portal, city: Jurisdiction, kind: str, now: int) -> Body:
    if kind not in KINDS:
        raise NotFound("There is no such frame. There are: {kinds}.", kinds=", ".join(KINDS))
    sifted = sift_query(request.query_string.decode("utf-8", "replace"))
    case_filter = CaseFilter.from_query_string(sifted.known)
    facts = portal.facts(city.id)
    selection = make_selection(portal, city, case_filter, now)
    cases = portal.read(count_cases, city.id, selection)
    names = names_in_filter(facts, case_filter)
    counted = describe_filter(case_filter, names, city.name, cases)
    plain = describe_filter(case_filter, names, city.name)
    sentence = plain if kind == "number" else counted
    shown = Embedded(city, sentence, case_filter, cases, facts.as_of, now)
    return counted, _draw(portal, shown, selection, kind)


def _draw(portal: Portal, shown: Embedded, selection: Selection, kind: str) -> list[Any]:
    if kind == "number":
        return number_frame(shown)
    if kind == "list":
        facts = portal.facts(shown.city.id)
        page = portal.cached(newest_cases, shown.city.id, selection, CASES_SHOWN, None, facts)
        # Photos and notes make a frame heavy.
        return list_frame(shown, tuple(replace(case, photo=None) for case in page.cases))
    return map_frame(shown, map_view(portal, shown.city, selection, CaseOrder(), MapLook()))


def _for_frames(answer: Response) -> Response:
    """Let any site show it, and anyone keep it who asks each time."""
    g.unchanging = hashlib.sha256(answer.get_data()).hexdigest()[:20]
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.set_etag(g.unchanging)
    return ask_each_time(answer)
