"""The data-health page."""

from __future__ import annotations

from dataclasses import replace

from callbacks.shared.pages import Visit
from layouts.shared.document import Page
from layouts.sync import Health, status_page
from portal.context import Portal
from portal.domain.filters import CaseFilter
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import NotReady
from portal.filter_sql import Selection
from portal.queries import sync
from portal.queries.cases import counts


def show_status(portal: Portal, visit: Visit) -> Page:
    """How fresh the city's data is and what is wrong with it, even before there is any."""
    return status_page(visit.city, _read_health(portal, visit), visit.now)


def _read_health(portal: Portal, visit: Visit) -> Health:
    city = visit.city
    # Never cached: syncs come and go, and rows fail, without a new version of the data.
    with portal.public_connection() as connection:
        sources = sync.source_health(connection, city.id, visit.now)
        quarantined = sync.quarantine_by_reason(connection, city.id)
    return _add_counts(portal, city, Health(sources, quarantined))


def _add_counts(portal: Portal, city: Jurisdiction, health: Health) -> Health:
    """The same with what is published, once something is."""
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return health
    return replace(
        health,
        contradictions=portal.read(counts.contradictions, city.id),
        cases=portal.read(counts.count_cases, city.id, Selection(CaseFilter(), city.zone)),
        rev=facts.rev,
        as_of=facts.as_of,
    )
