"""The city lives on at the measured rates, through the desk's actions, and breaks nothing."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, text

from data_sync.demo.build import build_demo
from data_sync.demo.figures import Figures
from data_sync.demo.live import (
    LONGEST_GAP,
    _reopenings,
    find_last_change,
    live_events,
    live_forever,
)
from data_sync.demo.times import Clock
from data_sync.desk import store
from data_sync.desk.records import DeskCase, NewCase
from portal.first_start.building import Made
from tests.demo.conftest import CITY_NOON


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def ask(desk: Engine, question: str) -> list:
    with desk.connect() as connection:
        return list(connection.execute(text(question)))


def number(desk: Engine, question: str) -> int:
    return ask(desk, question)[0][0]


def contradictions(desk: Engine, now: datetime) -> int:
    return number(
        desk,
        f"""select count(*) from cases where updated_at < requested_at
            or updated_at > {int(now.timestamp())} or closed_at < requested_at
            or (closed_at is null) <> (status <> 'closed')
            or (closure_reason = '') <> (status <> 'closed')""",
    )


def test_nothing_happens_in_no_time(lively_desk: Engine, figures: Figures):
    assert live_events(lively_desk, figures, CITY_NOON, CITY_NOON, rng()) == 0
    assert live_events(lively_desk, figures, CITY_NOON, CITY_NOON + timedelta(hours=1), rng()) == 0
    assert store.count_cases(lively_desk) == 5_000
    assert ask(lively_desk, "select * from history") == []


def test_day_brings_about_a_hundred_and_ten_cases_and_keeps_the_desk_consistent(
    lively_desk: Engine, figures: Figures
):
    now = CITY_NOON + timedelta(days=7)
    live_events(lively_desk, figures, now, CITY_NOON, rng())
    assert store.count_cases(lively_desk) - 5_000 == pytest.approx(7 * 110, rel=0.2)
    assert contradictions(lively_desk, now) == 0
    assert number(lively_desk, "select count(distinct request_id) from cases") == store.count_cases(
        lively_desk
    )
    assert (
        number(lively_desk, f"select min(at) from history where at < {int(CITY_NOON.timestamp())}")
        is None
    )


def test_living_in_small_steps_uses_every_verb(lively_desk: Engine, figures: Figures):
    now, generator = CITY_NOON, rng()
    for _ in range(24):
        live_events(lively_desk, figures, now + timedelta(minutes=10), now, generator)
        now += timedelta(minutes=10)
    verbs = dict(ask(lively_desk, "select verb, count(*) from history group by verb"))
    assert {"reported", "taken", "noted", "closed", "moved"} <= set(verbs)
    assert (
        sum(verbs.values()) >= 4 * 40
    )  # four afternoon hours of a working day: two changes in three minutes at least
    assert contradictions(lively_desk, now) == 0


def test_open_cases_close_at_the_measured_pace(
    desk: Engine, figures: Figures, city: list[DeskCase]
):
    cart = next(service for service in figures.services if service.name == "Recycling Cart")
    blank = next(case for case in city if case.service_code == cart.code and case.status == "open")
    store.add_cases(
        desk,
        [
            replace(blank, request_id=f"26-{n:08d}", requested_at=CITY_NOON, updated_at=CITY_NOON)
            for n in range(1, 501)
        ],
    )
    live_events(desk, figures, CITY_NOON + timedelta(days=7), CITY_NOON, rng())
    closed = number(
        desk, "select count(*) from cases where request_id <= '26-00000500' and status = 'closed'"
    )
    assert closed / 500 == pytest.approx(
        float(cart.closed_share(np.array([7 * 24.0]))[0]), abs=0.08
    )


def report_from_the_portal(desk: Engine, figures: Figures, count: int) -> None:
    """Cases of a type that is closed quickly, as the portal sends them."""
    quick = max(figures.services, key=lambda service: service.closed_share(np.array([24.0]))[0])
    for n in range(count):
        new = NewCase(quick.code, external_reference=f"K7M3-{n:03}", channel="Web")
        store.report_case(desk, new, now=CITY_NOON, actor="resident")


def test_the_invented_staff_leave_a_visitor_s_report_alone_for_ten_minutes(
    desk: Engine, figures: Figures
):
    report_from_the_portal(desk, figures, 100)
    generator, now = rng(), CITY_NOON
    of_portal = (
        "select count(*) from cases where external_reference <> '' and updated_at <> requested_at"
    )
    for _ in range(9):
        live_events(desk, figures, now + timedelta(minutes=1), now, generator)
        now += timedelta(minutes=1)
    assert number(desk, of_portal) == 0
    live_events(desk, figures, now + timedelta(hours=4), now, generator)
    assert number(desk, of_portal) > 0


def test_what_a_visitor_has_just_closed_is_not_opened_again_by_the_invented_staff(
    desk: Engine, figures: Figures
):
    report_from_the_portal(desk, figures, 20)
    for (request_id,) in ask(desk, "select request_id from cases"):
        store.close_case(desk, request_id, "Fixed", actor="visitor", now=CITY_NOON)
    clock = Clock.between(int(CITY_NOON.timestamp()), int(CITY_NOON.timestamp()) + 599)
    later = Clock.between(int(CITY_NOON.timestamp()), int(CITY_NOON.timestamp()) + 610)
    assert list(_reopenings(desk, clock, 1_000, rng())) == []
    assert len(list(_reopenings(desk, later, 1_000, rng()))) == 20


def test_gap_of_a_year_is_lived_for_its_last_sixty_days(lively_desk: Engine, figures: Figures):
    now = CITY_NOON + timedelta(days=365)
    live_events(lively_desk, figures, now, CITY_NOON, rng())
    new = f"select min(requested_at) from cases where requested_at > {int(CITY_NOON.timestamp())}"
    assert number(lively_desk, new) >= (now - LONGEST_GAP).timestamp()
    assert contradictions(lively_desk, now) == 0


def test_new_year_starts_its_numbers_anew_and_none_comes_twice(
    lively_desk: Engine, figures: Figures
):
    live_events(lively_desk, figures, CITY_NOON + timedelta(days=45), CITY_NOON, rng())
    first = number(lively_desk, "select min(request_id) from cases where request_id > '27'")
    assert first == "27-00000001"


def test_life_ends_when_it_is_told_to(lively_desk: Engine, figures: Figures):
    stop, seconds = threading.Event(), iter(range(0, 100_000, 600))

    def clock() -> datetime:
        moment = CITY_NOON + timedelta(seconds=next(seconds))
        if moment > CITY_NOON + timedelta(hours=1):
            stop.set()
        return moment

    live_forever(lively_desk, figures, stop, clock, 0.0)
    assert number(lively_desk, "select count(*) from history") > 0


def test_building_fills_an_empty_desk_and_catches_up_a_full_one(desk: Engine, tmp_path: Path):
    photo_dir = tmp_path / "photos"
    told: list[Made] = []
    assert build_demo(desk, photo_dir, CITY_NOON, told.append) == 60_000
    *on_the_way, at_last = told
    assert [made.cases for made in on_the_way] == list(range(0, 60_000, 1_000))
    public = number(desk, "select count(*) from cases where is_public")
    assert at_last == Made(60_000, public)
    assert len(list(photo_dir.iterdir())) == 72
    assert contradictions(desk, CITY_NOON) == 0
    tomorrow = CITY_NOON + timedelta(days=1)
    assert 60_050 < build_demo(desk, photo_dir, tomorrow) < 60_200
    assert find_last_change(desk) > CITY_NOON
    assert contradictions(desk, tomorrow) == 0


def test_empty_desk_has_no_last_change(desk: Engine):
    assert find_last_change(desk) is None
