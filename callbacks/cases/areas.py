"""The pages of neighborhoods and districts."""

from __future__ import annotations

from callbacks.shared.pages import Visit
from layouts.cases.areas import AreaView, area_page, areas_page, unknown_area_page
from layouts.cases.case_list import no_cases_page
from layouts.shared.document import Page
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.domain.sort_order import CaseOrder
from portal.errors import NotReady
from portal.filter_sql import Selection
from portal.queries.cases.area_numbers import (
    Place,
    area_by_path,
    area_numbers,
    areas_like,
    open_cases_by_area,
)
from portal.queries.cases.case_lists import most_followed, newest_cases
from portal.queries.cases.map_views import map_view

CASES_SHOWN = 20
FOLLOWED_SHOWN = 3
LONGEST_NAME = 60


def show_areas(portal: Portal, visit: Visit) -> Page:
    """Every neighborhood and district, with its open cases."""
    try:
        return areas_page(visit.city, portal.read(open_cases_by_area, visit.city.id, visit.now))
    except NotReady:
        return no_cases_page(visit.city)


def show_area(portal: Portal, visit: Visit, path: str) -> Page:
    """One area; if the city has none at this path, areas with a name like it."""
    city = visit.city
    area = portal.read(area_by_path, city.id, path.lower())
    if area is None:
        alike = portal.read(areas_like, city.id, path.lower()[:LONGEST_NAME])
        return unknown_area_page(city, path, alike)
    return area_page(city, _read_area(portal, visit, area), visit.now)


def _read_area(portal: Portal, visit: Visit, area: Place) -> AreaView:
    city, now = visit.city, visit.now
    facts = portal.facts(city.id)
    selection = Selection(_filter_of(area), city.zone, now)
    return AreaView(
        numbers=portal.read(area_numbers, city.id, area.kind, area.slug, now, city.zone),
        cases=portal.cached(newest_cases, city.id, selection, CASES_SHOWN, None, facts),
        followed=portal.cached(most_followed, city.id, facts, selection, FOLLOWED_SHOWN),
        view=map_view(portal, city, selection, CaseOrder(), visit.look),
    )


def _filter_of(area: Place) -> CaseFilter:
    if area.kind == "neighborhood":
        return CaseFilter(neighborhood=(area.slug,))
    return CaseFilter(district=(area.slug,))
