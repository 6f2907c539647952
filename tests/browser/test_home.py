"""The first page in a real browser: readable at once, usable without scripts and by keys alone.

Touched, it has a live map.
"""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Route, expect

from tests.browser.in_pieces import PAINTED, SHIFT, open_in_pieces
from tests.support.browser import DESKTOP, PHONE, SCRIPTS_ARE_THERE, goto, touch, wait_until

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_nothing_moves_and_no_script_of_dash_is_fetched_before_a_touch(town, site, visit, viewport):
    visitor = visit(viewport)
    goto(visitor.page, site)
    visitor.page.wait_for_timeout(700)
    assert not [path for path in visitor.asked if path.startswith(("/_dash", "/tiles"))]
    assert visitor.page.locator(".still .cluster").count() >= 4
    visitor.wake_map()
    assert visitor.page.evaluate(SHIFT) == 0


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("path", ["/", "/cases"])
def test_nothing_moves_while_the_page_comes_in_pieces(standing_site, visit, path, viewport):
    """The map shrank when the footer came; on a phone, forms were too high until the list."""
    places = ("<summary", "<main", "<h1", "<li", 'class="map-pane"', 'class="still-clusters"')
    cuts = (*places, "<footer", "</footer")
    page = visit(viewport).page
    open_in_pieces(page, standing_site, path, cuts)
    expect(page.locator(".still .cluster").first).to_be_attached()
    assert page.evaluate(SHIFT) == 0


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("path", ["/", "/cases", "/report"])
def test_nothing_moves_wherever_the_page_is_cut(standing_site, visit, path, viewport):
    """A rule by :has() came when its section was whole: the home page's panes moved by 0.17."""
    page = visit(viewport).page
    open_in_pieces(page, standing_site, path)
    assert page.evaluate(SHIFT) == 0


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("late", ["boot.js", "list.js", "map.css", "map.js", "/_dash", "/tiles/"])
def test_nothing_moves_when_a_style_a_script_or_a_tile_is_late(
    standing_site, visit, late, viewport
):
    visitor = visit(viewport)
    page = visitor.page
    held: list[Route] = []
    come = threading.Event()

    def hold(route: Route) -> None:
        route.continue_() if come.is_set() else held.append(route)

    page.route(lambda url: late in url, hold)
    page.goto(standing_site, wait_until="commit")
    if late in ("boot.js", "list.js"):
        wait_until(page, lambda: bool(held))
    else:
        page.wait_for_function(SCRIPTS_ARE_THERE)
        touch(page)
        wait_until(page, lambda: bool(held))
    page.evaluate(PAINTED)
    come.set()
    for route in held:
        route.continue_()
    page.wait_for_function(SCRIPTS_ARE_THERE)
    touch(page)
    page.wait_for_selector(".island.is-awake")
    page.evaluate(PAINTED)
    assert page.evaluate(SHIFT) == 0


TILES = """() => performance.getEntriesByType('resource')
    .filter(entry => entry.name.includes('/tiles/')).length"""


def test_the_live_map_shows_circles_that_enter_brings_closer(town, site, visit):
    visitor = visit(DESKTOP)
    goto(visitor.page, site)
    visitor.wake_map()
    circles = visitor.page.locator(".live-map .map-icon[aria-label$='zoom in']")
    circles.first.wait_for()
    assert re.fullmatch(r"[\d,]+ cases?, zoom in", circles.first.get_attribute("aria-label"))
    while circles.count():
        tiles_before = visitor.page.evaluate(TILES)
        circles.first.focus()
        visitor.page.keyboard.press("Enter")
        visitor.page.wait_for_function(f"before => ({TILES})() > before", arg=tiles_before)
        visitor.page.wait_for_load_state("networkidle")
        visitor.page.wait_for_timeout(700)  # the map comes to rest
    pins = visitor.page.locator(".live-map .map-icon:has(.pin)")
    pins.first.focus()
    visitor.page.keyboard.press("Enter")
    link = visitor.page.locator(".leaflet-popup a[href^='/cases/']")
    link.wait_for()
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url("**/cases/*")
    assert visitor.complaints == []


def test_a_circle_of_the_still_map_opens_the_live_one_there(town, site, visit):
    visitor = visit(PHONE, has_touch=True)
    goto(visitor.page, site)
    visitor.page.locator(".still .cluster").first.tap()
    visitor.page.wait_for_selector(".island.is-awake")
    assert visitor.page.url.partition("?")[0].rstrip("/") == site
    assert any(path.startswith("/tiles/") for path in visitor.asked)


def test_near_me_lists_the_closest_cases(town, site, visit):
    visitor = visit(
        PHONE, geolocation={"latitude": 42.33, "longitude": -71.07}, permissions=["geolocation"]
    )
    goto(visitor.page, site)
    visitor.page.get_by_role("link", name="Near me").click()
    visitor.page.wait_for_url("**/cases?sort=closest&lat=42.33000&lon=-71.07000")
    expect(visitor.page.locator(".case-card")).to_have_count(50)


def test_the_view_of_the_map_is_in_the_address_and_comes_back(town, site, visit):
    visitor = visit(DESKTOP)
    goto(visitor.page, site + "/cases")
    visitor.wake_map()
    visitor.page.locator(".leaflet-control-zoom-in").click()
    visitor.page.wait_for_url(re.compile(r"[?&]z="))
    kept = visitor.page.url
    goto(visitor.page, kept)
    visitor.wake_map()
    expect(visitor.page).to_have_url(kept)


def test_targets_are_large_enough_for_a_thumb(town, site, visit):
    visitor = visit(PHONE)
    goto(visitor.page, site)
    for name in ("button", ".field select", ".site-nav a", ".paging a"):
        for box in [
            part.bounding_box() for part in visitor.page.locator(name).locator("visible=true").all()
        ]:
            assert box["height"] >= 44, name


def test_newer_data_is_offered_and_nothing_moves_by_itself(town, site, visit, add_case, publish):
    visitor = visit(DESKTOP)
    visitor.page.add_init_script("window.portal = { pollEvery: 200 }")
    goto(visitor.page, site)
    first = visitor.page.locator(".case-card a").first.inner_text()
    expect(visitor.page.locator("#news")).not_to_be_visible()
    add_case("999", opened=datetime.now(UTC).isoformat(), service="Fallen Tree")
    publish()
    visitor.page.locator("#news").wait_for(state="visible")
    expect(visitor.page.locator(".case-card a").first).to_have_text(first, use_inner_text=True)
    visitor.page.locator("#news a").click()
    visitor.page.wait_for_load_state()
    expect(visitor.page.locator(".case-card").filter(has_text="Fallen Tree")).to_have_count(1)
