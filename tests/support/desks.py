"""The built-in work-order desk: its database, its application, and talk with it over no network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from flask import Flask
from sqlalchemy import Engine
from werkzeug.test import TestResponse

from data_sync.desk.models import open_desk
from data_sync.desk.records import DeskService
from data_sync.desk.server import create_desk
from data_sync.desk.store import add_services
from data_sync.reading.base import Answer

DESK_URL = "http://127.0.0.1:4321"


def potholes(code: str) -> DeskService:
    """The one service of a small desk, by this code."""
    return DeskService(code, "Pothole", "Streets", "A hole.", "Public Works", "Highway", 48)


@contextmanager
def desk_with(folder: Path, services: Sequence[DeskService]) -> Iterator[Engine]:
    """A new desk's database that knows these services, as long as it is needed."""
    engine = open_desk(folder / "desk.sqlite")
    add_services(engine, list(services))
    yield engine
    engine.dispose()


def desk_app(
    desk: Engine,
    folder: Path,
    now: Callable[[], datetime],
    api_keys: tuple[str, ...] = (),
    public_url: str = DESK_URL,
) -> Flask:
    """The desk's pages and its Open311; photos are in the folder's "photos"."""
    return create_desk(
        desk,
        public_url=public_url,
        api_keys=api_keys,
        photo_dir=folder / "photos",
        secret_key="test",
        now=now,
    )


def as_answer(response: TestResponse, url: str) -> Answer:
    """What the desk said, as the network hands it over."""
    return Answer(
        response.status_code, response.content_type, response.data, url, dict(response.headers)
    )
