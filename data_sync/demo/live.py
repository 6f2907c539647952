"""The demo city lives on: cases arrive, are routed, taken, noted, closed and sometimes reopened.

Everything goes through the desk's own actions, at the rates of the figures: about 110 cases a day,
by hour of the week; an open case is closed with the chance that its type's measured curve gives.
By day crews also add notes, so that visitors see a change about once a minute; at night the city
sleeps.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from operator import itemgetter

import numpy as np
from sqlalchemy import ColumnElement, Engine, Row, func, or_, select
from sqlalchemy.exc import DBAPIError

from data_sync.demo import texts
from data_sync.demo.figures import Figures
from data_sync.demo.generate import CASES_PER_DAY, ServiceWriter, draw_cases, home_queue
from data_sync.demo.times import HOUR, WEEK_HOURS, Clock
from data_sync.desk import store
from data_sync.desk.errors import DeskError
from data_sync.desk.models import Case
from data_sync.desk.records import DeskCase, NewCase
from portal import logs

LONGEST_GAP = timedelta(days=60)
"""After a longer break nothing happened in the time before that."""
WRITTEN_AT_ONCE_AFTER = timedelta(hours=2)
"""Older cases of a gap are stored as they are now, without each step."""
NOTED_DAYS = 0.1  # of a gap: no one would read older notes
NOTES_PER_DAY = 330.0
REOPENED_PER_DAY = 0.6
TAKEN_HOURS = 40.0  # mean time until someone starts on a case …
TAKEN_UNTIL = 10 * 24.0  # … which happens in the first days or not at all
ROUTED_AFTER_SECONDS = 240
LEFT_ALONE = timedelta(minutes=10)
"""How long the invented staff leave a visitor's report to the visitor, who may want to close it."""
RESIDENT = "resident"
STAFF = "staff"

COLUMNS = (Case.request_id, Case.service_code, Case.status, Case.requested_at, Case.updated_at)

log = logs.get_logger(__name__)

Now = Callable[[], datetime]
Event = tuple[float, Callable[[datetime], None]]
"""A time in epoch seconds, and what happens then."""
Deed = tuple[Row, Callable[..., None]]
"""A case, and what staff do with it."""


def live_forever(
    engine: Engine, figures: Figures, stop: threading.Event, clock: Now, pause_seconds: float
) -> None:
    """Live on from now until `stop` is set. `clock` gives the time, aware UTC.

    If the database is locked, the next round tries again.
    """
    since = clock()
    rng = np.random.default_rng(int(since.timestamp()))
    while not stop.wait(pause_seconds):
        now = clock()
        try:
            live_events(engine, figures, now, since, rng)
            since = max(since, now)
        except DBAPIError:
            log.exception("demo desk not written", reason=f"tries again in {pause_seconds} s")


def live_events(
    engine: Engine, figures: Figures, now: datetime, since: datetime, rng: np.random.Generator
) -> int:
    """Make everything happen that happens between since and now; returns how many things.

    Nothing if now is not after since. Of a gap of days at most LONGEST_GAP is lived; its older
    cases are stored as they are now, and crews' notes are written for its last hours only.
    """
    since = max(since, now - LONGEST_GAP)
    clock = Clock.between(int(since.timestamp()), int(now.timestamp()))
    if now.timestamp() - since.timestamp() < 1:
        return 0
    arrived = list(draw_cases(figures, clock, _arrivals(figures, clock, rng), rng))
    old = [case for case in arrived if case.requested_at < now - WRITTEN_AT_ONCE_AFTER]
    changes = sorted(_changes_of_open_cases(engine, figures, clock, rng), key=itemgetter(0))
    happened = store.add_cases(engine, _numbered(engine, old)) if old else 0
    happened += sum(_arrive(engine, figures, case) for case in arrived[len(old) :])
    return happened + sum(_happens(at, act) for at, act in changes)


def find_last_change(engine: Engine) -> datetime | None:
    """Time of the desk's newest change; None if it is empty."""
    with engine.connect() as connection:
        at = connection.execute(select(func.max(Case.updated_at))).scalar()
    return None if at is None else datetime.fromtimestamp(at, UTC)


def _arrivals(figures: Figures, clock: Clock, rng: np.random.Generator) -> np.ndarray:
    """How many cases of each service arrive in the span."""
    expected = [
        clock.cases_per_hour(figures, service, CASES_PER_DAY).sum() for service in figures.services
    ]
    return rng.poisson(expected)


def _arrive(engine: Engine, figures: Figures, case: DeskCase) -> int:
    """Report a drawn case and take it step by step to its present state; how many steps."""
    new = _as_reported(case)
    request_id = store.report_case(engine, new, now=case.requested_at, actor=RESIDENT)
    steps = _steps_to_now(engine, figures, case, request_id)
    return 1 + sum(_happens(at, partial(_as_staff, act)) for at, act in steps)


def _as_reported(case: DeskCase) -> NewCase:
    return NewCase(
        service_code=case.service_code,
        description=case.description,
        address=case.address,
        lat=case.lat,
        lon=case.lon,
        channel=case.channel,
        media_url=case.media_url,
        is_public=case.is_public,
    )


def _steps_to_now(
    engine: Engine, figures: Figures, case: DeskCase, request_id: str
) -> Iterator[tuple[float, Callable[..., None]]]:
    """What staff did with the case since it came, and when."""
    service = next(service for service in figures.services if service.code == case.service_code)
    updated_at = case.updated_at.timestamp()
    if case.closed_at is not None:
        close = partial(store.close_case, engine, request_id, case.closure_reason)
        yield case.closed_at.timestamp(), partial(close, photo=case.closed_media_url)
    elif case.queue != home_queue(service):
        routed_at = min(case.requested_at.timestamp() + ROUTED_AFTER_SECONDS, updated_at)
        yield routed_at, partial(store.move_to_queue, engine, request_id, case.queue)
    if case.status == "in_progress":
        yield updated_at, partial(store.take_case, engine, request_id)


def _changes_of_open_cases(
    engine: Engine, figures: Figures, clock: Clock, rng: np.random.Generator
) -> Iterator[Event]:
    """What staff do in the span with cases that were there before it."""
    # 1 on a week's average, 3 at ten in the morning, almost 0 at night.
    office = figures.closing_hours[clock.week_hour] * WEEK_HOURS * clock.parts
    hours = office.sum()
    cases = _open_cases(engine, clock)
    closing = _closing(figures, cases, clock, hours / clock.parts.sum(), rng)
    moments = iter(clock.draw(office + 1e-12, 4 * len(cases) + 100, rng).tolist())
    ended = [case for case, closes in zip(cases, closing, strict=True) if closes]
    left = [case for case, closes in zip(cases, closing, strict=True) if not closes]
    acts = chain(
        _closings(engine, figures, ended, rng),
        _works(engine, left, clock, hours, rng),
        _reopenings(engine, clock, hours / 24, rng),
    )
    for case, act in acts:
        yield _at(next(moments), case, act)


def _closings(
    engine: Engine, figures: Figures, cases: list[Row], rng: np.random.Generator
) -> Iterator[Deed]:
    writers = {service.code: ServiceWriter(figures, service) for service in figures.services}
    for case in cases:
        photo, reason = writers[case.service_code].ending(*rng.random(2))
        yield case, partial(store.close_case, engine, case.request_id, reason, photo=photo)


def _works(
    engine: Engine, cases: list[Row], clock: Clock, office_hours: float, rng: np.random.Generator
) -> Iterator[Deed]:
    """Cases that are taken, and notes on those at work."""
    for case in _some(_waiting(cases, clock), 1 - np.exp(-office_hours / TAKEN_HOURS), rng):
        yield case, partial(store.take_case, engine, case.request_id)
    worked_on = [case for case in cases if case.status == "in_progress"]
    notes = rng.poisson(NOTES_PER_DAY * min(office_hours / 24, NOTED_DAYS))
    for case in _any(worked_on, notes, rng):
        words = str(rng.choice(texts.WORK_NOTES))
        yield case, partial(store.add_note, engine, case.request_id, words, is_public=True)


def _reopenings(
    engine: Engine, clock: Clock, days: float, rng: np.random.Generator
) -> Iterator[Deed]:
    for case in _any(_just_closed(engine, clock), rng.poisson(REOPENED_PER_DAY * days), rng):
        yield case, partial(store.reopen_case, engine, case.request_id, "It is not fixed.")


def _may_be_touched(clock: Clock) -> ColumnElement[bool]:
    """Not a report that came from the portal and has just changed."""
    return or_(
        Case.external_reference == "", Case.updated_at <= clock.now - LEFT_ALONE.total_seconds()
    )


def _open_cases(engine: Engine, clock: Clock) -> list[Row]:
    is_open = Case.status != "closed"
    query = select(*COLUMNS).where(is_open, _may_be_touched(clock)).order_by(Case.request_id)
    with engine.connect() as connection:
        return list(connection.execute(query))


def _just_closed(engine: Engine, clock: Clock) -> list[Row]:
    closed = select(*COLUMNS).where(Case.status == "closed", _may_be_touched(clock))
    with engine.connect() as connection:
        return list(connection.execute(closed.order_by(Case.updated_at.desc()).limit(200)))


def _closing(
    figures: Figures, cases: list[Row], clock: Clock, busy: float, rng: np.random.Generator
) -> np.ndarray:
    """Which open cases close in the span: by their type's curve, given that they are still open.

    More of them close while the city is busy.
    """
    closing = np.zeros(len(cases), dtype=bool)
    codes = np.array([case.service_code for case in cases])
    opened = np.array([case.requested_at for case in cases], dtype=float)
    for service in figures.services:
        mine = np.nonzero(codes == service.code)[0]
        before = service.closed_share(np.maximum(0, clock.since - opened[mine]) / HOUR)
        after = service.closed_share(np.maximum(0, clock.now - opened[mine]) / HOUR)
        chance = (after - before) / np.maximum(1 - before, 1e-9) * busy
        closing[mine] = rng.random(len(mine)) < chance
    return closing


def _waiting(cases: list[Row], clock: Clock) -> list[Row]:
    """Open cases of the last days that no one has taken."""
    return [
        case
        for case in cases
        if case.status == "open" and clock.now - case.requested_at < TAKEN_UNTIL * HOUR
    ]


def _some(cases: list[Row], chance: float, rng: np.random.Generator) -> list[Row]:
    return [
        case for case, drawn in zip(cases, rng.random(len(cases)), strict=True) if drawn < chance
    ]


def _any(cases: list[Row], count: int, rng: np.random.Generator) -> list[Row]:
    """At most `count` different cases."""
    picked = rng.permutation(len(cases))[:count]
    return [cases[index] for index in picked]


def _at(moment: float, case: Row, act: Callable[..., None]) -> Event:
    """Something staff do with a case, never before its last change."""
    return max(moment, case.updated_at), partial(_as_staff, act)


def _as_staff(act: Callable[..., None], now: datetime) -> None:
    act(actor=STAFF, now=now)


def _happens(at: float, act: Callable[[datetime], None]) -> int:
    """Do it; 0 if the desk refuses because a person at the desk was faster."""
    try:
        act(datetime.fromtimestamp(at, UTC))
    except DeskError:
        return 0
    return 1


def _numbered(engine: Engine, cases: list[DeskCase]) -> Iterator[DeskCase]:
    """The cases with ids that continue those the desk has given."""
    last: dict[str, int] = {}
    for case in cases:
        year = case.requested_at.astimezone(UTC).strftime("%y")
        if year not in last:
            last[year] = _last_number(engine, year)
        last[year] += 1
        yield replace(case, request_id=f"{year}-{last[year]:08d}")


def _last_number(engine: Engine, year: str) -> int:
    of_year = Case.request_id.between(f"{year}-0", f"{year}-9~")
    with engine.connect() as connection:
        newest = connection.execute(select(func.max(Case.request_id)).where(of_year)).scalar()
    return int(newest.split("-")[1]) if newest else 0
