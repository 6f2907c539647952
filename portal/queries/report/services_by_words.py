"""Which types a resident means by their own words: by the types' texts and by the city's history.

services_by_words(portal, city.id, services, "spray paint")
# WordMatches(fitting=(), reported=(ReportableService("graffiti", "Graffiti"),))
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import Connection

from portal.domain.report import ReportableService
from portal.errors import NotReady
from portal.store import search_index
from portal.store.search_index import words_in

if TYPE_CHECKING:
    from portal.context import Portal

MIN_LETTERS = 4
"""Beside longer words, shorter ones such as "on" say nothing, unless a type's name has them."""
MIN_BEGINNING = 3
NEWEST_CASES = 200
"""Looked at for each word."""
MAX_WORDS = 6
MIN_SHARE = 0.4
MAX_REPORTED = 3

Services = Sequence[ReportableService]


class WordMatches(NamedTuple):
    """Types whose own texts fit the words, and others that residents reported in such words."""

    fitting: tuple[ReportableService, ...]
    reported: tuple[ReportableService, ...]


def services_by_words(portal: Portal, city_id: str, services: Services, typed: str) -> WordMatches:
    """The types that a resident's words mean, likeliest first. Nothing found: both empty.

    Of those that fit, what others meant by such words comes first.
    """
    reported = pick_services(services, _reported_slugs(portal, city_id, typed))
    ranks = {service.code: rank for rank, service in enumerate(reported)}
    fitting = tuple(
        sorted(
            fitting_services(services, typed),
            key=lambda service: ranks.get(service.code, len(ranks)),
        )
    )
    others = tuple(service for service in reported if service not in fitting)
    return WordMatches(fitting, others)


def pick_services(services: Services, slugs: Sequence[str]) -> tuple[ReportableService, ...]:
    """The services with these slugs, in the order of the slugs; unknown slugs are left out."""
    by_slug = {service.slug: service for service in services}
    return tuple(by_slug[slug] for slug in slugs if slug in by_slug)


def _reported_slugs(portal: Portal, city_id: str, typed: str) -> tuple[str, ...]:
    try:
        return portal.cached(services_others_reported, city_id, typed)
    except NotReady:  # not found in time: the types' own texts have to do
        return ()


def fitting_services(services: Services, typed: str) -> tuple[ReportableService, ...]:
    """The types whose name, group, description and keywords share most words with `typed`.

    In the order of `services`. Capitals, accents and word endings don't matter: "pot hole" fits
    Pothole. No type fits: empty.
    """
    names = {word for service in services for word in words_in(service.name)}
    words = words_in(typed)
    words = [word for word in words if len(word) >= MIN_LETTERS or word in names] or words
    scored = [(_score(service, words), service) for service in services] if words else []
    most = max((score for score, _ in scored), default=0)
    return tuple(service for score, service in scored if score == most > 0)


def _score(service: ReportableService, words: Sequence[str]) -> int:
    """How many of the words are in the type's texts."""
    texts = " ".join((service.name, service.group or "", service.description, *service.keywords))
    known = words_in(texts)
    run_together = "".join(words_in(service.name))
    return sum(word in known or _is_part(word, known, run_together) for word in words)


def _is_part(word: str, known: Sequence[str], run_together: str) -> bool:
    """Whether a longer word begins a known one, or is anywhere in the name run together."""
    if len(word) < MIN_BEGINNING:
        return False
    return word in run_together or any(other.startswith(word) for other in known)


def services_others_reported(connection: Connection, city_id: str, typed: str) -> tuple[str, ...]:
    """Slugs of the types that most cases with these words have, surest first; at most three.

    Each word counts for the types of the newest 200 cases that have it, by their shares: one that
    comes with every type says little about any. No case has the words: empty. Source: the city's
    public cases, as published.
    """
    words = [word for word in dict.fromkeys(words_in(typed)) if len(word) >= MIN_LETTERS]
    shares: defaultdict[str, float] = defaultdict(float)
    for word in words[:MAX_WORDS]:
        cases = _count_by_service(connection, city_id, word)
        for slug, count in cases.items():
            shares[slug] += count / cases.total()
    sure = [(-share, slug) for slug, share in shares.items() if share >= MIN_SHARE]
    return tuple(slug for _, slug in sorted(sure)[:MAX_REPORTED])


def _count_by_service(connection: Connection, city_id: str, word: str) -> Counter[str]:
    """How many of the newest cases with a word are of each type, by its slug."""
    parameters = search_index.parameters(connection, city_id, word) or {}
    engine = connection.dialect.name
    query = _CASES.format(
        hits=search_index.FROM[engine],
        where=search_index.WHERE[engine],
        newest=search_index.newest_first(connection, parameters),
    )
    statement = search_index.statement(connection, query)
    rows = connection.execute(statement, {**parameters, "most": NEWEST_CASES})
    return Counter({row.slug: row.cases for row in rows})


_CASES = """
select v.slug, count(*) as cases
from (select c.service_id from {hits} where {where} order by {newest} limit :most) h
join public_services v on v.jurisdiction_id = :city and v.service_id = h.service_id
group by v.slug
"""
