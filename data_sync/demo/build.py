"""Fill a work-order desk with the demo city, or bring the one that is in it up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from data_sync.demo.figures import load_figures
from data_sync.demo.generate import generate_cases, list_services
from data_sync.demo.live import find_last_change, live_events
from data_sync.demo.photos import write_photos
from data_sync.demo.questions import QUESTIONS, WITHOUT_CASES
from data_sync.desk import store
from data_sync.desk.questions import set_questions
from data_sync.desk.records import DeskCase
from portal.first_start.building import CASES, Made

TOLD_EVERY_CASES = 1_000
Tell = Callable[[Made], None]


def build_demo(
    desk_engine: Engine, photo_dir: Path, now: datetime, tell: Tell = lambda _made: None
) -> int:
    """Fill an empty desk with services, questions, drawn photos and 18 months of cases.

    A desk that has cases is only brought up to date. `tell` hears how far it is. Returns how many
    cases it has.
    """
    figures = load_figures()
    write_photos(photo_dir)
    store.add_services(desk_engine, [*list_services(figures), *WITHOUT_CASES])
    for service_code, asked in QUESTIONS.items():
        set_questions(desk_engine, service_code, asked)
    since = find_last_change(desk_engine)
    if since is None:
        made = generate_cases(figures, now=now, count=CASES)
        store.add_cases(desk_engine, _tell_of(made, tell))
    else:
        live_events(desk_engine, figures, now, since, np.random.default_rng(int(now.timestamp())))
    cases = store.count_cases(desk_engine)
    tell(Made(cases, store.count_cases(desk_engine, are_public=True)))
    return cases


def _tell_of(cases: Iterable[DeskCase], tell: Tell) -> Iterator[DeskCase]:
    for number, case in enumerate(cases):
        if number % TOLD_EVERY_CASES == 0:
            tell(Made(number))
        yield case
