"""How many cases a selection has, how many of them are on the map, and where.

Read from the facts: public cases only.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.bounds import Bounds
from portal.facts.count_source import count_source
from portal.facts.reader import Facts
from portal.filter_sql import Selection, facts_where


@dataclass(frozen=True)
class Extent:
    """`cases`: all of them; `placed_cases`: those with a location; `bounds`: the box around these.

    `bounds` is None where no case has a location.
    """

    cases: int
    placed_cases: int
    bounds: Bounds | None


def extent(facts: Facts, selection: Selection) -> Extent:
    """Where the selection's cases are. Source: published locations."""
    source = count_source(selection)
    where, values = facts_where(facts, source.selection)
    counted = source.columns
    cases, placed, *edges = facts.rows(
        f"select {counted.cases}, {counted.placed_cases}, {counted.edges}"
        f" from {source.table} where {where}",
        values,
    )[0]
    return Extent(cases, placed, Bounds(*edges) if placed else None)
