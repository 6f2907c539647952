"""The list of cases: what the filter and the order in the address ask for."""

from __future__ import annotations

from datetime import date

from callbacks.cases.no_cases import draw_no_cases
from callbacks.shared.pages import Visit
from layouts.cases.case_list import CaseList, cases_page
from layouts.cases.past import PastList, past_cases_page
from layouts.shared.document import Page
from portal.context import Portal
from portal.errors import NotReady
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.publication.formats import list_files
from portal.queries.cases.as_of import facts_as_of, find_as_of, read_as_of, select_as_of
from portal.queries.cases.case_lists import cases_in_order
from portal.queries.cases.filter_names import names_in_filter, similar_filters
from portal.queries.cases.map_views import map_view
from portal.queries.cases.past_cards import cases_as_of
from portal.queries.cases.search_box import cases_with_number, check_tracking_number
from portal.queries.cases.text_search import make_selection
from portal.queries.cases.value_counts import value_counts

PARAMETERS = frozenset({"after", "sort", "as_of"})
CASES_SHOWN = 50


def show_case_list(portal: Portal, visit: Visit) -> Page:
    """The cases of the filter in the order asked for, and where they are."""
    try:
        facts = portal.facts(visit.city.id)
    except NotReady:
        return draw_no_cases(portal, visit)
    if visit.as_of:
        return _show_past_list(portal, visit, visit.as_of)
    selection = make_selection(
        portal, visit.city, visit.order.filter_of(visit.case_filter), visit.now
    )
    return cases_page(visit.city, _read_list(portal, visit, facts, selection), visit.now)


def _read_list(portal: Portal, visit: Visit, facts: Facts, selection: Selection) -> CaseList:
    city, order = visit.city, visit.order
    asked = selection, order, CASES_SHOWN, visit.after
    # The store reads the cards while the facts count.
    cards = portal.cached_in_background(cases_in_order, city.id, facts, *asked)
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
        numbered=cases_with_number(portal, city, visit.case_filter.q or "", visit.now),
        has_tracking_number=bool(check_tracking_number(visit.case_filter.q or "")),
        is_later_page=visit.after is not None,
        has_all_words=selection.words is None or selection.words.is_all,
        site_url=portal.settings.site_url,
        files=list_files(portal, city, counts.extent.cases),
    )


def _show_past_list(portal: Portal, visit: Visit, day: date) -> Page:
    """The same list as the portal knew it when a past day ended."""
    city, order = visit.city, visit.order
    then = find_as_of(portal, city, day, visit.now)
    facts = facts_as_of(portal, city, then)
    case_filter = order.filter_of(visit.case_filter)
    selection = select_as_of(city, case_filter, then, order.name)
    asked = facts, selection, order, CASES_SHOWN, visit.after
    cards = portal.cached_in_background(cases_as_of, city.id, *asked)
    counts = read_as_of(portal, facts, value_counts, selection)
    shown = PastList(
        then=then,
        case_filter=case_filter,
        order=order,
        names=names_in_filter(facts, case_filter),
        counts=counts,
        cases=cards(),
        is_later_page=visit.after is not None,
        files=list_files(portal, city, counts.extent.cases),
    )
    return past_cases_page(city, shown)
