"""Cases that hold a visitor's words: looked up in the store's search index, newest first, at most 20,000."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from portal import search
from portal.domain.filters import CaseFilter
from portal.queries.matching import opening_days

if TYPE_CHECKING:
    from portal.context import Portal
    from portal.domain.jurisdiction import Jurisdiction

MAX_MATCHES = 20_000
"""Words so common that more cases hold them are looked for in the newest this many; list, map and counts all say the same."""


@dataclass(frozen=True)
class WordMatches:
    """Cases with some words, newest first, by the store's keys. `is_all` is False where there are older ones left out."""

    words: str
    ids: tuple[int, ...] = field(repr=False)
    is_all: bool


def cases_with_words(connection: Connection, city_id: str, case_filter: CaseFilter, zone: ZoneInfo) -> WordMatches:
    """The newest public cases that hold the filter's words (the last one may be a beginning), opened within its days."""
    words = case_filter.q or ""
    parameters = search.parameters(connection, city_id, words)
    if parameters is None:
        return WordMatches(words, (), True)
    engine = connection.dialect.name
    days, values = opening_days(case_filter, zone)
    query = (
        f"select c.id from {search.FROM[engine]} where {' and '.join([search.WHERE[engine], *days])} "
        f"order by {search.NEWEST_FIRST[engine]} limit {MAX_MATCHES + 1}"
    )
    ids = connection.execute(text(query), {**parameters, **values}).scalars().all()
    return WordMatches(words, tuple(ids[:MAX_MATCHES]), len(ids) <= MAX_MATCHES)


def words_of(portal: Portal, city: Jurisdiction, case_filter: CaseFilter) -> WordMatches | None:
    """What to hand to facts queries beside the filter: the cases with its words; None where it has no words."""
    if not case_filter.q:
        return None
    asked = CaseFilter(q=case_filter.q, start=case_filter.start, end=case_filter.end)
    return portal.look_up(cases_with_words, city.id, asked, city.zone)
