"""A real server of Smallville on a free local port, and a real browser that reaches only it."""

from __future__ import annotations

import logging
import random
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route, expect
from werkzeug.serving import make_server

from app import create_app
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.facts import publish as facts_publish
from portal.findings.keep import save_findings
from portal.settings import Settings
from tests.conftest import case_adder, prepare_store, smallville
from tests.photos.samples import exif, saved, scene
from tests.support.browser import PATIENT_SECONDS, SCRIPTS_ARE_THERE, touch
from tests.support.findings import FOUND
from tests.support.outlines import draw_outline

expect.set_options(timeout=1_000 * PATIENT_SECONDS)
LONG_NEIGHBORHOOD = "Fenway / Kenmore / Audubon Circle / Longwood and the streets behind them"
QUARTERS = {
    "Northside": (42.326, 42.348, -71.098, -71.042),
    "Southside": (42.302, 42.326, -71.098, -71.042),
}


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def publish(portal, city) -> Callable[[], None]:
    return lambda: facts_publish.update(portal.core, city, portal.facts_folder) and None


@pytest.fixture(scope="session")
def filled_town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the town, filled once; each test has a copy of it."""
    folder, city = tmp_path_factory.mktemp("town"), smallville()
    settings = Settings(data_dir=folder, secret_key="test", jurisdictions="demo")
    portal = Portal(settings, cities={city.id: city})
    prepare_store(portal)
    fill_town(portal, city)
    portal.close()
    return folder


@pytest.fixture
def town(portal: Portal, filled_town: Path) -> None:
    """The portal's store with the town in it; connections to the store before are closed."""
    portal.core.dispose()
    portal.public.dispose()
    shutil.copytree(filled_town, portal.settings.data_dir, dirs_exist_ok=True)


def fill_town(portal: Portal, city: Jurisdiction) -> None:
    """Publish 150 cases of every status, some with a note, in two quarters with outlines."""
    chance, now = random.Random(311), datetime.now(UTC)
    add_case = case_adder(portal, city)
    for n in range(150):
        quarter = "Northside" if n % 3 else "Southside"
        south, north, west, east = QUARTERS[quarter]
        opened = now - timedelta(hours=3 * n, minutes=7)
        closed = (opened + timedelta(hours=2)).isoformat() if n % 2 else None
        add_case(
            f"10100551{n:04}",
            opened=opened.isoformat(),
            closed=closed,
            service=("Pothole", "Graffiti", "Street Light Outage")[n % 3],
            neighborhood=quarter,
            department="Public Works",
            address=f"{n + 1} Adams St",
            note="Deep, at the crosswalk; cyclists swerve into traffic to get round it"
            if n % 4 == 0
            else None,
            hidden="phone" if n % 5 == 0 else None,
            target_at=int((opened + timedelta(days=5)).timestamp()),
            lat=chance.uniform(south, north),
            lon=chance.uniform(west, east),
        )
    for name, sides in QUARTERS.items():
        draw_outline(portal, city, name, sides)
    facts_publish.update(portal.core, city, portal.facts_folder)
    with portal.transaction() as connection:
        save_findings(connection, city.id, FOUND, 1, int(now.timestamp()))


@pytest.fixture
def site(settings: Settings, portal: Portal) -> Iterator[str]:
    """The address of a running server; it stops with the test."""
    with running(settings, portal) as address:
        yield address


@contextmanager
def running(settings: Settings, portal: Portal) -> Iterator[str]:
    """A server of the portal, for a while; its address."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("127.0.0.1", 0, create_app(settings, portal).server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="session")
def standing_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The town on one server, for all tests that only look; none adds a case to it.

    It also has two odd cases: one with long names and no place, one with markup in its texts.
    """
    folder = tmp_path_factory.mktemp("standing")
    settings = Settings(
        data_dir=folder / "var", secret_key="test", jurisdictions="demo", tile_url="none"
    )
    city = smallville()
    portal = Portal(settings, cities={city.id: city})
    prepare_store(portal)
    add_odd_cases(case_adder(portal, city))
    fill_town(portal, city)
    with running(settings, portal) as address:
        yield address
    portal.close()


LONG_NAME = (
    "Request for Inspection of Unsatisfactory Living Conditions and"
    " Overcrowding-Or-Consolidation of Dwellings"
)
NO_PLACE, ODD_TEXT = "101005520001", "101005520002"


def add_odd_cases(add_case: Callable[..., str]) -> None:
    """A case with long words and no place, and one with characters that browsers could act on."""
    opened = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    add_case(
        NO_PLACE, opened=opened, service=LONG_NAME, lat=None, lon=None, place_precision="none",
        neighborhood=LONG_NEIGHBORHOOD,
        note="W" * 120 + " " + "http://" + "x" * 90,
        address="INTERSECTION of Massachusetts Avenue & Commonwealth Avenue Northbound",
    )  # fmt: skip
    add_case(
        ODD_TEXT, opened=opened, closed=datetime.now(UTC).isoformat(), service="Graffiti",
        neighborhood="Southside",
        address="<b>1</b> A & B St",
        note="<script>alert(1)</script> \u202eبالعربية &amp; 😀 {number}",
        closure_reason="</textarea><img src=x onerror=alert(1)>",
        lat=42.315, lon=-71.07,
    )  # fmt: skip


class Visitor:
    """A browser window that records which addresses it asked for and what it complained about.

    It looks on and does not step in, so the browser keeps its cache, as a visitor's does.
    """

    def __init__(self, context: BrowserContext) -> None:
        self.outside: list[str] = []
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self._context = context
        context.on("request", self._note)
        self.page: Page = context.new_page()
        self.page.on(
            "console",
            lambda message: (
                self.complaints.append(message.text) if message.type == "error" else None
            ),
        )
        self.page.on("pageerror", lambda problem: self.complaints.append(str(problem)))

    def _note(self, request: Request) -> None:
        parts = urlsplit(request.url)
        self.asked.append(parts.path)
        if parts.scheme.startswith("http") and parts.hostname != "127.0.0.1":
            self.outside.append(request.url)

    def cut_off(self) -> None:
        """Let nothing through any more, as where there is no network."""
        self._context.route("**/*", _cut)

    def reconnect(self) -> None:
        """Let everything through again."""
        self._context.unroute("**/*", _cut)

    def wake_map(self) -> None:
        """Touch the page, as people do, and wait for the live map."""
        self.page.wait_for_function(SCRIPTS_ARE_THERE)
        touch(self.page)
        self.page.wait_for_selector(".island.is-awake")


def _cut(route: Route) -> None:
    route.abort("internetdisconnected")


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """visit(viewport, color_scheme=…, java_script_enabled=…) opens a new window.

    It has no service worker, whose requests a window cannot see; test_offline.py runs one.
    """
    contexts = []

    def open_window(viewport: dict[str, int], **options) -> Visitor:
        contexts.append(
            browser.new_context(viewport=viewport, **{"service_workers": "block", **options})
        )  # pyright: ignore[reportArgumentType]
        contexts[-1].set_default_timeout(1_000 * PATIENT_SECONDS)
        return Visitor(contexts[-1])

    yield open_window
    for context in contexts:
        context.close()


PLACE_OF_PHOTO = exif(lat=(42.0, 20.0, 0.0), lon=(71.0, 4.0, 12.0))


@pytest.fixture
def photo(tmp_path: Path) -> str:
    """The path of a JPEG that says where it was taken."""
    path = tmp_path / "hole.jpg"
    path.write_bytes(saved(scene(1_600, 1_200), "JPEG", exif=PLACE_OF_PHOTO))
    return str(path)
