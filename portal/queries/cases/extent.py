"""How many cases a filter has, how many of them are on the map, and where. Read from the facts: public cases only."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from portal.domain.bounds import Bounds
from portal.domain.filters import CaseFilter
from portal.facts.reader import Facts
from portal.facts.where import conditions, countable
from portal.store.search_index import WordMatches


@dataclass(frozen=True)
class Extent:
    """`cases` in all, `placed_cases` of them with a location, and the box that holds these; None where none has one."""

    cases: int
    placed_cases: int
    bounds: Bounds | None


def extent(
    facts: Facts,
    case_filter: CaseFilter,
    zone: ZoneInfo,
    now: int | None = None,
    words: WordMatches | None = None,
) -> Extent:
    """Where the filter's cases are. `now` (epoch s) decides what is overdue; `words` as in count_cases. Source: published places."""
    of = countable(case_filter, zone)
    sql, values = conditions(facts, of.asked, zone, now=now, words=words)
    cases, placed, *edges = facts.rows(
        f"select {of.cases}, {of.placed_cases}, {of.edges} from {of.table} where {sql}", values
    )[0]
    return Extent(cases, placed, Bounds(*edges) if placed else None)
