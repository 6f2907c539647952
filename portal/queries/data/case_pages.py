"""Pages of a list of cases for programs: the published columns they ask for, and where to go on.

page = read_page(connection, city.id, facts, asked)
…
read_page(connection, city.id, facts, replace(asked, after=page.next_after))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from portal.domain.published_columns import CASE_COLUMN_NAMES
from portal.domain.sort_order import CaseOrder
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.queries.cases.case_lists import find_mark_in, keys_of_page, make_mark
from portal.queries.data.published_cases import Case, published_cases

NUMBER = "case_id"


@dataclass(frozen=True)
class AskedPage:
    """Which cases, in which order, how many of them, after which mark, with which columns."""

    selection: Selection
    order: CaseOrder = CaseOrder()
    limit: int = 100
    after: str | None = None
    names: Sequence[str] = CASE_COLUMN_NAMES


@dataclass(frozen=True)
class PublishedPage:
    """Some cases of a list. `next_after` asks for those that follow; None where there are none."""

    cases: tuple[Case, ...]
    next_after: str | None


def read_page(
    connection: Connection, city_id: str, facts: Facts, asked: AskedPage
) -> PublishedPage:
    """The page; a case hidden since the facts were published is left out of it.

    Raises BadRequest for an `after` that no page gave.
    """
    names = tuple(dict.fromkeys((*asked.names, NUMBER)))
    mark = find_mark_in(connection, city_id, asked.order, asked.after)
    while True:
        found = keys_of_page(
            connection, city_id, facts, asked.selection, asked.order, asked.limit + 1, mark
        )
        keys = [key for key, _ in found[: asked.limit]]
        cases = published_cases(connection, city_id, asked.selection.zone, keys, names)
        has_more = len(found) > asked.limit
        if cases or not has_more:
            break
        key, value = found[asked.limit - 1]  # all of them hidden since: those after them
        mark = value, key
    shown = [(cases[key], value) for key, value in found[: asked.limit] if key in cases]
    next_after = make_mark(shown[-1][1], shown[-1][0][NUMBER]) if has_more else None
    return PublishedPage(tuple(_only(case, asked.names) for case, _ in shown), next_after)


def _only(case: Case, names: Sequence[str]) -> Case:
    return case if len(case) == len(names) else {name: case[name] for name in names}
