"""The first page's answer."""

from __future__ import annotations

from werkzeug.routing import RequestRedirect

from callbacks.cases.live_map import map_view
from callbacks.shared.pages import Visit
from layouts.cases.case_list import list_address, no_cases_page
from layouts.cases.home import Home, home_page
from layouts.shared.document import Page
from layouts.shared.language import keep_language
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.domain.sort_order import CaseOrder
from portal.errors import NotReady
from portal.filter_sql import Selection
from portal.queries.cases import counts
from portal.queries.cases.area_numbers import list_areas
from portal.queries.cases.case_lists import most_followed, newest_cases

CASES_SHOWN, FOLLOWED_SHOWN = 12, 3


def show_home(portal: Portal, visit: Visit) -> Page:
    """The newest cases and where they are; an address with a filter is the list's."""
    if not visit.case_filter.is_empty:
        raise RequestRedirect(keep_language(list_address(visit.case_filter)))
    city, now = visit.city, visit.now
    everything = Selection(CaseFilter(), city.zone, now)
    try:
        areas = portal.read(list_areas, city.id)
    except NotReady:
        return no_cases_page(city)
    home = Home(
        followed=portal.cached(
            most_followed, city.id, portal.facts(city.id), everything, FOLLOWED_SHOWN
        ),
        cases=portal.cached(newest_cases, city.id, everything, CASES_SHOWN),
        week=portal.read(counts.this_week, city.id, now, city.zone),
        neighborhoods=tuple(place for place in areas if place.kind == "neighborhood"),
        view=map_view(portal, city, everything, CaseOrder(), visit.look),
    )
    return home_page(city, home, now)
