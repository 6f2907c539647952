"""How many cases each value of each filter field would show, and where the selection's cases are.

Read from the facts: public cases only. With “open” chosen in a city of five cases:

    status        open 2, in_progress 1, closed 2   as if “open” were not chosen
    neighborhood  roxbury 1, mattapan 1             of the two open cases
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from portal.domain.filters import PHOTO_WORDS, STATUS_WORDS, CaseFilter
from portal.facts.count_source import CountSource, count_source
from portal.facts.reader import Facts
from portal.facts.schema import STATUS_NAMES
from portal.facts.squares import Square, box_of
from portal.filter_sql import SLUG_FIELDS, FactsSql, Selection, facts_where
from portal.queries.cases.extent import Extent

OVERDUE = "overdue"
COLUMNS = {
    "status": "status",
    "service": "service",
    "neighborhood": "neighborhood",
    "district": "district",
    "department": "department",
    "channel": "channel",
    "photo": "has_photo",
}
"""Filter field: its column in the facts."""
READ_TOGETHER = (
    ("service",),
    ("neighborhood", "department"),
    ("status", "district", "channel", "photo"),
)
"""Fields with so few combinations that DuckDB counts them in one small array.

Three passes instead of seven take half the time.
"""
MOST_TOGETHER = max(map(len, READ_TOGETHER))
SQUARES = -1
"""The number of the part for the squares of the whole filter, among those of the passes."""
NO_KEY = ", null"
NOWHERE = "null, null, null, null, null, null, null"
READ = ", ".join([*COLUMNS.values(), "target_at", "lat", "lon", "quad"])
OTHER_FIELDS: dict[str, Any] = {"q": None, "start": None, "end": None, "bbox": None}
"""What a filter may ask besides the fields counted here."""


@dataclass(frozen=True)
class ValueCount:
    """One value of a filter field: its slug, its name, and the cases it would show by itself."""

    slug: str
    name: str
    cases: int


@dataclass(frozen=True)
class ServiceGroup:
    """Services that belong together; `name` is None for those the city puts in no group."""

    name: str | None
    services: tuple[ValueCount, ...]


@dataclass(frozen=True)
class ValueCounts:
    """Counts per value of every filter field, most first; status and photo in a fixed order.

    An overdue case is also counted as open or in progress. Values without a case are left out,
    unless they are chosen. `squares`: the cases of the whole filter by square.
    """

    status: tuple[ValueCount, ...]
    service: tuple[ServiceGroup, ...]
    neighborhood: tuple[ValueCount, ...]
    district: tuple[ValueCount, ...]
    department: tuple[ValueCount, ...]
    channel: tuple[ValueCount, ...]
    photo: tuple[ValueCount, ...]
    squares: tuple[Square, ...]

    @cached_property
    def extent(self) -> Extent:
        """Where the cases of the whole filter are: the answer of portal.queries.cases.extent."""
        cases = sum(square.cases for square in self.squares)
        placed_cases = sum(square.placed_cases for square in self.squares)
        return Extent(cases, placed_cases, box_of(self.squares))


@dataclass(frozen=True)
class _Pass:
    """Fields that are counted together, and the filter they are counted for."""

    fields: tuple[str, ...]
    case_filter: CaseFilter


def value_counts(facts: Facts, selection: Selection) -> ValueCounts:
    """Counts per value of every filter field: all other fields apply, its own choice does not.

    So each number is what a visitor gets who picks that value instead. Source: the city's cases
    as published.
    """
    counted, squares = _count(facts, selection)
    named = {
        field: _named(facts, field, counted[field], getattr(selection.case_filter, field))
        for field in SLUG_FIELDS
    }
    return ValueCounts(
        status=_statuses(counted["status"]),
        service=_grouped(facts, named.pop("service")),
        photo=tuple(
            ValueCount(word, word, counted["photo"][int(word == "yes")]) for word in PHOTO_WORDS
        ),
        squares=squares,
        **named,
    )


def without(case_filter: CaseFilter, field: str) -> CaseFilter:
    """The filter with one field's choice left out."""
    return replace(case_filter, **{field: getattr(CaseFilter(), field)})


def _count(
    facts: Facts, selection: Selection
) -> tuple[dict[str, Counter[Any]], tuple[Square, ...]]:
    """Per field, cases by the value in its column (status also `OVERDUE`); and all squares."""
    source = count_source(selection)
    passes = _passes(replace(source.selection.case_filter, **OTHER_FIELDS))
    counted: dict[str, Counter[Any]] = {field: Counter() for field in COLUMNS}
    squares = []
    for number, *columns in facts.rows(*_query(facts, source, passes)):
        keys, sums = columns[:MOST_TOGETHER], columns[MOST_TOGETHER:]
        if number == SQUARES:
            squares.append(Square(keys[0], *sums))
            continue
        for field, key in zip(passes[number].fields, keys, strict=False):
            counted[field][key] += sums[0]
        counted["status"][OVERDUE] += sums[1]
    return counted, tuple(squares)


def _passes(case_filter: CaseFilter) -> list[_Pass]:
    """Which fields are counted together, and for which filter.

    A field with a choice is counted by itself, without that choice.
    """
    chosen = [field for field in COLUMNS if getattr(case_filter, field)]
    free = [tuple(field for field in fields if field not in chosen) for fields in READ_TOGETHER]
    together = [_Pass(fields, case_filter) for fields in free if fields]
    return together + [_Pass((field,), without(case_filter, field)) for field in chosen]


def _query(facts: Facts, source: CountSource, passes: Sequence[_Pass]) -> FactsSql:
    """One query, of a part for the squares and one for each pass: several would cost planning.

    Of each row the first number says which part it is from, the next are keys, the rest sums.
    """
    hits, table, values = _table(facts, source)
    squares, own = _squares_part(facts, source, table)
    parts, values = [squares], [*values, *own]
    for number, counted in enumerate(passes):
        part, own = _pass_part(facts, source, table, number, counted)
        parts.append(part)
        values += own
    return hits + " union all ".join(parts), values


def _table(facts: Facts, source: CountSource) -> tuple[str, str, list[Any]]:
    """What stands before the query, the table that its parts read, and parameters.

    Where the cases themselves are asked, words, days and box let few of them through: these are
    read once, and every part reads from what was found.
    """
    if source.has_squares:
        return "", source.table, []
    asked = source.selection.case_filter
    narrow = CaseFilter(**{name: getattr(asked, name) for name in OTHER_FIELDS})
    where, values = facts_where(facts, replace(source.selection, case_filter=narrow))
    hits = f"with hits as materialized (select {READ} from {source.table} where {where}) "
    return hits, "hits", values


def _squares_part(facts: Facts, source: CountSource, table: str) -> FactsSql:
    case_filter = replace(source.selection.case_filter, **OTHER_FIELDS)
    where, values = facts_where(facts, replace(source.selection, case_filter=case_filter))
    of = source.columns
    counted = f"{of.cases}, {of.open_cases}, {of.placed_cases}, {of.edges}, {of.place_sums}"
    keys = of.square + NO_KEY * (MOST_TOGETHER - 1)
    return f"select {SQUARES}, {keys}, {counted} from {table} where {where} group by all", values


def _pass_part(
    facts: Facts, source: CountSource, table: str, number: int, counted: _Pass
) -> FactsSql:
    selection = replace(source.selection, case_filter=counted.case_filter)
    where, values = facts_where(facts, selection)
    overdue_cases, now = "0", []
    if "status" in counted.fields:
        # The pass that reads statuses also sees which cases are overdue.
        overdue_cases = source.columns.overdue_cases
        now = [facts.as_of if selection.now is None else selection.now]
    keys = ", ".join(COLUMNS[field] for field in counted.fields)
    keys += NO_KEY * (MOST_TOGETHER - len(counted.fields))
    sums = f"{source.columns.cases}, {overdue_cases}, {NOWHERE}"
    return f"select {number}, {keys}, {sums} from {table} where {where} group by all", now + values


def _statuses(by_code: Counter[Any]) -> tuple[ValueCount, ...]:
    cases = {name: by_code[code] for code, name in enumerate(STATUS_NAMES)}
    cases[OVERDUE] = by_code[OVERDUE]
    return tuple(ValueCount(word, word, cases[word]) for word in STATUS_WORDS)


def _named(
    facts: Facts, field: str, by_id: Counter[Any], chosen: Iterable[str]
) -> tuple[ValueCount, ...]:
    words = facts.words(field).items()
    values = [ValueCount(word.slug, word.name, by_id[number]) for number, word in words]
    shown = [value for value in values if value.cases or value.slug in chosen]
    return tuple(sorted(shown, key=lambda value: (-value.cases, value.name)))


def _grouped(facts: Facts, services: tuple[ValueCount, ...]) -> tuple[ServiceGroup, ...]:
    """Groups by their cases, most first; services without a group last."""
    groups: dict[str | None, list[ValueCount]] = {}
    for service in services:
        groups.setdefault(facts.service_groups[service.slug], []).append(service)

    def largest_first(name: str | None) -> tuple[bool, int, str]:
        return name is None, -sum(service.cases for service in groups[name]), name or ""

    return tuple(
        ServiceGroup(name, tuple(groups[name])) for name in sorted(groups, key=largest_first)
    )
