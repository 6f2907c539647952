"""How many cases there are of each type, in each place, opened in each month: counts for programs.

    grouped_counts(facts, selection, ("neighborhood", "opened_month"))
    →  [{"neighborhood": "roxbury", "neighborhood_name": "Roxbury", "opened_month": "2026-11",
         "cases": 120, "open_cases": 31}, …]

Read from the facts: public cases only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portal.errors import BadParameter
from portal.facts.reader import Facts
from portal.facts.schema import STATUS_NAMES
from portal.filter_sql import SLUG_FIELDS, Selection, facts_where

MAX_GROUPS = 10_000
MAX_FIELDS = 2
NAMED = (*SLUG_FIELDS, "queue", "ward", "tract")
Write = Callable[[Any], Any]


def grouped_counts(facts: Facts, selection: Selection, by: tuple[str, ...]) -> list[dict[str, Any]]:
    """The selection's cases in groups, most cases first; none of a group without cases.

        <field>        of each field in `by`: its slug, word or month; None where a case has none
        <field>_name   of services and places: as people read it
        cases          int, cases
        open_cases     int, cases that are open or in progress

    Raises BadRequest for more than 10,000 groups. Source: the city's cases as published.
    """
    where, values = facts_where(facts, selection)
    columns = ", ".join(f"{_COLUMNS.get(name, name)} as {name}" for name in by)
    rows = facts.rows(
        f"select {columns}, count(*) as cases, count(*) filter (cases.status < 2) as open_cases"
        f" from cases where {where} group by {', '.join(map(str, range(1, len(by) + 1)))}"
        f" limit {MAX_GROUPS + 1}",
        values,
    )
    if len(rows) > MAX_GROUPS:
        raise BadParameter(
            "group_by",
            "These are more than {most:,} groups. Group by less, or filter the cases.",
            most=MAX_GROUPS,
        )
    groups = [_read(facts, by, row) for row in rows]
    return sorted(
        groups, key=lambda group: (-group["cases"], [_last_if_none(group[n]) for n in by])
    )


def _last_if_none(value: str | None) -> tuple[bool, str]:
    return value is None, value or ""


def _read(facts: Facts, by: tuple[str, ...], row: tuple) -> dict[str, Any]:
    group: dict[str, Any] = {}
    for name, value in zip(by, row, strict=False):
        if name in NAMED:
            word = facts.words(name).get(value)
            group |= {name: word and word.slug, f"{name}_name": word and word.name}
        else:
            group[name] = None if value is None else _WRITTEN[name](value)
    return group | {"cases": row[-2], "open_cases": row[-1]}


def _write_month(months: int) -> str:
    return f"{months // 12:04d}-{months % 12 + 1:02d}"


_COLUMNS = {"photo": "has_photo"}
_WRITTEN: dict[str, Write] = {
    "status": STATUS_NAMES.__getitem__,
    "photo": lambda has: "yes" if has else "no",
    "opened_month": _write_month,
    "closed_month": _write_month,
}
GROUP_FIELDS = (*NAMED, *_WRITTEN)
"""What cases can be grouped by."""
