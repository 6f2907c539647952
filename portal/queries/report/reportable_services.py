"""What can be reported at a place, and what is likely there by the city's own history.

reportable_at(portal, city, 42.32, -71.07)  # (ReportableService("pothole", "Pothole"), …)
likely_at(portal, city.id, 42.32, -71.07, now)  # ("pothole", "graffiti")
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from portal.domain.areas import Areas
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report import ReportableService, apply_report_rules
from portal.domain.service_definition import questions_from_json
from portal.errors import NotReady
from portal.facts.reader import Facts
from portal.queries.cases.distance_sql import DISTANCE, around, distance_values
from portal.queries.cases.outlines import areas_at

if TYPE_CHECKING:
    from portal.context import Portal

LIKELY_METRES = 400
LIKELY_DAYS = 365
MAX_LIKELY = 5
SECONDS_PER_HOUR = 3_600
SECONDS_PER_DAY = 86_400


def reportable_at(
    portal: Portal, city: Jurisdiction, lat: float | None, lon: float | None
) -> tuple[ReportableService, ...]:
    """The types that the city's rules offer at a place, by name.

    Without a place (None, None), no rule for an area applies.
    """
    offered = portal.cached(offered_services, city.id)
    depends_on_place = any(rule.areas for rule in city.report_rules)
    areas = Areas()
    if depends_on_place and lat is not None and lon is not None:
        areas = areas_at(portal, city.id, lat, lon)
    return apply_report_rules(offered, city.report_rules, areas)


def offered_services(connection: Connection, city_id: str) -> tuple[ReportableService, ...]:
    """The types that the city's sources offer, by name, even if no case of one has come yet.

    A type that public cases have goes by the name it has there. Source: the services of an Open311
    source and what each asks; if the city's sources offer none, the types of its public cases. No
    type at all: empty.
    """
    rows = connection.execute(text(_OFFERED), {"city": city_id}).all()
    if rows:
        return tuple(_read_offered(row) for row in rows)
    rows = connection.execute(text(_OF_PUBLIC_CASES), {"city": city_id})
    return tuple(ReportableService(*row) for row in rows)


def _read_offered(row: Any) -> ReportableService:
    return ReportableService(
        code=row.service_code,
        name=row.name,
        slug=row.slug,
        group=row.group_name,
        description=row.description,
        keywords=tuple(json.loads(row.keywords)),
        questions=questions_from_json(row.questions),
    )


def likely_at(portal: Portal, city_id: str, lat: float, lon: float, now: int) -> tuple[str, ...]:
    """`likely_services` of the city as published; empty before the first facts are. Epoch s."""
    try:
        return portal.read(likely_services, city_id, lat, lon, now - now % SECONDS_PER_HOUR)
    except NotReady:
        return ()


def likely_services(facts: Facts, lat: float, lon: float, now: int) -> tuple[str, ...]:
    """Slugs of the types most reported within 400 m in the last year, most reported first.

    At most five; empty if no case is near. `now` in epoch seconds. Source: the city's cases as
    published.
    """
    since = now - LIKELY_DAYS * SECONDS_PER_DAY
    rows = facts.rows(
        f"select service, count(*) from cases where {around(lat, lon, LIKELY_METRES)}"
        f" and opened_at >= ? and {DISTANCE} <= ?"
        " group by service order by 2 desc, 1 limit ?",
        [since, *distance_values(lat, lon), 100 * LIKELY_METRES, MAX_LIKELY],
    )
    services = facts.services
    return tuple(services[service].slug for service, _ in rows if service in services)


_OFFERED = """
select d.service_code, coalesce(s.name, d.name) as name, s.slug,
    coalesce(s.group_name, d.group_name) as group_name, d.description, d.keywords, d.questions
from public_service_definitions d
left join public_services s
    on s.jurisdiction_id = d.jurisdiction_id and s.service_code = d.service_code
where d.jurisdiction_id = :city order by 2, 1
"""
_OF_PUBLIC_CASES = """
select service_code, name, slug, group_name from public_services
where jurisdiction_id = :city order by name, service_code
"""
