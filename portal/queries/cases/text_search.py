"""Cases that hold a visitor's words: looked up in the store's search index, newest first, at most 10,000."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from portal.domain.filters import CaseFilter
from portal.queries.cases.matching import opening_days
from portal.store import search_index
from portal.store.search_index import WordMatches

if TYPE_CHECKING:
    from portal.context import Portal
    from portal.domain.jurisdiction import Jurisdiction

MAX_MATCHES = 10_000
"""Words so common that more cases hold them are looked for in the newest this many; list, map and counts all say the same."""


_NEWEST = {
    # The index's own key is the one we want: no case is touched.
    "sqlite": "select rowid from case_search where {where} and rowid >= :first and rowid < :end order by rowid desc limit :limit",
    "postgresql": (
        "select s.opened_at * 16777216 + (s.id & 16777215) from public_case_search s where {where} "
        "and s.opened_at >= :opened_from and s.opened_at < :opened_before order by s.opened_at desc, s.id desc limit :limit"
    ),
}
_EVER = {"opened_from": 0, "opened_before": 1 << 38}


def cases_with_words(
    connection: Connection, city_id: str, case_filter: CaseFilter, zone: ZoneInfo
) -> WordMatches:
    """The newest public cases that hold the filter's words (the last one may be a beginning), opened within its days."""
    words = case_filter.q or ""
    parameters = search_index.parameters(connection, city_id, words)
    if parameters is None:
        return WordMatches(words, (), True)
    engine = connection.dialect.name
    days = _EVER | opening_days(case_filter, zone)[1]
    rows = {
        "first": days["opened_from"] << search_index.ID_BITS,
        "end": days["opened_before"] << search_index.ID_BITS,
    }
    query = search_index.statement(
        connection, _NEWEST[engine].format(where=search_index.WHERE[engine])
    )
    wanted = {**parameters, **(rows if engine == "sqlite" else days), "limit": MAX_MATCHES + 1}
    keys = connection.execute(query, wanted).scalars().all()
    return WordMatches(words, tuple(keys[:MAX_MATCHES]), len(keys) <= MAX_MATCHES)


def words_of(portal: Portal, city: Jurisdiction, case_filter: CaseFilter) -> WordMatches | None:
    """What to hand to facts queries beside the filter: the cases with its words; None where it has no words."""
    if not case_filter.q:
        return None
    asked = CaseFilter(q=case_filter.q, start=case_filter.start, end=case_filter.end)
    return portal.cached(cases_with_words, city.id, asked, city.zone)
