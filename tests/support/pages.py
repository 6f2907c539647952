"""Pages of Smallville on SQLite; a test that wants both databases asks for `database` itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import pytest
from flask.testing import FlaskClient

from app import PortalDash, create_app
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.facts import publish as facts_publish
from portal.photos.pipeline import AT_ONCE, IN_LINE, QUEUE
from portal.settings import Settings


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def app(settings: Settings, portal: Portal) -> PortalDash:
    return create_app(settings, portal)


@pytest.fixture
def client(app: PortalDash) -> FlaskClient:
    return app.server.test_client()


@pytest.fixture
def publish(portal: Portal, city: Jurisdiction) -> Callable[[], None]:
    """Publish the facts of the cases stored so far, as the sync does after each run."""

    def now() -> None:
        facts_publish.update(portal.core, city, portal.facts_folder)

    return now


@pytest.fixture
def add_pothole(add_case: Callable[..., str]) -> Callable[..., str]:
    """add_pothole(note="Deep") stores case 101005512345, open at 12 Adams St in Roxbury."""
    place = {"neighborhood": "Roxbury", "address": "12 Adams St"}
    return partial(add_case, "101005512345", opened="2026-11-20", **place)


@pytest.fixture
def add_graffiti(add_case: Callable[..., str]) -> Callable[..., str]:
    """add_graffiti() stores case 101005512346 in Dorchester, closed after a day."""
    days = {"opened": "2026-11-21", "closed": "2026-11-22"}
    return partial(add_case, "101005512346", service="Graffiti", neighborhood="Dorchester", **days)


@pytest.fixture
def crowd() -> Iterator[None]:
    """As many photos being drawn, and standing in line, as there may be."""

    def stand_in_line() -> None:
        with QUEUE.take_turn():
            pass

    lined_up = [threading.Thread(target=stand_in_line) for _ in range(IN_LINE)]
    with ExitStack() as drawn:
        for _ in range(AT_ONCE):
            drawn.enter_context(QUEUE.take_turn())
        for other in lined_up:
            other.start()
        while QUEUE._there._value:
            time.sleep(0.001)
        yield
    for other in lined_up:
        other.join()
