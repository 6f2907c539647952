"""The list of cases: what the filter and the order in the address ask for."""

from __future__ import annotations

from dataclasses import replace

from callbacks.shared.pages import Visit
from layouts.cases.case_list import CaseList, cases_page, no_cases_page
from layouts.shared.document import Page
from portal.context import Portal
from portal.domain.filters import STILL_OPEN, CaseFilter
from portal.errors import NotReady
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.queries.cases.case_lists import cases_in_order
from portal.queries.cases.filter_names import names_in_filter, similar_filters
from portal.queries.cases.map_views import map_view
from portal.queries.cases.text_search import make_selection
from portal.queries.cases.value_counts import value_counts

PARAMETERS = frozenset({"after", "sort"})
CASES_SHOWN = 50


def show_case_list(portal: Portal, visit: Visit) -> Page:
    """The cases of the filter in the order asked for, and where they are."""
    try:
        facts = portal.facts(visit.city.id)
    except NotReady:
        return no_cases_page(visit.city)
    selection = make_selection(portal, visit.city, _understand_filter(visit), visit.now)
    return cases_page(visit.city, _read_list(portal, visit, facts, selection), visit.now)


def _understand_filter(visit: Visit) -> CaseFilter:
    """The filter of the address. The oldest cases are those still open; heading and map say so."""
    if visit.order.name == "oldest" and not visit.case_filter.status:
        return replace(visit.case_filter, status=STILL_OPEN)
    return visit.case_filter


def _read_list(portal: Portal, visit: Visit, facts: Facts, selection: Selection) -> CaseList:
    city, order = visit.city, visit.order
    # The store reads the cards while the facts count.
    cards = portal.cached_in_background(
        cases_in_order, city.id, facts, selection, order, CASES_SHOWN, visit.after
    )
    counts = portal.read(value_counts, city.id, selection)
    view = map_view(portal, city, selection, order, visit.look, counts)
    return CaseList(
        case_filter=selection.case_filter,
        order=order,
        names=names_in_filter(facts, selection.case_filter),
        counts=counts,
        cases=cards(),
        view=view,
        alike=similar_filters(facts, selection.case_filter),
        is_later_page=visit.after is not None,
        has_all_words=selection.words is None or selection.words.is_all,
    )
