"""The data-health page."""

from __future__ import annotations

from callbacks.pages import Visit
from layouts.document import Page
from layouts.status import Health, status_page
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.errors import NotReady
from portal.queries import counts, freshness


def show(portal: Portal, visit: Visit) -> Page:
    """What is known of the city's data, even where nothing is yet."""
    city = visit.city
    # Asked anew each time: syncs come and go, and rows fail, without a new version of the data.
    with portal.asking() as connection:
        sources = freshness.source_health(connection, city.id, visit.now)
        quarantined = freshness.quarantine_by_reason(connection, city.id)
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return status_page(city, Health(sources, quarantined, {}, None, None, None), visit.now)
    contradictions = portal.read(counts.contradictions, city.id)
    cases = portal.read(counts.count_cases, city.id, CaseFilter(), city.zone)
    return status_page(city, Health(sources, quarantined, contradictions, cases, facts.rev, facts.as_of), visit.now)
