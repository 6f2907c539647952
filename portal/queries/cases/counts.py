"""Questions that are answered with a number. Read from the facts: public cases only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

import pandas as pd

from portal.domain.case import CONTRADICTIONS
from portal.domain.city_days import start_of_last_days
from portal.facts.count_source import count_source
from portal.facts.reader import Facts
from portal.filter_sql import Selection, facts_where

SECONDS_PER_DAY = 86_400
WEEK_DAYS = 7
Dimension = Literal[
    "service", "neighborhood", "district", "department", "channel", "queue", "tract", "ward"
]


@dataclass(frozen=True)
class WeekNumbers:
    """The last seven days: cases opened, cases closed, and how long the closed ones were open.

    `median_days` are elapsed days, None where no case was closed; `closed_cases` is how many the
    median is of: those whose opening and closing times can both be true. `newest_at`: when the
    newest case of all was opened (epoch s), given only where nothing was opened or closed in
    these days.
    """

    opened: int
    closed: int
    median_days: float | None
    closed_cases: int
    as_of: int
    newest_at: int | None = None


def count_cases(facts: Facts, selection: Selection) -> int:
    """How many public cases the selection has."""
    source = count_source(selection)
    where, values = facts_where(facts, source.selection)
    query = f"select {source.columns.cases} from {source.table} where {where}"
    ((cases,),) = facts.rows(query, values)
    return cases


def this_week(facts: Facts, now: int, zone: ZoneInfo) -> WeekNumbers:
    """Today so far and the six days before, in the city's zone.

    Opened: by the city's opening time. Closed: by its closing time, whenever opened. Times after
    `now`, or after the facts, are not counted. The median is of elapsed days, nights and weekends
    included, without cases said to be closed before they were opened.
    Source: the city's opened and closed times.
    """
    now = min(now, facts.as_of)
    span = [start_of_last_days(now, zone, WEEK_DAYS), now]
    ((opened,),) = facts.rows(
        "select count(*) from cases where opened_at >= ? and opened_at <= ?", span
    )
    ((closed, closed_cases, seconds),) = facts.rows(
        "select count(*), count(*) filter (closed_at >= opened_at),"
        " median(closed_at - opened_at) filter (closed_at >= opened_at)"
        " from cases where status = 2 and closed_at >= ? and closed_at <= ?",
        span,
    )
    return WeekNumbers(
        opened,
        closed,
        median_days=None if seconds is None else seconds / SECONDS_PER_DAY,
        closed_cases=closed_cases,
        as_of=facts.as_of,
        # `as_of` is when the batch was stored: of a file that ends years ago it says nothing.
        newest_at=None if opened or closed else _newest_opening(facts, now),
    )


def _newest_opening(facts: Facts, now: int) -> int | None:
    ((newest_at,),) = facts.rows("select max(opened_at) from cases where opened_at <= ?", [now])
    return newest_at


def counts_by_value(facts: Facts, dimension: Dimension, selection: Selection) -> pd.DataFrame:
    """How many of the selection's public cases each service, neighborhood, … has, most first.

        slug        str   as in URLs; missing where the city names none
        name        str
        cases       int   cases
        open_cases  int   cases that are open or in progress

    No matching case: these columns, no rows. Source: the city's cases as published.
    """
    where, values = facts_where(facts, selection)
    rows = facts.rows(
        f"select {dimension}, count(*), count(*) filter (status < 2)"
        f" from cases where {where} group by all",
        values,
    )
    words = facts.words(dimension)
    rows.sort(key=lambda row: (-row[1], words[row[0]].name if row[0] in words else ""))
    table = [
        (words[key].slug, words[key].name, cases, open_cases)
        if key in words
        else (None, None, cases, open_cases)
        for key, cases, open_cases in rows
    ]
    return pd.DataFrame(table, columns=["slug", "name", "cases", "open_cases"])


def contradictions(facts: Facts) -> dict[str, int]:
    """How many public cases the city says each impossible thing of; a case may be in several.

    Keys: portal.domain.case.CONTRADICTIONS.
    """
    counted = ", ".join(
        f"count(*) filter (contradictions & {bit} > 0)" for bit in CONTRADICTIONS.values()
    )
    (numbers,) = facts.rows(f"select {counted} from cases where contradictions > 0")
    return dict(zip(CONTRADICTIONS, numbers, strict=True))
