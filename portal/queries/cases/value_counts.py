"""How many cases each value of each filter would show, and where the filter's cases are. Read from the facts: public cases only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from portal.domain.filters import PHOTO_WORDS, STATUS_WORDS, CaseFilter
from portal.facts.reader import Facts
from portal.facts.schema import STATUS_NAMES
from portal.facts.squares import Square, box_of
from portal.facts.where import Countable, conditions, countable
from portal.queries.cases.extent import Extent
from portal.store.search_index import WordMatches

OVERDUE = "overdue"
COLUMNS = {
    "status": "status", "service": "service", "neighborhood": "neighborhood", "district": "district", "department": "department",
    "channel": "channel", "photo": "has_photo",
}  # fmt: skip
"""Filter field: its column in the facts."""
READ_TOGETHER = (
    ("service",),
    ("neighborhood", "department"),
    ("status", "district", "channel", "photo"),
)
"""Fields whose combinations are so few that DuckDB counts them in one small array: three passes instead of seven, half the time."""
MOST_TOGETHER = max(map(len, READ_TOGETHER))
SQUARES = -1
"""The part for the squares of the whole filter, among those of the passes."""
NO_KEY = ", null"
NOWHERE = "null, null, null, null, null, null, null"
READ = ", ".join([*COLUMNS.values(), "target_at", "lat", "lon", "quad"])
Pass = tuple[tuple[str, ...], CaseFilter]
"""Fields that are counted together, and the filter they are counted for."""
NARROW: dict[str, Any] = {"q": None, "start": None, "end": None, "bbox": None}
"""What a filter asks besides these fields."""


@dataclass(frozen=True)
class ValueCount:
    """One value of a filter field: `slug` as in URLs, its name, and how many cases the filter would show with this value alone."""

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
    """Counts per value of every filter field, most first; status and photo in the order of their words.

    An overdue case is counted as open or in progress too. Values without a case are left out, but for those that are chosen.
    """

    status: tuple[ValueCount, ...]
    service: tuple[ServiceGroup, ...]
    neighborhood: tuple[ValueCount, ...]
    district: tuple[ValueCount, ...]
    department: tuple[ValueCount, ...]
    channel: tuple[ValueCount, ...]
    photo: tuple[ValueCount, ...]
    squares: tuple[Square, ...]
    """The cases of the whole filter by square."""

    @cached_property
    def extent(self) -> Extent:
        """Where the cases of the whole filter are, as `portal.queries.cases.extent` tells it."""
        cases, placed = (
            sum(square.cases for square in self.squares),
            sum(square.placed_cases for square in self.squares),
        )
        return Extent(cases, placed, box_of(self.squares))


def value_counts(
    facts: Facts,
    case_filter: CaseFilter,
    zone: ZoneInfo,
    now: int | None = None,
    words: WordMatches | None = None,
) -> ValueCounts:
    """Counts per value of every filter field: all else of the filter holds, the field's own choice is left out.

    So each number is what a visitor gets who picks that value instead. `now` (epoch s) decides what is overdue; without it the moment
    of the facts. `words` as in count_cases. Source: the city's cases as published.
    """
    counted, squares = _counted(facts, case_filter, zone, now, words)
    named = {
        field: _named(facts, field, counted[field], getattr(case_filter, field))
        for field in ("service", "neighborhood", "district", "department", "channel")
    }
    return ValueCounts(
        status=_status(counted["status"]),
        service=_grouped(facts, named.pop("service")),
        photo=tuple(
            ValueCount(word, word, counted["photo"][int(word == "yes")]) for word in PHOTO_WORDS
        ),
        squares=squares,
        **named,
    )


def _counted(
    facts: Facts,
    case_filter: CaseFilter,
    zone: ZoneInfo,
    now: int | None,
    words: WordMatches | None,
) -> tuple[dict[str, Counter[Any]], tuple[Square, ...]]:
    """For each field: cases by what stands in its column; for the status `OVERDUE` too; and the squares of the whole filter.

    One question, of a part for the squares and one for each pass: each question of its own would cost its planning.
    """
    of = countable(case_filter, zone)
    passes = _passes(replace(of.asked, **NARROW))
    counted: dict[str, Counter[Any]] = {field: Counter() for field in COLUMNS}
    squares = []
    for number, *told in facts.rows(*_question(facts, of, passes, zone, now, words)):
        keys, sums = told[:MOST_TOGETHER], told[MOST_TOGETHER:]
        if number == SQUARES:
            squares.append(Square(keys[0], *sums))
            continue
        for field, key in zip(passes[number][0], keys, strict=False):
            counted[field][key] += sums[0]
        counted["status"][OVERDUE] += sums[1]
    return counted, tuple(squares)


def _question(
    facts: Facts,
    of: Countable,
    passes: Sequence[Pass],
    zone: ZoneInfo,
    now: int | None,
    words: WordMatches | None,
) -> tuple[str, list[Any]]:
    """SQL and parameters. Of each row the first number says the part, the next are keys, the rest sums."""
    hits, source, values = _source(facts, of, zone, now, words)
    sql, own = conditions(facts, replace(of.asked, **NARROW), zone, now=now)
    squares = f"{of.square}{NO_KEY * (MOST_TOGETHER - 1)}, {of.cases}, {of.open_cases}, {of.placed_cases}, {of.edges}, {of.place_sums}"
    parts = [f"select {SQUARES}, {squares} from {source} where {sql} group by all"]
    values += own
    for number, (fields, asked) in enumerate(passes):
        sql, own = conditions(facts, asked, zone, now=now)
        # The pass that reads the statuses sees which of them are overdue, too.
        overdue = [facts.as_of if now is None else now] if "status" in fields else []
        keys = ", ".join(COLUMNS[field] for field in fields) + NO_KEY * (
            MOST_TOGETHER - len(fields)
        )
        late = of.overdue_cases if overdue else 0
        parts.append(
            f"select {number}, {keys}, {of.cases}, {late}, {NOWHERE} from {source} where {sql} group by all"
        )
        values += overdue + own
    return hits + " union all ".join(parts), values


def _passes(case_filter: CaseFilter) -> list[Pass]:
    """Which fields are counted together, and for which filter: a field that is chosen is counted without its own choice."""
    chosen = [field for field in COLUMNS if getattr(case_filter, field)]
    free = [tuple(field for field in fields if field not in chosen) for fields in READ_TOGETHER]
    return [(fields, case_filter) for fields in free if fields] + [
        ((field,), without(case_filter, field)) for field in chosen
    ]


def _source(
    facts: Facts, of: Countable, zone: ZoneInfo, now: int | None, words: WordMatches | None
) -> tuple[str, str, list[Any]]:
    """What stands before the passes, what they go through, and its parameters.

    Where the cases themselves are asked, what no pass leaves out lets few of them through: these are read once, and each pass goes through
    what was read.
    """
    if of.has_squares:
        return "", of.table, []
    narrow = CaseFilter(**{name: getattr(of.asked, name) for name in NARROW})
    sql, values = conditions(facts, narrow, zone, now=now, words=words)
    return f"with hits as materialized (select {READ} from {of.table} where {sql}) ", "hits", values


def without(case_filter: CaseFilter, field: str) -> CaseFilter:
    """The filter with one field's choice left out."""
    return replace(case_filter, **{field: getattr(CaseFilter(), field)})


def _status(by_code: Counter[Any]) -> tuple[ValueCount, ...]:
    cases = {name: by_code[code] for code, name in enumerate(STATUS_NAMES)} | {
        OVERDUE: by_code[OVERDUE]
    }
    return tuple(ValueCount(word, word, cases[word]) for word in STATUS_WORDS)


def _named(
    facts: Facts, field: str, by_id: Counter[Any], chosen: Iterable[str]
) -> tuple[ValueCount, ...]:
    shown = [
        ValueCount(word.slug, word.name, by_id[number])
        for number, word in facts.words(field).items()
    ]
    shown = [value for value in shown if value.cases or value.slug in chosen]
    return tuple(sorted(shown, key=lambda value: (-value.cases, value.name)))


def _grouped(facts: Facts, services: tuple[ValueCount, ...]) -> tuple[ServiceGroup, ...]:
    """Groups by their cases, most first; services without a group last."""
    groups: dict[str | None, list[ValueCount]] = {}
    for service in services:
        groups.setdefault(facts.service_groups[service.slug], []).append(service)
    by_size = sorted(
        groups,
        key=lambda name: (
            name is None,
            -sum(service.cases for service in groups[name]),
            name or "",
        ),
    )
    return tuple(ServiceGroup(name, tuple(groups[name])) for name in by_size)
