"""The search box."""

from __future__ import annotations

from callbacks.shared.pages import Visit
from callbacks.shared.responses import redirect_to_case
from layouts.cases.search import Geocoded, search_page
from layouts.shared.document import Page
from layouts.shared.language import current_language
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.queries.cases.search_box import SearchResults, guess_meanings, search_city


def show_search(portal: Portal, visit: Visit) -> Page:
    """The case of a number at once; else everything that may be meant."""
    results = search_city(portal, visit.city, visit.case_filter.q, visit.now)
    if results.case:
        raise redirect_to_case(results.case.case_id)
    return search_page(visit.city, results, visit.now, _geocode(portal, visit.city, results))


def _geocode(portal: Portal, city: Jurisdiction, results: SearchResults) -> Geocoded | None:
    """Ask the configured geocoder if the words look like an address, or found nothing else."""
    guesses = guess_meanings(results.typed)
    is_for_geocoder = guesses[:1] == ("place",) or (guesses and results.is_empty)
    if portal.geocoder is None or not is_for_geocoder:
        return None
    places = portal.geocoder.find(results.typed, city.bounds, current_language().code)
    return Geocoded(places, portal.settings.geocoder_attribution) if places else None
