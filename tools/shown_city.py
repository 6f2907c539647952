"""The demo city as it is shown in pictures and measured: always the same cases at the same time.

It is built once, through the desk and the sync like any city, in the folder `shown` of the data
folder.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from data_sync.demo.figures import load_figures
from data_sync.demo.followers import give_followers
from data_sync.demo.generate import generate_cases, list_services
from data_sync.demo.photos import write_photos
from data_sync.desk import store
from data_sync.desk.models import open_desk
from data_sync.desk.server import create_desk
from data_sync.pull.photos import PhotoPull
from data_sync.pull.run import sync_city
from data_sync.reading.base import Answer
from portal import jurisdictions, migrations
from portal.context import Portal
from portal.facts import publish
from portal.findings.make import make_findings
from portal.settings import Settings, settings_from_environment

CITY = "demo"
MOMENT = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
"""Monday noon by the city's clock."""
CASES = 60_000
PHOTO_ROUNDS = 4
"""A hundred photos of the newest cases."""
DESK_URL = "http://127.0.0.1:1"
"""No server answers there: requests go to the desk inside this process."""


def shown_settings() -> Settings:
    """Settings of the shown city: without street tiles, so that no picture needs another host."""
    settings = settings_from_environment()
    return settings.model_copy(
        update={
            "data_dir": settings.data_dir / "shown",
            "jurisdictions": CITY,
            "tile_url": "none",
            "database_url": "",
        }
    )


def shown_portal() -> Portal:
    """The portal of the city, which is built first if it is not there: half a minute."""
    settings = shown_settings()
    done = settings.data_dir / "done"
    if not done.exists():
        print(f"building the city to show in {settings.data_dir} …", flush=True)
        shutil.rmtree(settings.data_dir, ignore_errors=True)
        settings.data_dir.mkdir(parents=True)
        _build(settings)
        done.touch()
    portal = Portal(settings)
    migrations.upgrade(portal.core, settings)
    # A city that was built before the facts had their columns of today gets them.
    publish.update(portal.core, portal.cities[CITY], portal.facts_folder)
    make_findings(portal, portal.cities[CITY], int(MOMENT.timestamp()))
    return portal


def _build(settings: Settings) -> None:
    portal = Portal(settings)
    city = jurisdictions.load(CITY)
    fetch = _desk(settings.data_dir)
    migrations.upgrade(portal.core, settings)
    report = sync_city(portal, city, desk_url=DESK_URL, fetch=fetch, now=lambda: MOMENT)
    if report.has_failed:
        raise RuntimeError(f"the city could not be built: {report.problems}")
    pull = PhotoPull(portal, city, fetch, DESK_URL, now=lambda: MOMENT)
    for _ in range(PHOTO_ROUNDS):
        pull.fetch_round()
    publish.update(portal.core, city, portal.facts_folder)
    give_followers(portal, city, int(MOMENT.timestamp()))
    portal.close()


def _desk(folder: Path) -> Any:
    """A desk with the city's cases, as a function that answers like the network."""
    engine = open_desk(folder / "desk.sqlite")
    photos = folder / "desk-photos"
    figures = load_figures()
    write_photos(photos)
    store.add_services(engine, list_services(figures))
    store.add_cases(engine, generate_cases(figures, now=MOMENT, count=CASES))
    desk = create_desk(
        engine,
        public_url=DESK_URL,
        api_keys=(),
        photo_dir=photos,
        secret_key="shown",  # noqa: S106
        now=lambda: MOMENT,
    ).test_client()

    def fetch(url: str, params: Any = None, headers: Any = None, json: Any = None) -> Answer:
        answer = desk.get(url.removeprefix(DESK_URL), query_string=params)
        return Answer(
            answer.status_code, answer.content_type, answer.data, url, dict(answer.headers)
        )

    return fetch
