"""Which types of case other residents reported in words like these: what the types' own texts do not say, the city's history may."""

from __future__ import annotations

from collections import Counter, defaultdict

from sqlalchemy import Connection

from portal.store import search_index

NEWEST = 200
"""Cases looked at for each word."""
MOST_WORDS = 6
LEAST_LETTERS = 4
LEAST_SHARE = 0.4
MOST_TYPES = 3


def told_services(connection: Connection, city_id: str, typed: str) -> tuple[str, ...]:
    """Slugs of the types that most cases with these words have, the surest first; at most three. Words nobody used: empty.

    Each word speaks for the types of the newest 200 cases that hold it, by their shares: one that stands with every type says little of
    any. Source: the city's public cases, as published.
    """
    words = [
        word for word in dict.fromkeys(search_index.words_in(typed)) if len(word) >= LEAST_LETTERS
    ][:MOST_WORDS]
    shares: defaultdict[str, float] = defaultdict(float)
    for word in words:
        cases = _cases_by_service(connection, city_id, word)
        for slug, count in cases.items():
            shares[slug] += count / cases.total()
    sure = [(share, slug) for slug, share in shares.items() if share >= LEAST_SHARE]
    return tuple(
        slug for _, slug in sorted(sure, key=lambda found: (-found[0], found[1]))[:MOST_TYPES]
    )


def _cases_by_service(connection: Connection, city_id: str, word: str) -> Counter[str]:
    parameters = search_index.parameters(connection, city_id, word) or {}
    engine = connection.dialect.name
    query = _CASES.format(
        hits=search_index.FROM[engine],
        where=search_index.WHERE[engine],
        newest=search_index.newest_first(connection, parameters),
    )
    rows = connection.execute(
        search_index.statement(connection, query), {**parameters, "most": NEWEST}
    )
    return Counter({row.slug: row.cases for row in rows})


_CASES = """
select v.slug, count(*) as cases
from (select c.service_id from {hits} where {where} order by {newest} limit :most) h
join public_services v on v.jurisdiction_id = :city and v.service_id = h.service_id
group by v.slug
"""
