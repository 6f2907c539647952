"""The data-health page."""

from __future__ import annotations

from callbacks.shared.pages import Visit
from layouts.shared.document import Page
from layouts.sync import Health, status_page
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.errors import NotReady
from portal.filter_sql import Selection
from portal.queries import sync
from portal.queries.cases import counts


def show_status(portal: Portal, visit: Visit) -> Page:
    """What is known of the city's data, even where nothing is yet."""
    city = visit.city
    # Asked anew each time: syncs come and go, and rows fail, without a new version of the data.
    with portal.public_connection() as connection:
        sources = sync.source_health(connection, city.id, visit.now)
        quarantined = sync.quarantine_by_reason(connection, city.id)
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return status_page(city, Health(sources, quarantined, {}, None, None, None), visit.now)
    contradictions = portal.read(counts.contradictions, city.id)
    cases = portal.read(counts.count_cases, city.id, Selection(CaseFilter(), city.zone))
    return status_page(
        city, Health(sources, quarantined, contradictions, cases, facts.rev, facts.as_of), visit.now
    )
