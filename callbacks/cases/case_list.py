"""The list of cases: its answer for the filter and the order in the address."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches

from callbacks.cases.live_map import map_view
from callbacks.shared.pages import Visit
from layouts.cases.case_list import CaseList, cases_page, no_cases_page
from layouts.shared.document import Page
from portal.context import Portal
from portal.domain.filters import STILL_OPEN, CaseFilter
from portal.errors import NotReady
from portal.facts.reader import Facts
from portal.filter_sql import SLUG_FIELDS
from portal.queries.cases.case_lists import cases_in_order
from portal.queries.cases.text_search import make_selection
from portal.queries.cases.value_counts import value_counts

PARAMETERS = frozenset({"after", "sort"})
CASES_SHOWN = 50
ALIKE_SHOWN = 4


def show_case_list(portal: Portal, visit: Visit) -> Page:
    """The cases of the filter in the order asked for, and where they are."""
    try:
        facts = portal.facts(visit.city.id)
    except NotReady:
        return no_cases_page(visit.city)
    city, order, now = visit.city, visit.order, visit.now
    chosen = visit.case_filter
    if order.name == "oldest" and not chosen.status:
        # The oldest are those still waiting; heading and map say so too.
        chosen = replace(chosen, status=STILL_OPEN)
    selection = make_selection(portal, city, chosen, now)
    # The store is asked for the cards while the facts are asked for the numbers.
    page = portal.cached_in_background(
        cases_in_order, city.id, facts, selection, order, CASES_SHOWN, visit.after
    )
    counts = portal.read(value_counts, city.id, selection)
    view = map_view(portal, city, selection, order, visit.look, counts)
    return cases_page(
        city,
        CaseList(
            case_filter=chosen,
            order=order,
            names=names(facts, chosen),
            counts=counts,
            cases=page(),
            view=view,
            alike=alike(facts, chosen),
            is_later_page=visit.after is not None,
            has_all_words=selection.words is None or selection.words.is_all,
        ),
        now,
    )


def names(facts: Facts, chosen: CaseFilter) -> dict[str, str]:
    """The city's words for the slugs of a filter."""
    return {
        word.slug: word.name
        for field in SLUG_FIELDS
        for word in facts.words(field).values()
        if word.slug in getattr(chosen, field)
    }


def alike(facts: Facts, chosen: CaseFilter) -> tuple[tuple[str, CaseFilter], ...]:
    """For the first word of the filter that the city has not, those much like it: their names, and the filter with each instead."""
    for field in SLUG_FIELDS:
        known = {word.slug: word.name for word in facts.words(field).values()}
        asked = getattr(chosen, field)
        if odd := next((slug for slug in asked if slug not in known), None):
            near = get_close_matches(odd, known, n=ALIKE_SHOWN)
            return tuple(
                (known[slug], replace(chosen, **{field: tuple(sorted({*asked} - {odd} | {slug}))}))
                for slug in near
            )
    return ()
