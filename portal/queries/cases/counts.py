"""Questions that are answered with a number. Read from the facts: public cases only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pandas as pd

from portal.domain.case import CONTRADICTIONS
from portal.domain.filters import CaseFilter
from portal.facts.reader import Facts
from portal.facts.where import conditions, countable, midnight
from portal.store.search_index import WordMatches

SECONDS_PER_DAY = 86_400
WEEK_DAYS = 7
Dimension = Literal[
    "service", "neighborhood", "district", "department", "channel", "queue", "tract", "ward"
]


@dataclass(frozen=True)
class WeekNumbers:
    """The last seven days: cases opened, cases closed, and how long the closed ones had been open (elapsed days, None where none closed).

    `closed_cases` is how many closed cases the median rests on: those whose opening and closing times can both be true. `newest_at` is when
    the newest case was opened (epoch s), where nothing was opened or closed in these days and there is a case at all, else None.
    """

    opened: int
    closed: int
    median_days: float | None
    closed_cases: int
    as_of: int
    newest_at: int | None = None


def count_cases(
    facts: Facts,
    case_filter: CaseFilter,
    zone: ZoneInfo,
    now: int | None = None,
    words: WordMatches | None = None,
) -> int:
    """How many public cases the filter lets through. `now` (epoch s) decides what is overdue; without it the moment of the facts."""
    of = countable(case_filter, zone)
    sql, values = conditions(facts, of.asked, zone, now=now, words=words)
    return facts.rows(f"select {of.cases} from {of.table} where {sql}", values)[0][0]


def this_week(facts: Facts, now: int, zone: ZoneInfo) -> WeekNumbers:
    """Today so far and the six days before, in the city's zone.

    Opened: by the city's opening time. Closed: by its closing time, whenever opened; times after `now` or after the facts are not
    counted. The median is of
    elapsed days, nights and weekends included; cases said to be closed before they were opened are left out of it.
    Source: the city's opened and closed times.
    """
    now = min(now, facts.as_of)
    first_day = datetime.fromtimestamp(now, zone).date() - timedelta(days=WEEK_DAYS - 1)
    begin = midnight(first_day, zone)
    opened = facts.rows(
        "select count(*) from cases where opened_at >= ? and opened_at <= ?", [begin, now]
    )[0][0]
    closed, closed_cases, seconds = facts.rows(
        "select count(*), count(*) filter (closed_at >= opened_at), median(closed_at - opened_at) filter (closed_at >= opened_at) "
        "from cases where status = 2 and closed_at >= ? and closed_at <= ?",
        [begin, now],
    )[0]
    # The data's moment is that of the batch: of a file that ends years ago it says nothing.
    newest_at = (
        None
        if opened or closed
        else facts.rows("select max(opened_at) from cases where opened_at <= ?", [now])[0][0]
    )
    return WeekNumbers(
        opened,
        closed,
        None if seconds is None else seconds / SECONDS_PER_DAY,
        closed_cases,
        facts.as_of,
        newest_at,
    )


def counts_by_value(
    facts: Facts,
    dimension: Dimension,
    case_filter: CaseFilter,
    zone: ZoneInfo,
    now: int | None = None,
    words: WordMatches | None = None,
) -> pd.DataFrame:
    """How many public cases of the filter each service, neighborhood, … has, most first.

        slug        str   as in URLs; missing where the city names none
        name        str
        cases       int   cases
        open_cases  int   cases that are open or in progress

    No matching case: these columns, no rows. Source: the city's cases as published.
    """
    sql, values = conditions(facts, case_filter, zone, now=now, words=words)
    rows = facts.rows(
        f"select {dimension}, count(*), count(*) filter (status < 2) from cases where {sql} group by all",
        values,
    )
    known = facts.words(dimension)
    table = [
        (
            known[key].slug if key in known else None,
            known[key].name if key in known else None,
            cases,
            open_cases,
        )
        for key, cases, open_cases in rows
    ]
    table.sort(key=lambda row: (-row[2], row[1] or ""))
    return pd.DataFrame(table, columns=["slug", "name", "cases", "open_cases"])


def contradictions(facts: Facts) -> dict[str, int]:
    """How many public cases the city says each impossible thing of (portal.domain.case.CONTRADICTIONS); a case may be in several."""
    counted = ", ".join(
        f"count(*) filter (contradictions & {bit} > 0)" for bit in CONTRADICTIONS.values()
    )
    return dict(
        zip(
            CONTRADICTIONS,
            facts.rows(f"select {counted} from cases where contradictions > 0")[0],
            strict=True,
        )
    )
