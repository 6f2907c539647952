"""Keep what forms and case pages say of how long such cases take, and what becomes of it.

    keep_page_promises(portal, city, now)      # of each case that has just become public
    judge_forecasts(portal, city, now)         # what became of all that was said

The worker calls both; a page only reads what they made. A row has the key of a case and numbers of
the public record, no word of the case.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, text

from portal.context import Portal
from portal.domain.case import CONTRADICTIONS
from portal.domain.city_days import start_of_day
from portal.domain.forecasts import Coverage, ForecastCounts, Forecasts, Place, Promise
from portal.facts.reader import Facts
from portal.queries.cases.as_of import first_import
from portal.queries.cases.forecast import HOUR, Forecast, time_to_close
from portal.queries.performance.forecasts import FORECASTS, NAME
from portal.store.kept_answers import KeptMark, save_answer

if TYPE_CHECKING:
    from portal.domain.jurisdiction import Jurisdiction

NEW_SECONDS = 3_600
"""How long after a case was first shown its page still says what it said then."""
DAY = 86_400
LATE_SECONDS = 30 * DAY
"""What was opened so long before it was first shown is history that the city brings in."""
KEPT_SECONDS = 730 * DAY


class Shown(NamedTuple):
    """A promise, on which case, where and when (epoch s)."""

    case_key: int
    place: Place
    at: int
    promise: Promise


def keep_page_promises(portal: Portal, city: Jurisdiction, now: int) -> int:
    """Keep what the pages of newly public cases say; returns of how many. `now`: epoch seconds.

    New are cases first shown in the last hour, but not on the day of the first import. Raises
    NotReady where nothing is published yet.
    """
    facts = portal.facts(city.id)
    new = _find_new(facts, city, now)
    if not new:
        return 0
    with portal.core.connect() as connection:
        lately = {"city": city.id, "since": now - NEW_SECONDS}
        known = set(connection.execute(text(_KNOWN), lately).scalars())
    said: dict[tuple[int, int | None], Promise] = {}
    shown = []
    for key, service, neighborhood in new:
        if key in known:
            continue
        kind = service, neighborhood
        if kind not in said:
            said[kind] = _promise(portal, city, facts, kind, now)
        shown.append(Shown(key, "page", now, said[kind]))
    if shown:
        with portal.transaction() as connection:
            add_promises(connection, city.id, shown)
    return len(shown)


def add_promises(connection: Connection, city_id: str, shown: Sequence[Shown]) -> None:
    """Keep promises, inside the caller's write transaction. One that is kept already stays."""
    rows = [
        {
            "city": city_id,
            "case": one.case_key,
            "place": one.place,
            "at": one.at,
            "rev": one.promise.rev,
            "service": one.promise.service_id,
            "half": one.promise.days_50,
            "most": one.promise.days_90,
        }
        for one in shown
    ]
    connection.execute(text(_ADD), rows)


def promise_of(forecast: Forecast, rev: int) -> Promise:
    """What a page says when it shows a forecast of a version of the data."""
    closing = forecast.closing
    return Promise(forecast.service.id, closing.days_50, closing.days_90, rev)


def judge_forecasts(portal: Portal, city: Jurisdiction, now: int) -> Forecasts:
    """What became of all promises of two years, kept for the page. `now`: epoch seconds.

    A mark is judged once its day is over, not earlier: else quick closings would count before slow
    ones can. Judged by the cases as they are public now.
    """
    facts = portal.facts(city.id)
    with portal.core.connect() as connection:
        since = facts.as_of - KEPT_SECONDS
        rows = connection.execute(text(_SHOWN), {"city": city.id, "since": since}).all()
    found = _judge(facts, rows)
    with portal.transaction() as connection:
        mark = KeptMark(facts.rev, now)
        save_answer(connection, city.id, NAME, FORECASTS.dump_json(found), mark)
    return found


def _find_new(facts: Facts, city: Jurisdiction, now: int) -> list[tuple]:
    """(key, service, neighborhood) of the cases whose pages have just come."""
    first_at = first_import(facts)
    if first_at is None:
        return []
    day = datetime.fromtimestamp(first_at, city.zone).date()
    imported_until = start_of_day(day + timedelta(days=1), city.zone)
    since = max(now - NEW_SECONDS, imported_until)
    return facts.rows(_NEW, [since, LATE_SECONDS])


def _promise(
    portal: Portal, city: Jurisdiction, facts: Facts, kind: tuple[int, int | None], now: int
) -> Promise:
    """What the pages of a type in a neighborhood (by their ids) say in this hour."""
    service, neighborhood = kind
    word, place = facts.services.get(service), facts.words("neighborhood").get(neighborhood or -1)
    if word is None:
        return Promise(service, None, None, facts.rev)
    asked = word.slug, place.slug if place else None
    forecast, rev = portal.read_hourly(time_to_close, city.id, now - now % HOUR, *asked)
    return promise_of(forecast, rev) if forecast else Promise(service, None, None, rev)


def _judge(facts: Facts, rows: Sequence[Any]) -> Forecasts:
    """By the public cases alone: of others not even a number is told."""
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(6)]
    [(without_number, first_at)] = facts.rows(f"{_SHOWN_CASES} {_TOTALS}", columns)
    counted = facts.rows(f"{_SHOWN_CASES} {_JUDGE}".replace("$as_of", f"{facts.as_of}"), columns)
    counts = tuple(
        ForecastCounts(word.slug, word.name, month, place, pct, Coverage(*numbers))
        for service, month, place, pct, *numbers in counted
        if (word := facts.services.get(service))
    )
    return Forecasts(counts, without_number, first_at, facts.as_of)


_KNOWN = """
select case_key from forecasts
where jurisdiction_id = :city and shown_on = 'page' and shown_at >= :since
"""
_ADD = """
insert into forecasts
    (jurisdiction_id, case_key, shown_on, shown_at, rev, service_id, days_50, days_90)
values (:city, :case, :place, :at, :rev, :service, :half, :most) on conflict do nothing
"""
_SHOWN = """
select case_key, shown_on, shown_at, service_id, days_50, days_90 from forecasts
where jurisdiction_id = :city and shown_at >= :since order by shown_at, case_key
"""
_NEW = """
select id, service, neighborhood from cases
where first_shown_at >= ? and opened_at >= first_shown_at - ? order by id
"""
_IMPOSSIBLE = CONTRADICTIONS["closed_in_future"]
_SHOWN_CASES = """
    with shown as (
        select unnest(?::bigint[]) as id, unnest(?::varchar[]) as place,
            unnest(?::bigint[]) as shown_at, unnest(?::integer[]) as shown_service,
            unnest(?::integer[]) as days_50, unnest(?::integer[]) as days_90
    ), public as (select * from shown join cases using (id))
"""
_TOTALS = "select count(*) filter (days_50 is null), min(shown_at) from public"
_JUDGE = f"""
    , marks as (
        select *, 50 as pct, days_50 as days from public
        union all select *, 90, days_90 from public
    ), due as (
        select shown_service, opened_month, place, pct,
            opened_at + days * {DAY} as due_at,
            status = 2 and closed_at <= opened_at + days * {DAY} as is_kept
        from marks
        where days is not null and opened_at + days * {DAY} > shown_at
            and (status < 2 or (closed_at >= opened_at and contradictions & {_IMPOSSIBLE} = 0))
    )
    select shown_service, opened_month, place, pct,
        count(*) filter (due_at <= $as_of), count(*) filter (due_at <= $as_of and is_kept),
        count(*) filter (due_at > $as_of)
    from due group by all order by 1, 2, 3, 4
"""
