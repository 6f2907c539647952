"""How many days cases take to be closed, with open cases counted as what they are: not closed.

Read from the facts: public cases only. docs/metrics.md explains the numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from portal.domain.case import CONTRADICTIONS
from portal.domain.survival import days_until_share
from portal.facts.reader import Facts

SECONDS_PER_DAY = 86_400
LOOKED_BACK_DAYS = 730
MIN_CASES = 30
"""Of fewer cases we say nothing."""
MIN_WATCHED = 10
"""We give no share for a day that fewer cases are old enough to have reached: too few to go by."""
SHARES_PCT = (25, 50, 75, 90)


@dataclass(frozen=True)
class ClosingDays:
    """By how many elapsed days, nights and weekends included, a share of the cases is closed.

    `days_25` is for 25 percent, and so on; None where the record does not reach that share. It goes
    by `cases`, of which `closed_cases` are closed; the first was opened at `since_at`, and the
    record ends at `until_at` (epoch s).
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
    """Days to close of the cases that pass `where`, SQL over `cases`; None for under 30 cases.

    Of cases opened in the two years up to `now` (epoch s) or to the end of the data, whichever is
    earlier. Kaplan–Meier on whole days: a case closed after five days and an hour was closed by the
    end of its sixth day. An open case counts as open for the days that have gone by: never as zero
    days, and never left out. Left out are cases that the city calls closed without a time that can
    be true. Source: the city's opened and closed times.
    """
    until_at = min(now, facts.as_of)
    record = _read_record(facts, where, values, until_at)
    cases = sum(record.watched.values())
    if cases < MIN_CASES:
        return None
    days = _days_to_shares(record)
    return ClosingDays(*days, cases, record.closed_cases, record.since_at, until_at)


def _read_record(facts: Facts, where: str, values: Sequence[Any], until_at: int) -> _Record:
    begin = until_at - LOOKED_BACK_DAYS * SECONDS_PER_DAY
    record = _Record(since_at=until_at)
    for row in facts.rows(_query(where), [until_at, until_at, begin, until_at, *values]):
        record.add(*row)
    return record


def _days_to_shares(record: _Record) -> tuple[int | None, int | None, int | None, int | None]:
    """The days of SHARES_PCT; None for a day that too few cases are old enough to have reached."""
    known_days = _days_watched(record.watched)
    days_25, days_50, days_75, days_90 = (
        day if day is not None and day <= known_days else None
        for day in days_until_share(record.ended, record.not_ended, SHARES_PCT)
    )
    return days_25, days_50, days_75, days_90


@dataclass
class _Record:
    """Cases by days: closed on their n-th day, still open after n days, watched for n days."""

    since_at: int
    ended: Counter[int] = field(default_factory=Counter)
    not_ended: Counter[int] = field(default_factory=Counter)
    watched: Counter[int] = field(default_factory=Counter)
    closed_cases: int = 0

    def add(
        self, days: int, end_day: int | None, is_watched: bool, cases: int, closed: int, first: int
    ) -> None:
        """Take in a row of `_query`."""
        self.since_at = min(self.since_at, first)
        if is_watched:
            self.watched[days] += cases
            return
        self.closed_cases += closed
        if end_day is None:
            self.not_ended[days] += cases
        else:
            self.ended[end_day] += cases


_IMPOSSIBLE = CONTRADICTIONS["closed_in_future"]
_TOOK_DAYS = f"greatest(1, (closed_at - opened_at + {SECONDS_PER_DAY - 1}) // {SECONDS_PER_DAY})"


def _query(where: str) -> str:
    """Rows of two kinds: cases by how long they were open, and by how long we could watch them.

    A case's n-th day counts only once that day is over; else the quick ones among the youngest
    would count and the slow ones would not. A row: days, day of closing, is it of the second kind,
    cases, closed ones, first opening.
    """
    return f"""
        with looked_at as (
            select (? - opened_at) // {SECONDS_PER_DAY} as watched_days,
                case when status = 2 then {_TOOK_DAYS} end as took_days, opened_at,
                status = 2 and closed_at <= ? as is_closed
            from cases
            where opened_at > ? and opened_at <= ? and ({where})
                and (status < 2
                    or (closed_at >= opened_at and contradictions & {_IMPOSSIBLE} = 0))
        ), standing as (
            select
                case when took_days <= watched_days then null else watched_days end as open_days,
                case when took_days <= watched_days then took_days end as end_day,
                watched_days, is_closed, opened_at
            from looked_at
        )
        select coalesce(watched_days, open_days), end_day, grouping(watched_days) = 0,
            count(*), count(*) filter (is_closed), min(opened_at)
        from standing group by grouping sets ((open_days, end_day), (watched_days))
    """


def _days_watched(watched: dict[int, int]) -> int:
    """The most days for which we could watch at least MIN_WATCHED cases."""
    days = sorted(watched, reverse=True)
    for day, cases in zip(days, accumulate(watched[day] for day in days), strict=True):
        if cases >= MIN_WATCHED:
            return day
    return 0
