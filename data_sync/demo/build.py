"""Fill a work-order desk with the demo city, or bring the one that is in it up to date."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
from sqlalchemy import Engine

from data_sync.demo.figures import load_figures
from data_sync.demo.generate import generate_cases, services
from data_sync.demo.live import last_change, live_events
from data_sync.demo.photos import write_photos
from data_sync.demo.questions import QUESTIONS, WITHOUT_CASES
from data_sync.desk import store
from data_sync.desk.questions import set_questions


def build_demo(desk_engine: Engine, photo_dir: Path, now: datetime) -> int:
    """Services and what they ask, drawn photos, 18 months of cases into an empty desk; one that has cases is only caught up.

    Returns how many it holds.
    """
    figures = load_figures()
    write_photos(photo_dir)
    store.add_services(desk_engine, [*services(figures), *WITHOUT_CASES])
    for service_code, asked in QUESTIONS.items():
        set_questions(desk_engine, service_code, asked)
    since = last_change(desk_engine)
    if since is None:
        return store.add_cases(desk_engine, generate_cases(figures, now=now))
    live_events(desk_engine, figures, now, since, np.random.default_rng(int(now.timestamp())))
    return store.count_cases(desk_engine)
