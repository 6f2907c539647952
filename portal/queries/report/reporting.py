"""What can be reported at a place, and what is likely there by the city's own history."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

from portal.domain.areas import Areas
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.report import ReportableService, under_rules
from portal.domain.service_definition import questions_from_json
from portal.facts.reader import Facts
from portal.queries.cases.distance_sql import DISTANCE, around, distance_values
from portal.queries.cases.outlines import areas_at
from portal.store.search_index import words_in

if TYPE_CHECKING:
    from portal.context import Portal

LIKELY_METRES = 400
LIKELY_DAYS = 365
LIKELY = 5
SECONDS_PER_DAY = 86_400
LEAST_LETTERS = 4
"""Shorter words, such as "on" and "the", tell nothing beside longer ones, unless a type bears them in its name: "gas", "car"."""
LEAST_BEGINNING = 3


def reportable_at(
    portal: Portal, city: Jurisdiction, lat: float | None, lon: float | None
) -> tuple[ReportableService, ...]:
    """The types as the city's rules offer them at a place (None: not known yet, so that no rule for an area fits), by name."""
    offered = portal.cached(offered_services, city.id)
    depends_on_place = any(rule.areas for rule in city.report_rules)
    areas = (
        areas_at(portal, city.id, lat, lon)
        if depends_on_place and lat is not None and lon is not None
        else Areas()
    )
    return under_rules(offered, city.report_rules, areas)


def offered_services(connection: Connection, city_id: str) -> tuple[ReportableService, ...]:
    """The types that the city's sources offer, by name, whether or not a case of one has come. None: empty.

    A type that public cases bear goes by the name it has there. Source: the services of an Open311 source and what each asks; for a city
    whose sources offer none, the types of its public cases.
    """
    rows = connection.execute(text(_OFFERED), {"city": city_id}).all()
    if rows:
        return tuple(
            ReportableService(
                code=row.service_code,
                name=row.name,
                slug=row.slug,
                group=row.group_name,
                description=row.description,
                keywords=tuple(json.loads(row.keywords)),
                questions=questions_from_json(row.questions),
            )
            for row in rows
        )
    return tuple(
        ReportableService(*row) for row in connection.execute(text(_BORNE), {"city": city_id})
    )


def likely_services(facts: Facts, lat: float, lon: float, now: int) -> tuple[str, ...]:
    """Slugs of the types most reported within 400 m in the last year, the commonest first; at most five. No case near: empty.

    Source: the city's cases as published.
    """
    since = now - LIKELY_DAYS * SECONDS_PER_DAY
    rows = facts.rows(
        f"select service, count(*) from cases where {around(lat, lon, LIKELY_METRES)} and opened_at >= ? and {DISTANCE} <= ?"
        " group by service order by 2 desc, 1 limit ?",
        [since, *distance_values(lat, lon), 100 * LIKELY_METRES, LIKELY],
    )
    words = facts.services
    return tuple(words[service].slug for service, _ in rows if service in words)


def fitting_services(
    services: Sequence[ReportableService], typed: str
) -> tuple[ReportableService, ...]:
    """The types that most of somebody's own words fit, in their order: by name, group, description and keywords.

    Capitals, accents and the ends of words are forgiven: "pot hole" fits Pothole. No type fits: empty.
    """
    names = {word for service in services for word in words_in(service.name)}
    words = words_in(typed)
    words = [word for word in words if len(word) >= LEAST_LETTERS or word in names] or words
    scored = [(_score(service, words), service) for service in services] if words else []
    most = max((score for score, _ in scored), default=0)
    return tuple(service for score, service in scored if score == most > 0)


def _score(service: ReportableService, words: Sequence[str]) -> int:
    """How many of the words the type's texts have; a longer one may begin a word, or stand anywhere in the name run together."""
    texts = " ".join((service.name, service.group or "", service.description, *service.keywords))
    told = words_in(texts)
    run_together = "".join(words_in(service.name))
    return sum(
        word in told
        or (
            len(word) >= LEAST_BEGINNING
            and (word in run_together or any(other.startswith(word) for other in told))
        )
        for word in words
    )


_OFFERED = """
select d.service_code, coalesce(s.name, d.name) as name, s.slug, coalesce(s.group_name, d.group_name) as group_name,
    d.description, d.keywords, d.questions
from public_service_definitions d
left join public_services s on s.jurisdiction_id = d.jurisdiction_id and s.service_code = d.service_code
where d.jurisdiction_id = :city order by 2, 1
"""
_BORNE = "select service_code, name, slug, group_name from public_services where jurisdiction_id = :city order by name, service_code"
