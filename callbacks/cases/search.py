"""The search box's answer."""

from __future__ import annotations

from urllib.parse import quote

from werkzeug.routing import RequestRedirect

from callbacks.shared.pages import Visit
from layouts.cases.search import Geocoded, search_page
from layouts.shared.document import Page
from layouts.shared.language import current_language, keep_language
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.queries.cases.search_box import SearchResults, guess_meanings, search_city


class SeeCase(RequestRedirect):
    """Only for this search: another day the same number may mean something else."""

    code = 303


def show_search(portal: Portal, visit: Visit) -> Page:
    """The case of a number at once; else all that may be meant."""
    results = search_city(portal, visit.city, visit.case_filter.q, visit.now)
    if results.case:
        raise SeeCase(keep_language(f"/cases/{quote(results.case.case_id, safe='')}"))
    return search_page(visit.city, results, visit.now, _geocoded(portal, visit.city, results))


def _geocoded(portal: Portal, city: Jurisdiction, results: SearchResults) -> Geocoded | None:
    """Places of the configured geocoder, where the words look like an address or nothing else was found."""
    guesses = guess_meanings(results.typed)
    if portal.geocoder is None or not (guesses[:1] == ("place",) or (guesses and results.is_empty)):
        return None
    places = portal.geocoder.find(results.typed, city.bounds, current_language().code)
    return Geocoded(places, portal.settings.geocoder_attribution) if places else None
