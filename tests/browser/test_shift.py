"""Nothing moves on any page while it comes: in pieces, with its style or its scripts late.

The home page, the list and the form are in test_home.py.
"""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import Route

from tests.browser.in_pieces import PAINTED, SHIFT, open_in_pieces
from tests.support.browser import DESKTOP, PHONE, SCRIPTS_ARE_THERE, wait_until

pytestmark = pytest.mark.browser

READ = (
    "/cases/101005510004",
    "/cases?statsu=open",
    "/places",
    "/places/northside",
    "/search?q=adams",
    "/status",
    "/offline",
)
FORMS = ("/report?lat=42.33&lon=-71.07", "/report/offline", "/staff/sign-in")
PAGES = [
    *[pytest.param(path, PHONE, id=f"{path} on a phone") for path in (*READ, *FORMS)],
    *[pytest.param(path, DESKTOP, id=f"{path} on a desk") for path in READ[:4]],
]


@pytest.mark.parametrize(("path", "viewport"), PAGES)
def test_nothing_moves_wherever_another_page_is_cut(standing_site, visit, path, viewport):
    page = visit(viewport).page
    open_in_pieces(page, standing_site, path)
    assert page.evaluate(SHIFT) == 0


@pytest.mark.parametrize("path", [*READ[:4], *FORMS, "/report"])
@pytest.mark.parametrize("late", [".css", ".js"])
def test_nothing_moves_when_all_styles_or_scripts_of_a_page_are_late(
    standing_site, visit, path, late
):
    page = visit(PHONE, has_touch=True).page
    held: list[Route] = []
    come = threading.Event()

    def hold(route: Route) -> None:
        route.continue_() if come.is_set() else held.append(route)

    page.route(lambda url: late in url, hold)
    page.goto(standing_site + path, wait_until="commit")
    if late == ".js":  # without a style that blocks it, a page is painted before
        wait_until(page, lambda: bool(held))
        page.evaluate(PAINTED)
    come.set()
    for route in held:
        route.continue_()
    page.wait_for_load_state("load")
    page.wait_for_function(SCRIPTS_ARE_THERE)
    page.evaluate(PAINTED)
    assert page.evaluate(SHIFT) == 0
