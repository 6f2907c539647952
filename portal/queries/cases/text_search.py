"""Cases with a visitor's words, looked up in the store's search index: the newest 10,000.

A filter becomes a selection here, once a page; whatever is asked with it then shares the cases
that were found:

    selection = make_selection(portal, city, CaseFilter(q="deep hole"), now)
    portal.read(count_cases, city.id, selection)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from portal.domain.filters import CaseFilter
from portal.filter_sql import Selection
from portal.store import search_index
from portal.store.search_index import WordMatches

if TYPE_CHECKING:
    from portal.context import Portal
    from portal.domain.jurisdiction import Jurisdiction

MAX_MATCHES = 10_000
"""Of words that more cases have, the newest this many are found; list, map and counts agree."""

_NEWEST = {
    # The index's own key is what we want, so no case is touched.
    "sqlite": (
        "select rowid from case_search where {where} and rowid >= :first and rowid < :end"
        " order by rowid desc limit :limit"
    ),
    "postgresql": (
        "select s.opened_at * 16777216 + (s.id & 16777215) from public_case_search s where {where}"
        " and s.opened_at >= :opened_from and s.opened_at < :opened_before"
        " order by s.opened_at desc, s.id desc limit :limit"
    ),
}
_END_OF_TIME = 1 << 38


def make_selection(
    portal: Portal, city: Jurisdiction, case_filter: CaseFilter, now: int | None = None
) -> Selection:
    """The filter's cases, ready to be asked for; cases with its words are looked up here.

    `now` (epoch s) decides what is overdue. Raises NotReady when the words take too long.
    """
    if not case_filter.q:
        return Selection(case_filter, city.zone, now)
    with_words = CaseFilter(q=case_filter.q, start=case_filter.start, end=case_filter.end)
    words = portal.cached(cases_with_words, city.id, Selection(with_words, city.zone))
    return Selection(case_filter, city.zone, now, words)


def cases_with_words(connection: Connection, city_id: str, selection: Selection) -> WordMatches:
    """The newest public cases with the filter's words, opened within its days.

    Every word must be there; the last one may be the beginning of a longer one. The filter's
    other fields are not asked.
    """
    words = selection.case_filter.q or ""
    parameters = search_index.parameters(connection, city_id, words)
    if parameters is None:
        return WordMatches(words, (), True)
    engine = connection.dialect.name
    query = _NEWEST[engine].format(where=search_index.WHERE[engine])
    values = {**parameters, **_days(engine, selection), "limit": MAX_MATCHES + 1}
    keys = connection.execute(search_index.statement(connection, query), values).scalars().all()
    return WordMatches(words, tuple(keys[:MAX_MATCHES]), len(keys) <= MAX_MATCHES)


def _days(engine: str, selection: Selection) -> dict[str, int]:
    """The parameters of the filter's days: of SQLite's keys, or of the column on PostgreSQL."""
    opened_from = selection.opened_from or 0
    opened_before = _END_OF_TIME if selection.opened_before is None else selection.opened_before
    if engine == "sqlite":
        first, end = opened_from << search_index.ID_BITS, opened_before << search_index.ID_BITS
        return {"first": first, "end": end}
    return {"opened_from": opened_from, "opened_before": opened_before}
