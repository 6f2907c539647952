"""How many days cases take to be closed, with the open ones counted properly. Read from the facts: public cases only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from portal.domain.case import CONTRADICTIONS
from portal.domain.survival import days_until_share
from portal.facts.reader import Facts

SECONDS_PER_DAY = 86_400
LOOKED_BACK_DAYS = 730
MIN_CASES = 30
"""Of fewer cases nothing is said."""
MIN_WATCHED = 10
"""No share is given for a day that fewer cases are old enough to have reached: it would be the story of those few."""
SHARES_PCT = (25, 50, 75, 90)


@dataclass(frozen=True)
class ClosingDays:
    """By how many elapsed days, nights and weekends included, a share of the cases is closed; None where the record does not reach it.

    `cases`: how many it rests on, of which `closed_cases` are closed. The first of them was opened at `since_at`; the record ends at
    `until_at` (epoch s).
    """

    days_25: int | None
    days_50: int | None
    days_75: int | None
    days_90: int | None
    cases: int
    closed_cases: int
    since_at: int
    until_at: int


def closing_days(facts: Facts, where: str, values: Sequence[Any], now: int) -> ClosingDays | None:
    """Days to close of the cases that `where` (SQL over `cases`) lets through, opened in the two years up to `now`; None under 30 cases.

    Kaplan–Meier on whole days. A case closed after five days and an hour was closed by the end of its sixth day. An open case counts as
    open for as many days as have gone by, up to `now` or to the data where that is older: never as zero days, and never left out. Left
    out are cases that the city calls closed without a time that can be true. Source: the city's opened and closed times.
    """
    until_at = min(now, facts.as_of)
    since_at, begin = until_at, until_at - LOOKED_BACK_DAYS * SECONDS_PER_DAY
    ended: dict[int, int] = {}
    not_ended: dict[int, int] = {}
    watched: dict[int, int] = {}
    closed_cases = 0
    for days, end_day, is_history, cases, closed, first in facts.rows(
        _query(where), [until_at, until_at, begin, until_at, *values]
    ):
        since_at = min(since_at, first)
        if is_history:
            watched[days] = cases
        elif end_day is not None:
            ended[end_day] = ended.get(end_day, 0) + cases
        else:
            not_ended[days] = cases
        closed_cases += 0 if is_history else closed
    cases = sum(watched.values())
    if cases < MIN_CASES:
        return None
    known_days = _days_watched(watched)
    days_25, days_50, days_75, days_90 = (
        day if day is not None and day <= known_days else None
        for day in days_until_share(ended, not_ended, SHARES_PCT)
    )
    return ClosingDays(days_25, days_50, days_75, days_90, cases, closed_cases, since_at, until_at)


_IMPOSSIBLE = CONTRADICTIONS["closed_in_future"]
_TOOK_DAYS = f"greatest(1, (closed_at - opened_at + {SECONDS_PER_DAY - 1}) // {SECONDS_PER_DAY})"


def _query(where: str) -> str:
    """Rows of two kinds: cases by how they stand, and cases by how many whole days they could be watched.

    A case tells of its n-th day only once that day is over; else the quick ones among the youngest would count and the slow ones not.
    """
    return f"""
        with looked_at as (
            select (? - opened_at) // {SECONDS_PER_DAY} as watched_days,
                case when status = 2 then {_TOOK_DAYS} end as took_days, opened_at, status = 2 and closed_at <= ? as is_closed
            from cases
            where opened_at > ? and opened_at <= ? and ({where})
                and (status < 2 or (closed_at >= opened_at and contradictions & {_IMPOSSIBLE} = 0))
        ), standing as (
            select case when took_days <= watched_days then null else watched_days end as open_days, watched_days, is_closed, opened_at,
                case when took_days <= watched_days then took_days end as end_day
            from looked_at
        )
        select coalesce(watched_days, open_days), end_day, grouping(watched_days) = 0, count(*), count(*) filter (is_closed),
            min(opened_at)
        from standing group by grouping sets ((open_days, end_day), (watched_days))
    """


def _days_watched(watched: dict[int, int]) -> int:
    """The most days that at least MIN_WATCHED cases could be watched for."""
    days = sorted(watched, reverse=True)
    for day, cases in zip(days, accumulate(watched[day] for day in days), strict=True):
        if cases >= MIN_WATCHED:
            return day
    return 0
