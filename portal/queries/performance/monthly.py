"""The monthly report: what each part of the city sent in a month, and what became of it.

    report = read_monthly(facts, selection, Month(24310))
    report.total.received, report.parts["district"]

Every district, neighborhood and ZIP code of the record has its row, also with nothing in it, and
what is in none has one: the rows of a kind add up to the total. Read from the facts: public cases
only. docs/metrics.md explains the numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from portal.domain.city_days import start_of_day
from portal.domain.month import Month
from portal.facts.reader import Facts
from portal.filter_sql import Selection, facts_where
from portal.queries.performance.cohorts import GROUP_SQL, Cohort, read_cohorts

KINDS = ("district", "neighborhood", "zipcode")
"""What the report has rows by."""


@dataclass(frozen=True)
class MonthlyRow:
    """One area's month. `slug` and `name` are empty for the whole city, None for cases in none.

    `received`: opened in the month. `closed`: closed in it, whenever opened. `still_open`: open
    when it ended, whenever opened. `cases`: those received, and what became of them since.
    """

    slug: str | None
    name: str | None
    received: int
    closed: int
    still_open: int
    cases: Cohort | None


@dataclass(frozen=True)
class Monthly:
    """A month's report. `known`: the record's first and last month, None without any case.

    `is_over`: whether the record, which is of `as_of` (epoch s), goes to the month's end.
    """

    month: Month
    total: MonthlyRow
    parts: dict[str, tuple[MonthlyRow, ...]]
    known: tuple[Month, Month] | None
    as_of: int
    is_over: bool

    @property
    def neighbors(self) -> list[Month]:
        """The month before and the one after, where the record has them."""
        first, last = self.known or (self.month, self.month)
        return [one for one in (self.month.former, self.month.next) if first <= one <= last]


def read_monthly(facts: Facts, selection: Selection, month: Month) -> Monthly:
    """The report on a month of the selection's cases; its own days are left aside."""
    always = replace(selection, case_filter=replace(selection.case_filter, start=None, end=None))
    days = replace(always.case_filter, start=month.first, end=month.last)
    received = replace(selection, case_filter=days)
    (total,) = _read_rows(facts, always, received, month, "")
    parts = {kind: _read_rows(facts, always, received, month, kind) for kind in KINDS}
    known = _read_span(facts)
    return Monthly(month, total, parts, known, facts.as_of, _is_over(facts, month, selection))


def read_newest_month(facts: Facts, selection: Selection) -> Month | None:
    """The newest month that the record has to its end, else its only one; None without a case."""
    known = _read_span(facts)
    if known is None:
        return None
    first, last = known
    return last if first == last or _is_over(facts, last, selection) else last.former


def _read_span(facts: Facts) -> tuple[Month, Month] | None:
    ((first, last),) = facts.rows(
        "select min(opened_month), max(opened_month) from cases where opened_at <= ?", [facts.as_of]
    )
    return None if last is None else (Month(first), Month(last))


def _is_over(facts: Facts, month: Month, selection: Selection) -> bool:
    return facts.as_of >= start_of_day(month.next.first, selection.zone)


def _read_rows(
    facts: Facts, always: Selection, received: Selection, month: Month, kind: str
) -> tuple[MonthlyRow, ...]:
    """Rows by name; those in no area last, where there are any."""
    counted = _count(facts, always, month, kind)
    cohorts = {cohort.slug: cohort for cohort in read_cohorts(facts, received, kind)}
    names: dict[str | None, str | None] = {"": ""} if not kind else _names(facts, kind)
    rows = [
        MonthlyRow(slug, name, *counted.get(slug, (0, 0, 0)), cohorts.get(slug))
        for slug, name in sorted(names.items(), key=lambda one: one[1] or "")
    ]
    if None in counted:
        rows.append(MonthlyRow(None, None, *counted[None], cohorts.get(None)))
    return tuple(rows)


def _names(facts: Facts, kind: str) -> dict[str | None, str | None]:
    if kind == "zipcode":
        found = facts.rows("select distinct zipcode from cases where zipcode > ''")
        return {code: code for (code,) in found}
    return {word.slug: word.name for word in facts.words(kind).values()}


def _count(
    facts: Facts, selection: Selection, month: Month, kind: str
) -> dict[str | None, tuple[int, int, int]]:
    """Received, closed and open at the end by slug; None: in no area. Areas with nothing: none."""
    where, values = facts_where(facts, selection)
    number, ends = month.number, _end(facts, month, selection)
    rows = facts.rows(
        f"""
        select {GROUP_SQL.get(kind, kind) or "1"},
            count(*) filter (opened_month = {number} and opened_at <= {facts.as_of}),
            count(*) filter (status = 2 and closed_month = {number}),
            count(*) filter (opened_at <= {ends} and (status < 2 or closed_at > {ends}))
        from cases where ({where}) group by 1
        """,
        values,
    )
    if not kind:
        return {"": rows[0][1:] if rows else (0, 0, 0)}
    if kind == "zipcode":
        return {code: tuple(counts) for code, *counts in rows}
    words = facts.words(kind)
    return {words[i].slug if i is not None else None: tuple(counts) for i, *counts in rows}


def _end(facts: Facts, month: Month, selection: Selection) -> int:
    """The month's last second, or the time of the data where it is not over."""
    return min(facts.as_of, start_of_day(month.next.first, selection.zone) - 1)
