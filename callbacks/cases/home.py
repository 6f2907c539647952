"""The first page."""

from __future__ import annotations

from werkzeug.routing import RequestRedirect

from callbacks.cases.no_cases import draw_no_cases
from callbacks.shared.pages import Visit
from layouts.cases.home import Home, home_page
from layouts.cases.list_parts import list_address
from layouts.shared.document import Page
from layouts.shared.language import keep_language
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.domain.sort_order import CaseOrder
from portal.errors import NotReady
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.queries.cases import counts
from portal.queries.cases.area_numbers import list_areas
from portal.queries.cases.case_lists import most_followed, newest_cases
from portal.queries.cases.map_views import map_view

CASES_SHOWN = 12
FOLLOWED_SHOWN = 3


def show_home(portal: Portal, visit: Visit) -> Page:
    """The newest cases and where they are; an address with a filter leads to the list."""
    if not visit.case_filter.is_empty:
        raise RequestRedirect(keep_language(list_address(visit.case_filter)))
    try:
        facts = portal.facts(visit.city.id)
    except NotReady:
        return draw_no_cases(portal, visit)
    return home_page(visit.city, _read_home(portal, visit, facts), visit.now)


def _read_home(portal: Portal, visit: Visit, facts: Facts) -> Home:
    city, now = visit.city, visit.now
    everything = Selection(CaseFilter(), city.zone, now)
    areas = portal.read(list_areas, city.id)
    return Home(
        followed=portal.cached(most_followed, city.id, facts, everything, FOLLOWED_SHOWN),
        cases=portal.cached(newest_cases, city.id, everything, CASES_SHOWN),
        week=portal.read(counts.this_week, city.id, now, city.zone),
        neighborhoods=tuple(area for area in areas if area.kind == "neighborhood"),
        view=map_view(portal, city, everything, CaseOrder(), visit.look),
    )
