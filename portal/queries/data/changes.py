"""What the city changed, by day in its zone: how many cases, and which.

    closed      from not closed to closed
    reopened    from closed to not closed
    redated     its opening, its target or its closing is another one, or was taken away
    retyped     its type is another one
    moved       its place is another one (by more than a meter), or was taken away
    returned    the city had withdrawn it and shows it again
    new         the portal shows it for the first time; not on the day of the first import
    withdrawn   the city no longer has it: a number alone, and only for the whole city

A case counts once a day for each of these. What a filter asks, it asks of the case as it is now.
Read from the facts: public cases only. docs/metrics.md explains the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from portal.domain.as_of import end_of_day
from portal.domain.city_days import start_of_day
from portal.facts.history_schema import CHANGE_KINDS, NEW
from portal.facts.reader import Facts
from portal.filter_sql import FactsSql, Selection, facts_where
from portal.queries.cases.as_of import first_import

KINDS = tuple(CHANGE_KINDS)
LISTED_KINDS = tuple(kind for kind in KINDS if kind != "withdrawn")
"""Kinds whose cases can be shown."""
LATE_SECONDS = 30 * 86_400
"""A case that was opened this long before the portal first showed it was brought in late."""
MAX_CHANGES = 100


@dataclass(frozen=True)
class DayChanges:
    """What changed on a day: cases by kind, without kinds that none has.

    `late_cases`: how many of the new ones were opened more than 30 days earlier. If
    `is_first_import`, `imported_cases` came in that day, and none of them is called new.
    """

    day: date
    cases: dict[str, int] = field(default_factory=dict)
    late_cases: int = 0
    is_first_import: bool = False
    imported_cases: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed and nothing came in."""
        return not self.cases and not self.imported_cases


@dataclass(frozen=True)
class ChangedCase:
    """A case by the store's own key, when it last changed that day (epoch s), and in which ways."""

    key: int
    seen_at: int
    kinds: tuple[str, ...]


def changes_by_day(
    facts: Facts, selection: Selection, first: date, last: date
) -> tuple[DayChanges, ...]:
    """The days from `first` to `last`, newest first, also those without a change."""
    days = [last - timedelta(days=back) for back in range((last - first).days + 1)]
    counted: dict[date, dict[int, int]] = {day: {} for day in days}
    late: dict[date, int] = {}
    for number, kind, cases, late_cases in facts.rows(*_count_query(facts, selection, days)):
        counted[days[number]][kind] = cases
        late[days[number]] = late.get(days[number], 0) + late_cases
    if selection.case_filter.is_empty:
        for number, cases in _withdrawals(facts, selection, days):
            counted[days[number]][CHANGE_KINDS["withdrawn"]] = cases
    import_day = day_of_first_import(facts, selection)
    return tuple(
        _day_changes(day, counted[day], late.get(day, 0), is_import=day == import_day)
        for day in days
    )


def day_of_first_import(facts: Facts, selection: Selection) -> date | None:
    """The city's day on which its first cases came in; None without any."""
    first_at = first_import(facts)
    return None if first_at is None else datetime.fromtimestamp(first_at, selection.zone).date()


def changed_cases(
    facts: Facts,
    selection: Selection,
    day: date,
    kind: str | None = None,
    limit: int = 50,
    mark: tuple[int, int] | None = None,
) -> list[ChangedCase]:
    """Cases that changed on a day, last change first; only in one way, if `kind` names it.

    `mark` is the time and key of the last case of an earlier page. Those that came with the first
    import are left out: they are the whole city.
    """
    moves, values = _moves(start_of_day(day, selection.zone), end_of_day(day, selection.zone))
    where, more = facts_where(facts, selection)
    wanted = [f"id in (select id from cases where {where})"]
    if kind:
        wanted.append(f"kind = {CHANGE_KINDS[kind]}")
    if day == day_of_first_import(facts, selection):
        wanted.append(f"kind <> {NEW}")
    past = "having max(seen_at) < ? or (max(seen_at) = ? and id < ?)" if mark else ""
    marks = [mark[0], mark[0], mark[1]] if mark else []
    rows = facts.rows(
        f"select id, max(seen_at), list_sort(list(distinct kind)) from ({moves})"
        f" where {' and '.join(wanted)} group by id {past}"
        f" order by 2 desc, 1 desc limit {max(1, min(limit, MAX_CHANGES + 1))}",
        [*values, *more, *marks],
    )
    return [ChangedCase(key, at, tuple(KINDS[kind] for kind in kinds)) for key, at, kinds in rows]


def _day_changes(
    day: date, by_kind: dict[int, int], late_cases: int, *, is_import: bool
) -> DayChanges:
    by_kind = dict(by_kind)
    imported = by_kind.pop(NEW, 0) if is_import else 0
    cases = {kind: by_kind[number] for kind, number in CHANGE_KINDS.items() if by_kind.get(number)}
    return DayChanges(day, cases, 0 if is_import else late_cases, is_import, imported)


def _moves(first_at: int, last_at: int) -> FactsSql:
    """Rows (seen_at, kind, id, is_late) of what changed in a span (epoch s), both ends included."""
    return (
        "select seen_at, kind, id, 0 as is_late from changes where seen_at between ? and ?"
        f" union all select first_shown_at, {NEW}, id,"
        f" (opened_at < first_shown_at - {LATE_SECONDS})::integer"
        " from cases where first_shown_at between ? and ?"
    ), [first_at, last_at, first_at, last_at]


def _days_table(selection: Selection, days: Sequence[date]) -> FactsSql:
    """Rows (number, first_at, last_at) of days."""
    return (
        "select unnest(?::integer[]) as number, unnest(?::bigint[]) as first_at,"
        " unnest(?::bigint[]) as last_at"
    ), [
        list(range(len(days))),
        [start_of_day(day, selection.zone) for day in days],
        [end_of_day(day, selection.zone) for day in days],
    ]


def _count_query(facts: Facts, selection: Selection, days: Sequence[date]) -> FactsSql:
    table, of_days = _days_table(selection, days)
    first_at = start_of_day(days[-1], selection.zone)
    moves, of_moves = _moves(first_at, end_of_day(days[0], selection.zone))
    where, more = facts_where(facts, selection)
    only = "" if where == "true" else f" where id in (select id from cases where {where})"
    return (
        f"select number, kind, count(distinct id), sum(is_late)::bigint from ({moves}) moves"
        f" join ({table}) days on seen_at between first_at and last_at{only} group by number, kind"
    ), [*of_moves, *of_days, *more]


def _withdrawals(facts: Facts, selection: Selection, days: Sequence[date]) -> list[tuple[int, int]]:
    table, values = _days_table(selection, days)
    return facts.rows(
        f"select number, sum(cases)::bigint from withdrawals join ({table}) days"
        " on seen_at between first_at and last_at group by number",
        values,
    )
