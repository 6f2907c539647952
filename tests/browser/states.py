"""The pages and states that tests of the whole portal go through, and what is checked on each."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.conftest import NO_PLACE, ODD_TEXT, Visitor
from tests.support.addresses import PLACES_AND_SEARCH

STATES = (
    "/",
    "/cases",
    "/cases?status=open&neighborhood=northside",
    "/cases?photo=no&sort=oldest",
    "/cases?sort=closest&lat=42.33&lon=-71.07",
    "/cases?q=zzzz",
    "/cases/101005510004",
    "/cases/101005510003",
    f"/cases/{NO_PLACE}",
    f"/cases/{ODD_TEXT}",
    *PLACES_AND_SEARCH,
    "/search?q=adams",
    "/search?q=zzzz",
    "/status",
    "/data",
    "/changes",
    "/performance",
    "/performance?neighborhood=northside",
    "/performance/report/2026-11",
    "/performance/repeats",
    "/performance/briefing",
    "/performance/neighborhoods",
    "/performance/compare",
    "/performance/compare?neighborhood=northside,southside",
    "/performance/forecasts",
    "/data/columns",
    "/data/counting",
    "/developers",
    "/performance/equity",
    "/performance/changes",
    "/cases?status=odd",
    "/nowhere",
)


def open_menu(page: Page) -> None:
    """Open the menu, which hides the links where the header has no room for them."""
    menu = page.get_by_role("banner").locator("summary:visible")
    if menu.count():
        menu.first.click()


def violations(visitor: Visitor) -> list[str]:
    """What axe finds wrong with the page as it stands."""
    found = Axe().run(visitor.page).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def real_complaints(visitor: Visitor) -> list[str]:
    """What the browser complained about, but for the refusals we asked for."""
    return [text for text in visitor.complaints if "404" not in text and "400" not in text]
