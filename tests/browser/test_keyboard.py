"""Keys alone: a way past the header, an order that follows the page, and no trap.

The focus can always be seen, and nothing covers it.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NO_PLACE
from tests.support.browser import DESKTOP, PHONE, goto

pytestmark = pytest.mark.browser

# A stop may be marked on itself, on what is in it, or on the card around it.
FOCUSED = """() => {
    const part = document.activeElement, box = part.getBoundingClientRect();
    if (part === document.body) return null;
    const marks = [part, ...part.querySelectorAll('*'), part.closest('article, li') || part];
    const isMark = style => style.boxShadow !== 'none'
        || style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
    const isMarked = one => [null, '::before', '::after']
        .some(pseudo => isMark(getComputedStyle(one, pseudo)));
    const within = (value, most) => Math.max(1, Math.min(most - 2, value));
    const x = box.left + box.width / 2, y = box.top + box.height / 2;
    const top = document.elementFromPoint(within(x, innerWidth), within(y, innerHeight));
    const name = part.innerText || part.getAttribute('aria-label') || part.name || part.tagName;
    return {
        text: name.trim().slice(0, 60),
        html: part.outerHTML.slice(0, 120),
        place: [...document.querySelectorAll('*')].indexOf(part),
        isHidden: box.width === 0 || box.bottom <= 0 || box.top >= innerHeight
            || box.right <= 0 || box.left >= innerWidth,
        isUnmarked: !marks.some(isMarked),
        isCovered: !!top && !part.contains(top) && !top.contains(part)
            && ![...part.labels || []].some(label => label.contains(top)),
        inMap: !!part.closest('#map'),
    };
}"""
MOST_STOPS = 400


def stops(page: Page) -> list[dict[str, Any]]:
    """Every stop of the Tab key, from the top of the page until it leaves the page.

    Fails if it never does, which is a trap.
    """
    found = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None or (found and stop["place"] == found[0]["place"]):
            return found
        found.append(stop)
    raise AssertionError(f"the Tab key is still at {found[-1]['html']} after {MOST_STOPS} stops")


PAGES = (
    "/",
    "/cases",
    "/cases/101005510004",
    f"/cases/{NO_PLACE}",
    "/places",
    "/places/northside",
    "/search?q=crosswalk",
    "/status",
    "/nowhere",
)


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_focus_goes_through_every_page_in_its_order_and_is_always_seen(
    standing_site, visit, viewport
):
    page = visit(viewport).page
    page.route(
        "**/_dash-component-suites/**", lambda route: route.abort()
    )  # the live map has its own test
    for path in PAGES:
        goto(page, standing_site + path)
        found = stops(page)
        assert 'href="#main"' in found[0]["html"], f"{path}: the first stop skips to the content"
        for fault in ("isHidden", "isUnmarked", "isCovered"):
            assert [stop["html"] for stop in found if stop[fault]] == [], f"{path} {fault}"
        assert [stop["place"] for stop in found] == sorted(stop["place"] for stop in found), path


def test_the_first_stop_leads_past_the_header(standing_site, visit):
    page = visit(DESKTOP).page
    page.route("**/_dash-component-suites/**", lambda route: route.abort())
    for path in PAGES:
        goto(page, standing_site + path)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#main"), path).to_be_focused()
        page.keyboard.press("Tab")
        assert page.evaluate("!!document.activeElement.closest('main, footer')"), path


def test_a_case_is_reached_from_a_place_by_keys_alone(standing_site, visit):
    page = visit(DESKTOP).page
    goto(page, standing_site + "/places/southside")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('article a')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/1*")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Adams St", use_inner_text=True)


def tab_to(page: Page, wanted: str, back: bool = False) -> None:
    """Press Tab until `wanted`, a selector, has the focus. Fails if no key reaches it."""
    for _ in range(MOST_STOPS):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"no key reaches {wanted}")


def follow(page: Page, wanted: str, address: str) -> None:
    """Tab to a link or a button and press Enter, which leads to this address."""
    tab_to(page, wanted)
    page.keyboard.press("Enter")
    page.wait_for_url(address)


@pytest.mark.parametrize("java_script_enabled", [True, False], ids=["scripts", "no-scripts"])
def test_a_filter_is_set_and_cleared_by_keys_alone(standing_site, visit, java_script_enabled):
    page = visit(DESKTOP, java_script_enabled=java_script_enabled).page
    (goto if java_script_enabled else Page.goto)(page, standing_site + "/cases")
    tab_to(page, "#filter-status")
    page.keyboard.press("c")  # Closed
    if not java_script_enabled:  # with them the list follows at once
        follow(page, "#filter button[type=submit]", "**status=closed**")
    page.wait_for_url("**status=closed**")
    follow(page, "#filter .filter-buttons a", "**/cases")


def test_the_search_is_typed_and_a_found_case_opened_by_keys_alone(standing_site, visit):
    page = visit(DESKTOP).page
    goto(page, standing_site + "/")
    tab_to(page, "#search")
    page.keyboard.type("crosswalk")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=crosswalk")
    follow(page, "article a", "**/cases/1*")
    follow(page, "main .back a", "**/cases")


def test_the_map_is_entered_moved_asked_for_a_case_and_left_by_keys_alone(standing_site, visit):
    page = visit(DESKTOP).page
    goto(page, standing_site + "/cases?bbox=-71.075,42.33,-71.07,42.335")
    tab_to(page, ".case-pane .skip-link")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'map'")
    tab_to(page, ".live-map")  # the first key wakes it
    page.wait_for_load_state("networkidle")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**lon=-71.0*")
    moved = page.url
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("moved => location.href !== moved", arg=moved)
    page.wait_for_load_state("networkidle")
    tab_to(page, ".live-map .map-icon:has(.pin)")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").endswith(
        tuple("0123456789")
    ), "a pin says its case"
    page.keyboard.press("Enter")
    page.locator(".leaflet-popup a").first.wait_for()
    page.keyboard.press("Escape")
    page.locator(".leaflet-popup").wait_for(state="detached")
    assert page.evaluate("document.activeElement.matches('.map-icon')")
    tab_to(page, "footer a")


def test_a_case_is_read_and_left_for_the_large_map_by_keys_alone(standing_site, visit):
    page = visit(DESKTOP).page
    goto(page, standing_site + "/cases/101005510004")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    follow(page, "figure.place a", "**/cases?sort=closest&**")
    tab_to(page, "article a")


@pytest.mark.parametrize("path", ["/", "/cases", "/places/northside"])
def test_the_live_map_lets_the_keys_in_and_out_again(standing_site, visit, path):
    visitor = visit(DESKTOP)
    page = visitor.page
    goto(page, standing_site + path)
    visitor.wake_map()
    page.wait_for_load_state("networkidle")
    found = stops(page)
    inside = [stop for stop in found if stop["inMap"]]
    assert inside, "no key reaches the map"
    assert not found[-1]["inMap"], "the keys do not come out of the map"
    assert [stop["html"] for stop in inside if stop["isUnmarked"]] == []


def test_a_popup_is_closed_by_escape_and_focus_comes_back(standing_site, visit):
    visitor = visit(DESKTOP)
    page = visitor.page
    goto(page, standing_site + "/cases?bbox=-71.075,42.33,-71.07,42.335")
    visitor.wake_map()
    page.wait_for_load_state("networkidle")
    pins = page.locator(".live-map .map-icon:has(.pin)")
    pins.first.wait_for()
    pins.first.focus()
    page.keyboard.press("Enter")
    popup = page.locator(".leaflet-popup")
    popup.get_by_role("link").first.wait_for()
    page.keyboard.press("Escape")
    popup.wait_for(state="detached")
    assert page.evaluate(
        "document.activeElement !== document.body && !!document.activeElement.closest('#map')"
    )


def test_a_focus_that_is_not_marked_would_be_seen(standing_site, visit):
    page = visit(DESKTOP).page
    goto(page, standing_site + "/status")
    page.add_style_tag(
        content="*, ::before, ::after { outline: none !important; box-shadow: none !important }"
    )
    assert all(stop["isUnmarked"] for stop in stops(page))
