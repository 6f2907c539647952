"""The pages of neighborhoods and districts."""

from __future__ import annotations

from callbacks.cases.live_map import map_view
from callbacks.shared.pages import Visit
from layouts.cases.areas import place_page, places_page, unknown_place_page
from layouts.cases.case_list import no_cases_page
from layouts.shared.document import Page
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.domain.sort_order import CaseOrder
from portal.errors import NotReady
from portal.filter_sql import Selection
from portal.queries.cases.area_numbers import (
    area_by_path,
    area_numbers,
    areas_like,
    open_cases_by_area,
)
from portal.queries.cases.case_lists import most_followed, newest_cases

CASES_SHOWN, FOLLOWED_SHOWN = 20, 3


def show_areas(portal: Portal, visit: Visit) -> Page:
    """Every neighborhood and district, with its open cases."""
    try:
        return places_page(visit.city, portal.read(open_cases_by_area, visit.city.id, visit.now))
    except NotReady:
        return no_cases_page(visit.city)


def show_area(portal: Portal, visit: Visit, path: str) -> Page:
    """One area; for a place the city has not, those with a name like it."""
    city, now = visit.city, visit.now
    place = portal.read(area_by_path, city.id, path.lower())
    if place is None:
        return unknown_place_page(city, path, portal.read(areas_like, city.id, path.lower()[:60]))
    here = (
        CaseFilter(neighborhood=(place.slug,))
        if place.kind == "neighborhood"
        else CaseFilter(district=(place.slug,))
    )
    selection = Selection(here, city.zone, now)
    facts = portal.facts(city.id)
    numbers = portal.read(area_numbers, city.id, place.kind, place.slug, now, city.zone)
    cases = portal.cached(newest_cases, city.id, selection, CASES_SHOWN, None, facts)
    followed = portal.cached(most_followed, city.id, facts, selection, FOLLOWED_SHOWN)
    return place_page(
        city,
        numbers,
        cases,
        followed,
        map_view(portal, city, selection, CaseOrder(), visit.look),
        now,
    )
