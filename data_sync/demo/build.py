"""Fill a work-order desk with the demo city, or bring the one that is in it up to date."""

from __future__ import annotations

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


def build_demo(desk_engine: Engine, photo_dir: Path, now: datetime) -> int:
    """Fill an empty desk with services, questions, drawn photos and 18 months of cases.

    A desk that has cases is only brought up to date. Returns how many cases it has.
    """
    figures = load_figures()
    write_photos(photo_dir)
    store.add_services(desk_engine, [*list_services(figures), *WITHOUT_CASES])
    for service_code, asked in QUESTIONS.items():
        set_questions(desk_engine, service_code, asked)
    since = find_last_change(desk_engine)
    if since is None:
        return store.add_cases(desk_engine, generate_cases(figures, now=now))
    live_events(desk_engine, figures, now, since, np.random.default_rng(int(now.timestamp())))
    return store.count_cases(desk_engine)
