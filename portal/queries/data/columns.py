"""What the published columns contain: how many rows say nothing, and an example of each.

column_contents(facts)["closed_at"]   ColumnContent(empty=3681, example="2026-11-22T14:05:00Z")
"""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from portal.domain.filters import CaseFilter
from portal.domain.published_columns import CASE_COLUMNS
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.publication.case_rows import case_query, named, written

EXAMPLES_FROM = 200
"""The newest cases, among which an example is looked for."""
LONGEST_EXAMPLE = 60


@dataclass(frozen=True)
class ColumnContent:
    """How many cases have no value in a column, and one that has; empty text for no example."""

    empty: int
    example: str


def column_contents(facts: Facts, zone: ZoneInfo) -> dict[str, ColumnContent]:
    """Every published column of the city's cases, by name."""
    counted = ", ".join(f"count(*) - count({column.sql})" for column in CASE_COLUMNS)
    ((*empty,),) = facts.rows(f"select {counted} from cases c {named()}")
    examples = _find_examples(facts, zone)
    return {
        column.name: ColumnContent(missing, example)
        for column, missing, example in zip(CASE_COLUMNS, empty, examples, strict=True)
    }


def _find_examples(facts: Facts, zone: ZoneInfo) -> list[str]:
    """The first value of each column among the newest cases, as CSV has it."""
    everything = Selection(CaseFilter(), zone)
    query = case_query(facts, everything, CASE_COLUMNS, written, EXAMPLES_FROM)
    columns = list(zip(*facts.rows(query.sql, query.values), strict=True)) or [()] * len(
        CASE_COLUMNS
    )
    return [_show(next((value for value in values if value is not None), "")) for values in columns]


def _show(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = " ".join(str(value).split())
    return text if len(text) <= LONGEST_EXAMPLE else f"{text[: LONGEST_EXAMPLE - 1]}…"
