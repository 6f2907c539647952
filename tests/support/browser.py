"""Headless Chromium as every browser test starts it: talking to nobody by itself."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page, Response

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
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


# Pages that are read are painted first and fetch their scripts then (assets/shared-starter.js); those of forms have them at once.
SCRIPTS_ARE_THERE = """() => !document.getElementById("later")
  || Boolean(window.portal && (portal.showNewer || !document.querySelector(".map-pane")))"""


def touch(page: Page) -> None:
    """Touch the page, as anybody would who wants the live map."""
    page.mouse.move(200, 180)
    page.mouse.move(202, 182)


def wait_until(page: Page, happened: Callable[[], bool], seconds: float = PATIENT_SECONDS) -> None:
    """Wait for something seen outside the page. Raises AssertionError after `seconds`."""
    ends_at = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < ends_at, "it did not happen"
        page.wait_for_timeout(20)


def goto(page: Page, address: str) -> Response | None:
    """Go to a page and wait until its scripts run, as somebody does who looks before touching."""
    answer = page.goto(address)
    page.wait_for_function(SCRIPTS_ARE_THERE)
    return answer
