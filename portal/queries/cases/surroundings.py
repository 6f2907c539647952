"""What a case's page shows beside the case: how long such cases take, and the cases near it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import NotReady
from portal.facts.reader import Facts
from portal.queries.cases.case_detail import CaseDetail
from portal.queries.cases.forecast import Forecast, read_forecast
from portal.queries.cases.nearby import NearbyCase, NearbySearch, nearby_cases

SAME_SERVICE_METRES = 500
ANY_SERVICE_METRES = 250
CASES_SHOWN = 5
CASES_READ = 25
"""More than are shown: those of the same service are left out afterwards."""


@dataclass(frozen=True)
class Surroundings:
    """Cases of the same service near a case (`alike`), those of other services (`others`)."""

    forecast: Forecast | None = None
    alike: tuple[NearbyCase, ...] = ()
    others: tuple[NearbyCase, ...] = ()


def find_surroundings(
    portal: Portal, city: Jurisdiction, case: CaseDetail, now: int
) -> Surroundings:
    """How long cases like this one take, and which cases are near it (`now`: epoch s).

    Nothing before the first facts are published; no near cases for a case without a place.
    """
    try:
        facts = portal.facts(city.id)
    except NotReady:
        return Surroundings()
    forecast = read_forecast(portal, city.id, case.service_slug, case.neighborhood, now)
    return Surroundings(forecast, *_find_near(portal, city, facts, case, now))


def _find_near(
    portal: Portal, city: Jurisdiction, facts: Facts, case: CaseDetail, now: int
) -> tuple[tuple[NearbyCase, ...], tuple[NearbyCase, ...]]:
    """The near cases of the same service, and those of others."""
    if case.lat is None or case.lon is None:
        return (), ()
    place = (case.lat, case.lon)
    alike = NearbySearch(*place, SAME_SERVICE_METRES, case.service_slug, case.case_id, CASES_SHOWN)
    around = NearbySearch(*place, ANY_SERVICE_METRES, None, case.case_id, CASES_READ)
    near = portal.cached(nearby_cases, city.id, facts, around, now)
    others = [other for other in near if other.service_slug != case.service_slug]
    same_service = portal.cached(nearby_cases, city.id, facts, alike, now)
    return same_service, tuple(others[:CASES_SHOWN])
