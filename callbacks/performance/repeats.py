"""Repeats: the page and its file."""

from __future__ import annotations

from functools import partial

from flask import Flask, Response, request

from callbacks.cases.no_cases import draw_no_cases
from callbacks.shared.pages import Pages, Visit
from callbacks.shared.responses import cache_publicly
from layouts.performance.repeats import PATH, RepeatsScope, repeats_page
from layouts.shared.document import Page
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.page_query import sift_query
from portal.errors import NotFound, NotReady
from portal.facts.reader import Facts
from portal.queries.cases.filter_names import named_choices, names_in_filter
from portal.queries.cases.text_search import make_selection
from portal.queries.performance.repeats import (
    MIN_INCIDENTS,
    Repeats,
    RepeatsQuestion,
    read_repeats,
)
from portal.queries.performance.repeats_file import write_csv

SECONDS = 60
"""How long a browser keeps the file."""


def register(server: Flask, portal: Portal, pages: Pages) -> None:
    """The page and its CSV."""
    pages.add(server, PATH, show_repeats)
    server.add_url_rule(f"{PATH}.csv", "repeats file", partial(send_file, portal))


def show_repeats(portal: Portal, visit: Visit) -> Page:
    """The numbers of a filter."""
    city = visit.city
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return draw_no_cases(portal, visit)
    found = ask_repeats(portal, city, visit.case_filter)
    if found is None:
        return draw_no_cases(portal, visit)
    scope = _make_scope(facts, visit.case_filter)
    return repeats_page(city, scope, found, MIN_INCIDENTS, visit.now)


def send_file(portal: Portal) -> Response:
    """The same as a CSV. Raises NotFound in a city without any case."""
    city = portal.city(request.host)
    search = request.query_string.decode("utf-8", "replace")
    found = ask_repeats(portal, city, CaseFilter.from_query_string(sift_query(search).known))
    if found is None:
        raise NotFound("There are no cases yet.")
    answer = Response(write_csv(found), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{city.id}-repeats.csv"'
    return cache_publicly(answer, SECONDS)


def ask_repeats(portal: Portal, city: Jurisdiction, case_filter: CaseFilter) -> Repeats | None:
    """What the record says of a filter's cases. Raises NotReady before the first facts."""
    facts = portal.facts(city.id)
    # Without the time, so that the answer is kept as long as the data stays the same.
    asked = RepeatsQuestion(make_selection(portal, city, case_filter), city.staff_channels)
    return portal.cached(read_repeats, city.id, facts, asked)


def _make_scope(facts: Facts, case_filter: CaseFilter) -> RepeatsScope:
    places, types = named_choices(facts, "neighborhood"), named_choices(facts, "service")
    return RepeatsScope(case_filter, names_in_filter(facts, case_filter), places, types)
