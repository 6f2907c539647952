"""The pages of neighborhoods and districts."""

from __future__ import annotations

from datetime import date

from callbacks.cases.no_cases import draw_no_cases
from callbacks.shared.pages import Visit
from layouts.cases.areas import AreaView, area_page, areas_page, unknown_area_page
from layouts.cases.past import past_area_page, past_areas_page
from layouts.shared.document import Page
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.domain.sort_order import CaseOrder
from portal.errors import NotReady
from portal.filter_sql import Selection
from portal.publication.formats import list_files
from portal.queries.cases.area_numbers import (
    NamedArea,
    area_by_path,
    area_numbers,
    areas_like,
    open_cases_by_area,
)
from portal.queries.cases.as_of import facts_as_of, find_as_of, read_as_of, select_as_of
from portal.queries.cases.case_lists import most_followed, newest_cases
from portal.queries.cases.counts import count_cases
from portal.queries.cases.map_views import map_view
from portal.queries.cases.past_cards import cases_as_of

PARAMETERS = frozenset({"as_of"})
CASES_SHOWN = 20
FOLLOWED_SHOWN = 3
LONGEST_NAME = 60


def show_areas(portal: Portal, visit: Visit) -> Page:
    """Every neighborhood and district, with its open cases."""
    city = visit.city
    try:
        if visit.as_of:
            then = find_as_of(portal, city, visit.as_of, visit.now)
            facts = facts_as_of(portal, city, then)
            areas = read_as_of(portal, facts, open_cases_by_area, then.moment)
            return past_areas_page(city, areas, then)
        return areas_page(city, portal.read(open_cases_by_area, city.id, visit.now))
    except NotReady:
        return draw_no_cases(portal, visit)


def show_area(portal: Portal, visit: Visit, path: str) -> Page:
    """One area; if the city has none at this path, areas with a name like it."""
    city = visit.city
    if visit.as_of:
        return _show_past_area(portal, visit, path, visit.as_of)
    area = portal.read(area_by_path, city.id, path.lower())
    if area is None:
        alike = portal.read(areas_like, city.id, path.lower()[:LONGEST_NAME])
        return unknown_area_page(city, path, alike)
    return area_page(city, _read_area(portal, visit, area), visit.now)


def _show_past_area(portal: Portal, visit: Visit, path: str, day: date) -> Page:
    city = visit.city
    then = find_as_of(portal, city, day, visit.now)
    facts = facts_as_of(portal, city, then)
    area = read_as_of(portal, facts, area_by_path, path.lower())
    if area is None:
        alike = read_as_of(portal, facts, areas_like, path.lower()[:LONGEST_NAME])
        return unknown_area_page(city, path, alike)
    here = _filter_of(area)
    asked = area.kind, area.slug, then.moment, city.zone
    numbers = read_as_of(portal, facts, area_numbers, *asked)
    selection = select_as_of(city, here, then)
    shown = facts, selection, CaseOrder(), CASES_SHOWN
    return past_area_page(city, numbers, portal.cached(cases_as_of, city.id, *shown), here, then)


def _read_area(portal: Portal, visit: Visit, area: NamedArea) -> AreaView:
    city, now = visit.city, visit.now
    facts = portal.facts(city.id)
    selection = Selection(_filter_of(area), city.zone, now)
    all_cases = portal.read(count_cases, city.id, selection)
    return AreaView(
        numbers=portal.read(area_numbers, city.id, area.kind, area.slug, now, city.zone),
        cases=portal.cached(newest_cases, city.id, selection, CASES_SHOWN, None, facts),
        followed=portal.cached(most_followed, city.id, facts, selection, FOLLOWED_SHOWN),
        view=map_view(portal, city, selection, CaseOrder(), visit.look),
        all_cases=all_cases,
        files=list_files(portal, city, all_cases),
    )


def _filter_of(area: NamedArea) -> CaseFilter:
    if area.kind == "neighborhood":
        return CaseFilter(neighborhood=(area.slug,))
    return CaseFilter(district=(area.slug,))
