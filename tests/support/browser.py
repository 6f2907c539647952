"""Headless Chromium as every browser test starts it: talking to nobody by itself."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page, Response

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SHELL = "/usr/bin/chromium-headless-shell"
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
ONLY_OURS = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
"""The browser finds no other host."""
PATIENT_SECONDS = 90
"""How long to wait for what is to happen: on a busy machine it takes its time."""
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


def require_chromium() -> str:
    """Chromium's path. Raises FileNotFoundError that says how to name one."""
    if not Path(CHROMIUM).exists():
        raise FileNotFoundError(
            f"no browser at {CHROMIUM}; install chromium or name one in CHROMIUM"
        )
    return CHROMIUM


def fast_chromium() -> str:
    """The path of Chromium without windows, tabs and menus, where it is installed.

    It takes half the time, and has no Background Sync.
    """
    return SHELL if "CHROMIUM" not in os.environ and Path(SHELL).exists() else require_chromium()


# Pages to read are painted first and then fetch their scripts (assets/shared-starter.js); forms
# have them at once.
SCRIPTS_ARE_THERE = """() => !document.getElementById("later")
  || Boolean(window.portal && (portal.showNewer || !document.querySelector(".map-pane")))"""


def touch(page: Page) -> None:
    """Touch the page, as anybody would who wants the live map."""
    page.mouse.move(200, 180)
    page.mouse.move(202, 182)


def wait_until(page: Page, happened: Callable[[], bool], seconds: float = PATIENT_SECONDS) -> None:
    """Wait for something seen outside the page, or in it. Raises AssertionError after `seconds`."""
    ends_at = time.monotonic() + seconds
    while not _is_so(happened):
        assert time.monotonic() < ends_at, "it did not happen"
        page.wait_for_timeout(20)


def _is_so(happened: Callable[[], bool]) -> bool:
    """Whether it happened; False in the moment between two pages, when neither can be asked."""
    from playwright.sync_api import Error

    try:
        return happened()
    except Error as problem:
        if "context was destroyed" in str(problem):
            return False
        raise


def beginning_with(words: str) -> re.Pattern[str]:
    """What `expect` takes for a text or an address that begins with these words."""
    return re.compile("^" + re.escape(words))


def containing(words: str) -> re.Pattern[str]:
    """What `expect` takes for an address that has these words in it."""
    return re.compile(re.escape(words))


def ending_in(words: str) -> re.Pattern[str]:
    """What `expect` takes for a text or an address that ends in these words."""
    return re.compile(re.escape(words) + "$")


def goto(page: Page, address: str) -> Response | None:
    """Go to a page and wait until its scripts run, as for people who look before they touch."""
    answer = page.goto(address)
    page.wait_for_function(SCRIPTS_ARE_THERE)
    return answer
