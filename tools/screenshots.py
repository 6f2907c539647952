"""`make screenshots`: the pictures of docs/screenshots.

Always the same city at the same time, so a picture only changes when its page does. Every page on
a phone and on a desktop, light and dark, untouched. Needs Chromium.
"""

from __future__ import annotations

import io
import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Route, sync_playwright
from werkzeug.serving import make_server

from app import create_app
from portal.context import Portal
from tests.support.browser import FLAGS, require_chromium
from tools.shown_city import MOMENT, shown_portal
from tools.shown_forms import walked_pages, walked_portal
from tools.shown_pages import Shown, client_of, shown_pages

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
SCREENS: dict[str, dict[str, Any]] = {
    "phone": {
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 2,
        "has_touch": True,
        "is_mobile": True,
    },
    "desktop": {"viewport": {"width": 1280, "height": 900}},
}
THEMES = ("light", "dark")
TALLEST = {"phone": 1_400, "desktop": 1_400}
"""CSS pixels; of a longer page the picture shows the top."""
WALKED = (
    "report-where",
    "report-what",
    "report-similar",
    "report-public",
    "report-check",
    "staff-queue",
    "staff-case",
)
"""The pages behind forms that get a picture."""
MAX_BYTES = 4_500_000
QUALITY = 70


def main() -> int:
    """Take all pictures; exit 1 if they are too large together for a repository."""
    portal = shown_portal()
    pages = shown_pages(client_of(portal))
    with walked_portal() as copy:
        walked = {name: page for name, page in walked_pages(copy).items() if name in WALKED}
    pages += [Shown(name, f"/walked/{name}") for name in walked]
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright, run_server(portal) as site:
        browser = playwright.chromium.launch(
            executable_path=require_chromium(), args=[*FLAGS, "--font-render-hinting=none"]
        )
        written = [
            file
            for screen in SCREENS
            for theme in THEMES
            for file in take_pictures(browser, site, pages, walked, screen, theme)
        ]
        browser.close()
    portal.close()
    for old in set(FOLDER.glob("*.webp")) - set(written):
        old.unlink()
    total = sum(file.stat().st_size for file in written)
    print(
        f"{len(written)} pictures, {total / 1e6:.1f} MB, in {FOLDER.relative_to(FOLDER.parents[1])}"
    )
    return 0 if total < MAX_BYTES else 1


@contextmanager
def run_server(portal: Portal) -> Iterator[str]:
    """Serve the pages at the shown time; yields their address."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server(
        "127.0.0.1",
        0,
        create_app(portal.settings, portal, clock=MOMENT.timestamp).server,
        threaded=True,
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def take_pictures(
    browser: Browser, site: str, pages: list[Shown], walked: dict[str, str], screen: str, theme: str
) -> Iterator[Path]:
    """A file for each page, on one screen in one theme. `walked` are ready pages, by name."""
    context = browser.new_context(
        **SCREENS[screen],
        color_scheme=theme,
        reduced_motion="reduce",
        locale="en-US",
        service_workers="block",
    )  # pyright: ignore[reportArgumentType]
    context.route("**/*", lambda route: refuse_other_hosts(route, site))
    context.route(
        "**/walked/*",
        lambda route: route.fulfill(
            body=walked[route.request.url.rpartition("/")[2]], content_type="text/html"
        ),
    )
    page = context.new_page()
    page.clock.set_fixed_time(MOMENT)
    for shown in pages:
        page.goto(site + shown.path, wait_until="networkidle")
        height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST[screen])
        clip = {
            "x": 0,
            "y": 0,
            "width": SCREENS[screen]["viewport"]["width"],
            "height": max(height, SCREENS[screen]["viewport"]["height"]),
        }
        taken = page.screenshot(clip=clip, full_page=True)  # pyright: ignore[reportArgumentType]
        yield store_picture(taken, FOLDER / f"{shown.name}-{screen}-{theme}.webp")
    context.close()


def refuse_other_hosts(route: Route, site: str) -> None:
    """Keep pictures from asking other hosts, and tall ones from starting the map."""
    if route.request.url.startswith(site) and "/_dash" not in route.request.url:
        route.continue_()
    else:
        route.abort()


def store_picture(png: bytes, file: Path) -> Path:
    """Store the picture as WebP: a quarter of the PNG."""
    Image.open(io.BytesIO(png)).save(file, "WEBP", quality=QUALITY, method=6)
    return file


if __name__ == "__main__":
    sys.exit(main())
