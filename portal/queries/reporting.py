"""What can be reported at a place, and what is likely there by the city's own history."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from portal.domain.report import ReportableService
from portal.facts.reader import Facts
from portal.queries.nearness import DISTANCE, around, distance_values
from portal.search import words_in

LIKELY_METRES = 400
LIKELY_DAYS = 365
LIKELY = 5
SECONDS_PER_DAY = 86_400
LEAST_LETTERS = 3
"""Shorter words, such as "on" and "in", tell nothing beside longer ones."""


def takes_reports(connection: Connection, city_id: str) -> bool:
    """Whether anything can be reported to the city here."""
    return bool(reportable_services(connection, city_id, None, None))


def reportable_services(connection: Connection, city_id: str, lat: float | None, lon: float | None) -> tuple[ReportableService, ...]:
    """The types that can be reported at a place (None: anywhere), by name. None: empty. Source: the city's services."""
    rows = connection.execute(
        text("select service_code, name, slug, group_name from public_services where jurisdiction_id = :city order by name"),
        {"city": city_id},
    )
    return tuple(ReportableService(*row) for row in rows)


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


def fitting_services(services: Sequence[ReportableService], typed: str) -> tuple[ReportableService, ...]:
    """The types that most of somebody's own words fit, in their order: by name, group, description and keywords.

    Capitals, accents and the ends of words are forgiven: "pot hole" fits Pothole. No type fits: empty.
    """
    words = words_in(typed)
    words = [word for word in words if len(word) >= LEAST_LETTERS] or words
    scored = [(_score(service, words), service) for service in services] if words else []
    most = max((score for score, _ in scored), default=0)
    return tuple(service for score, service in scored if score == most > 0)


def _score(service: ReportableService, words: Sequence[str]) -> int:
    """How many of the words the type's texts have; a longer one may begin a word, or stand anywhere in the name run together."""
    texts = " ".join((service.name, service.group or "", service.description, *service.keywords))
    told = words_in(texts)
    run_together = "".join(words_in(service.name))
    return sum(
        word in told or (len(word) >= LEAST_LETTERS and (word in run_together or any(other.startswith(word) for other in told)))
        for word in words
    )
