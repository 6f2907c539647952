"""Performance: the page of the city, of an area, of a department and of a type."""

from __future__ import annotations

from dataclasses import replace

from callbacks.cases.no_cases import draw_no_cases
from callbacks.shared.pages import Visit
from layouts.performance.groups import groups_page
from layouts.performance.overview import Scope, performance_page
from layouts.shared.document import Page
from portal.context import Portal
from portal.errors import NotFound, NotReady
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.queries.cases.filter_names import named_choices, names_in_filter
from portal.queries.cases.text_search import make_selection
from portal.queries.performance.groups import Groups, read_groups
from portal.queries.performance.overview import Overview, find_period, read_overview

KINDS = {
    "districts": "district",
    "neighborhoods": "neighborhood",
    "departments": "department",
    "services": "service",
}
"""Parts of addresses, and the field of the filter that each is."""


def show_performance(
    portal: Portal, visit: Visit, kind: str | None = None, slug: str | None = None
) -> Page:
    """The numbers of a filter; `kind` and `slug` name one thing more in it."""
    city = visit.city
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return draw_no_cases(portal, visit)
    asked = visit.case_filter
    if kind is not None and slug is not None:
        asked = replace(asked, **{_read_field(facts, kind, slug): (slug,)})
    # Without the time, so that the answer is kept as long as the data stays the same.
    selection = make_selection(portal, city, asked)
    found = portal.read(read_page, city.id, selection)
    if found is None:
        return draw_no_cases(portal, visit)
    return performance_page(city, _make_scope(facts, selection), found, visit.now)


def read_page(facts: Facts, selection: Selection) -> Overview | None:
    """The numbers; None in a city without any case."""
    period = find_period(facts, selection)
    return read_overview(facts, selection, period) if period else None


def show_groups(portal: Portal, visit: Visit, kind: str) -> Page:
    """All of a kind. Raises NotFound for what is none."""
    city = visit.city
    field = KINDS.get(kind)
    if field is None:
        raise NotFound("The city has no “{name}” here.", name=kind[:60])
    try:
        portal.facts(city.id)
    except NotReady:
        return draw_no_cases(portal, visit)
    selection = make_selection(portal, city, visit.case_filter)
    found = portal.read(read_kind, city.id, selection, field)
    return groups_page(city, kind, found, visit.now) if found else draw_no_cases(portal, visit)


def read_kind(facts: Facts, selection: Selection, field: str) -> Groups | None:
    """The groups; None in a city without any case."""
    period = find_period(facts, selection)
    return read_groups(facts, selection, period, field) if period else None


def _read_field(facts: Facts, kind: str, slug: str) -> str:
    """The field of a part of an address. Raises NotFound for what the city does not have."""
    field = KINDS.get(kind)
    if field is None or not facts.ids_of(field, [slug]):
        raise NotFound("The city has no “{name}” here.", name=slug[:60])
    return field


def _make_scope(facts: Facts, selection: Selection) -> Scope:
    places, types = named_choices(facts, "neighborhood"), named_choices(facts, "service")
    asked = selection.case_filter
    return Scope(asked, names_in_filter(facts, asked), places, types)
