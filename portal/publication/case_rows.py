"""The rows of a download: a selection's cases as published, from the facts, part by part.

    query = case_query(facts, selection, CASE_COLUMNS, written)
    for rows in read_parts(facts, query):
        …

Up to SORTED_CASES rows are in the order of the list, newest first, in one part. More would have to
be sorted before the first could be sent: they come in the order of the facts, newest year first
and by place within it, always the same. Each part is a question of its own: between two of them a
download holds nothing of the facts' memory, however many there are and however slow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from portal.domain.published_columns import PublishedColumn
from portal.facts.reader import Facts
from portal.filter_sql import FactsSql, Selection, facts_where
from portal.store.models import LABEL_KINDS

SORTED_CASES = 20_000
PART = 40_960
"""Cases among which a part's rows are looked for: two groups of the facts. Planning a part takes as
long as reading half of it."""
Form = Callable[[PublishedColumn, ZoneInfo], str]
"""A column, and the city's zone → SQL of its value as a file writes it."""


@dataclass(frozen=True)
class CaseQuery:
    """SQL of a download's rows, its parameters, and how many rows there are.

    If it `is_sorted`, it is asked once; else with the first and last place of a part besides.
    """

    sql: str
    values: list[Any]
    cases: int
    is_sorted: bool


def case_query(
    facts: Facts,
    selection: Selection,
    columns: Sequence[PublishedColumn],
    form: Form,
    most: int | None = None,
) -> CaseQuery:
    """The selection's cases, each column in a form; only the newest `most` where that is given.

    Raises BadRequest where the selection's words were not looked up.
    """
    where, values = facts_where(facts, selection)
    ((cases,),) = facts.rows(f"select count(*) from cases where {where}", values)
    if most is not None and cases > most:
        where, values = _newest(facts, (where, values), most)
        cases = most
    is_sorted = cases <= SORTED_CASES
    order = "order by c.opened_at desc, c.id desc" if is_sorted else f"order by c.{facts.place}"
    part = "" if is_sorted else f" and {facts.place} between ? and ?"
    shown = ", ".join(f"{form(column, selection.zone)} as {column.name}" for column in columns)
    rows = f"(select *, {facts.place} from cases where {where}{part}) c"
    sql = f"select {shown} from {rows} {named(facts.label_names)} {order}"
    return CaseQuery(sql, values, cases, is_sorted)


def _newest(facts: Facts, asked: FactsSql, most: int) -> FactsSql:
    """The same with only so many of the newest cases."""
    where, values = asked
    ((opened_at, key),) = facts.rows(
        f"select opened_at, id from cases where {where} order by opened_at desc, id desc"
        f" limit 1 offset {most - 1}",
        values,
    )
    newer = f"({where}) and (opened_at > ? or (opened_at = ? and id >= ?))"
    return newer, [*values, opened_at, opened_at, key]


def read_parts(facts: Facts, query: CaseQuery, sql: str = "{rows}") -> Iterator[pa.Table]:
    """The rows, part by part; `sql` may ask for something else of the {rows}."""
    asked = sql.replace("{rows}", query.sql)
    if query.is_sorted:
        yield facts.table(asked, query.values)
        return
    ((last,),) = facts.rows(f"select coalesce(max({facts.place}), -1) from cases")
    for first in range(0, last + 1, PART):
        yield facts.table(asked, [*query.values, first, first + PART - 1])


def named(labels: str = "labels") -> str:
    """SQL that joins the names that the numbers in `cases c` stand for."""
    return "left join services s on s.service_id = c.service " + " ".join(
        f"left join {labels} {kind} on {kind}.label_id = c.{kind}" for kind in LABEL_KINDS
    )


def typed(column: PublishedColumn, zone: ZoneInfo) -> str:
    """SQL of a value in its own type: times in epoch seconds, a date as a date in the city."""
    if column.kind == "date":
        return f"(to_timestamp({column.sql}) at time zone '{zone.key}')::date"
    return column.sql


def written(column: PublishedColumn, zone: ZoneInfo) -> str:
    """The same with times as text: 2026-11-30T14:05:00Z."""
    if column.kind == "timestamp":
        return f"strftime(make_timestamp({column.sql} * 1000000), '%Y-%m-%dT%H:%M:%SZ')"
    return typed(column, zone)


_NEWEST = "order by opened_at desc, id desc"
