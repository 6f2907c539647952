"""The live map: cards, outlines, density, my place, the full screen.

For eyes, ears and keys, and on a bad network.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from portal.context import Portal
from tests.browser.conftest import Visitor, running
from tests.browser.states import violations
from tests.support.browser import DESKTOP, PHONE, containing, ending_in, goto, wait_until

pytestmark = pytest.mark.browser

BOTH = pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
CLOSE_BY = "z=17&lat=42.3156&lon=-71.0762"
"""Some streets of Southside; a phone sees ten cases there."""
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)


@pytest.fixture
def open_map(standing_site, visit) -> Callable[..., Visitor]:
    """open_map(viewport, query) → a visitor on the town's list whose map is awake."""

    def go(viewport: dict[str, int], query: str = "", before: str = "", **options) -> Visitor:
        visitor = visit(viewport, **options)
        if before:
            visitor.page.add_init_script(before)
        goto(visitor.page, f"{standing_site}/cases?{query}")
        visitor.wake_map()
        visitor.page.wait_for_timeout(400)
        return visitor

    return go


def pins(page: Page):
    return page.get_by_role("button", name=re.compile("case 1010"))


def first_pin_in_the_middle(page: Page):
    """A pin that no button covers."""
    pins(page).first.wait_for()
    box = page.locator("#map").bounding_box()

    def distance(pin) -> float:
        at = pin.bounding_box()
        return abs(at["x"] - box["x"] - box["width"] / 2) + abs(
            at["y"] - box["y"] - box["height"] / 2
        )

    return min(pins(page).all(), key=distance)


@BOTH
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_pin_opens_its_card_by_keys_and_escape_leads_back_to_it(open_map, viewport, scheme):
    visitor = open_map(viewport, CLOSE_BY, color_scheme=scheme)
    page = visitor.page
    pin = first_pin_in_the_middle(page)
    name = pin.get_attribute("aria-label")
    number = re.search(r"case (\d+)", name)[1]
    pin.focus()
    page.keyboard.press("Enter")
    card = page.get_by_role("dialog", name=f"Case {number}")
    expect(card).to_contain_text("Adams St")
    expect(card.locator(".status")).to_have_text(name.partition(":")[0])
    expect(card.locator(".status use")).to_have_count(1)
    expect(page.locator(f"a[href='/cases/{number}']:focus")).to_have_count(1)
    page.wait_for_timeout(300)
    assert violations(visitor) == []
    page.keyboard.press("Escape")
    expect(card).to_have_count(0)
    expect(page.locator("[aria-label]:focus")).to_have_attribute("aria-label", name)
    assert visitor.complaints == []


def test_a_card_whose_rest_does_not_come_still_says_what_the_tile_knew(open_map):
    visitor = open_map(DESKTOP, CLOSE_BY)
    visitor.cut_off()
    pin = first_pin_in_the_middle(visitor.page)
    pin.focus()
    visitor.page.keyboard.press("Enter")
    card = visitor.page.get_by_role("dialog")
    expect(card.locator("a[href^='/cases/']")).to_have_count(1)
    expect(card.locator(".status")).to_have_text(
        pin.get_attribute("aria-label").partition(":")[0], use_inner_text=True
    )


@BOTH
def test_an_open_card_lies_within_the_map_and_under_no_button(open_map, viewport):
    visitor = open_map(viewport, CLOSE_BY)
    first_pin_in_the_middle(visitor.page).click()
    card = visitor.page.locator(".leaflet-popup-content-wrapper")
    expect(card).to_contain_text("Adams St")
    visitor.page.wait_for_timeout(600)
    box, room = card.bounding_box(), visitor.page.locator("#map").bounding_box()
    assert room["x"] <= box["x"] and box["x"] + box["width"] <= room["x"] + room["width"]
    assert room["y"] <= box["y"] and box["y"] + box["height"] <= room["y"] + room["height"]
    for tool in visitor.page.locator(".map-tool:visible, .leaflet-control-zoom a:visible").all():
        at = tool.bounding_box()
        apart = at["x"] >= box["x"] + box["width"] or at["x"] + at["width"] <= box["x"]
        assert apart or at["y"] >= box["y"] + box["height"] or at["y"] + at["height"] <= box["y"]


def test_a_card_stays_open_and_focus_where_it_is_when_newer_data_comes(open_map):
    visitor = open_map(DESKTOP, CLOSE_BY)
    pin = first_pin_in_the_middle(visitor.page)
    pin.focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.get_by_role("dialog")).to_contain_text("Adams St")
    visitor.page.evaluate(
        "document.querySelector('.live-map .map-icon').wasThere = true; portal.refreshMap(false)"
    )
    visitor.page.wait_for_timeout(600)
    expect(visitor.page.get_by_role("dialog")).to_have_count(1)
    assert visitor.page.evaluate("document.activeElement.closest('.leaflet-popup') !== null")
    assert visitor.page.evaluate("document.querySelector('.live-map .map-icon').wasThere")


def test_pins_that_would_hide_each_other_are_a_circle(open_map):
    visitor = open_map(DESKTOP, "neighborhood=southside&service=pothole&start=2026-01-01")
    boxes = [pin.bounding_box() for pin in pins(visitor.page).all()]
    for i, one in enumerate(boxes):
        for other in boxes[:i]:
            assert abs(one["x"] - other["x"]) >= 10 or abs(one["y"] - other["y"]) >= 10


def open_choices(page: Page) -> None:
    page.locator("summary[aria-label='What the map shows']").click()


@BOTH
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_density_is_a_labelled_choice_with_a_legend_that_stays_in_the_address(
    open_map, viewport, scheme
):
    visitor = open_map(viewport, color_scheme=scheme)
    page = visitor.page
    open_choices(page)
    assert violations(visitor) == []
    page.get_by_label("Show cases as").select_option("Density")
    legend = page.locator("#map-legend")
    expect(legend).to_contain_text("Cases in a square")
    expect(page).to_have_url(ending_in("/cases?map=density"))
    expect(page.locator(".live-map .map-icon")).to_have_count(0)
    steps = [re.findall(r"\d+", text) for text in legend.locator("li").all_inner_texts()]
    assert [int(step[0]) for step in steps][0] == 1
    assert all(
        int(after[0]) == int(before[-1]) + 1
        for before, after in zip(steps, steps[1:], strict=False)
    )
    page.keyboard.press("Escape")
    expect(page.locator("summary:focus")).to_have_count(1)
    assert violations(visitor) == []
    page.reload()
    visitor.wake_map()
    expect(page.locator("#map-legend")).to_be_visible()
    expect(page.locator("#map-cases")).to_have_value("density")


def test_the_density_follows_the_filter_and_says_when_nothing_is_there(open_map):
    visitor = open_map(DESKTOP, "map=density")
    page = visitor.page
    expect(page.locator(".density path").first).to_be_attached()
    page.get_by_label("Words", exact=True).fill("nothing like it")
    page.get_by_label("Words", exact=True).press("Enter")
    expect(page.locator("#map-legend")).to_have_text("No case here")
    expect(page.locator(".density path")).to_have_count(0)
    expect(page).to_have_url(ending_in("/cases?q=nothing+like+it&map=density"))


def test_shades_begin_at_round_numbers(open_map):
    visitor = open_map(DESKTOP)
    steps = [visitor.page.evaluate(f"portal.densitySteps({most})") for most in (0, 1, 4, 23, 1_240)]
    assert steps == [[1], [1], [1, 2], [1, 2, 5, 10], [1, 5, 20, 50, 200]]


def test_outlines_are_a_labelled_choice(open_map):
    visitor = open_map(DESKTOP)
    page = visitor.page
    expect(page.locator(".live-map .area")).to_have_count(2)
    open_choices(page)
    page.get_by_label("Outlines").select_option("No outlines")
    expect(page.locator(".live-map .area")).to_have_count(0)
    expect(page).to_have_url(ending_in("?areas=none"))
    with page.expect_request("**/areas/district.json"):
        page.get_by_label("Outlines").select_option("Council districts")
    expect(page).to_have_url(ending_in("?areas=district"))
    page.get_by_label("Outlines").select_option("Neighborhoods")
    expect(page.locator(".live-map .area")).to_have_count(2)
    expect(page).to_have_url(ending_in("/cases"))


@BOTH
def test_my_place_is_shown_and_said(open_map, viewport):
    visitor = open_map(
        viewport,
        geolocation={"latitude": 42.33, "longitude": -71.07, "accuracy": 30},
        permissions=["geolocation"],
    )
    visitor.page.get_by_role("button", name="Go to my place").click()
    visitor.page.locator(".here").wait_for()
    expect(visitor.page.locator("#map-said")).to_have_text(
        "You are here, within 30 m", use_inner_text=True
    )
    expect(visitor.page).to_have_url(containing("lat=42.33000&lon=-71.07000"))


def test_a_place_outside_of_the_city_or_unknown_is_told_and_the_map_stays(open_map):
    for options, said in (
        (
            {"geolocation": {"latitude": 48.1, "longitude": 11.6}, "permissions": ["geolocation"]},
            "You are outside of this map.",
        ),
        ({"permissions": []}, "Your place is not known."),
    ):
        visitor = open_map(PHONE, **options)
        visitor.page.get_by_role("button", name="Go to my place").click()
        expect(visitor.page.locator(".map-note")).to_contain_text(said)
        assert "lat=" not in visitor.page.url
        assert violations(visitor) == []


@pytest.mark.parametrize(
    "api",
    ["", "delete Element.prototype.requestFullscreen"],
    ids=["full-screen", "as-on-an-iphone"],
)
@BOTH
def test_the_map_fills_the_screen_and_escape_or_the_button_gives_it_back(open_map, viewport, api):
    visitor = open_map(viewport, before=api)
    page = visitor.page
    small = page.locator("#map").bounding_box()
    page.get_by_role("button", name="Full screen", exact=True).click()
    leave = page.get_by_role("button", name="Leave full screen")
    leave.wait_for()
    wait_until(page, lambda: page.locator("#map").bounding_box() == {"x": 0, "y": 0, **viewport})
    assert violations(visitor) == []
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#map') !== null")
    leave.click()
    page.get_by_role("button", name="Full screen", exact=True).wait_for()
    wait_until(page, lambda: page.locator("#map").bounding_box() == small)
    if api:
        page.get_by_role("button", name="Full screen", exact=True).click()
        leave.wait_for()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Full screen", exact=True).wait_for()


def test_a_filter_leaves_the_view_unless_it_names_another_place(open_map):
    visitor = open_map(DESKTOP, CLOSE_BY)
    page = visitor.page
    page.get_by_label("Status").select_option("open")
    expect(page.locator("h1")).to_have_text("76 open cases in Smallville")
    expect(page).to_have_url(ending_in(f"/cases?status=open&{CLOSE_BY}"))
    page.get_by_label("Neighborhood").select_option("northside")
    expect(page.locator("h1")).to_have_text(re.compile("in Northside"))
    expect(page).to_have_url(ending_in("/cases?status=open&neighborhood=northside"))
    box = page.locator("#map")
    wait_until(page, lambda: float(box.get_attribute("data-box").split(",")[1]) > 42.31)
    wait_until(page, lambda: page.locator(".live-map .map-icon").count() > 10)


def test_what_the_map_shows_can_be_listed_in_place(open_map):
    visitor = open_map(DESKTOP)
    page = visitor.page
    page.locator(".leaflet-control-zoom-in").click()
    page.wait_for_url(re.compile("z="))
    page.wait_for_timeout(400)
    view = page.url.partition("?")[2]
    page.get_by_role("link", name="List the cases on this part of the map").click()
    expect(page.locator("h1")).to_have_text(re.compile(r"^\d+ cases? on this part of the map$"))
    expect(page).to_have_url(ending_in(view))
    page.get_by_role("link", name="Look at the whole city").click()
    expect(page.locator("h1")).to_have_text("152 cases in Smallville")


def test_going_back_brings_the_earlier_view(open_map):
    visitor = open_map(DESKTOP, CLOSE_BY)
    page = visitor.page
    page.get_by_label("Neighborhood").select_option("northside")
    expect(page.locator("h1")).to_have_text(re.compile("in Northside"))
    page.go_back()
    expect(page.locator("h1")).to_have_text("152 cases in Smallville")
    expect(page).to_have_url(ending_in(CLOSE_BY))
    pins(page).first.wait_for()


def test_tiles_that_fail_leave_the_still_map_and_come_when_they_can(standing_site, visit):
    visitor = visit(DESKTOP)
    goto(visitor.page, standing_site + "/cases")
    visitor.page.route("**/tiles/**", lambda route: route.abort())
    visitor.page.mouse.move(200, 180)
    visitor.page.mouse.move(202, 182)
    visitor.page.locator(".leaflet-control-zoom-in").wait_for(state="attached")
    visitor.page.wait_for_timeout(800)
    expect(visitor.page.locator(".still .cluster").first).to_be_visible()
    expect(visitor.page.locator(".island.is-awake")).to_have_count(0)


def test_tiles_that_fail_after_a_filter_are_told_of(open_map):
    visitor = open_map(DESKTOP)
    visitor.page.route("**/tiles/**", lambda route: route.abort())
    visitor.page.get_by_label("Status").select_option("closed")
    expect(visitor.page.locator(".map-note")).to_contain_text(
        "The map could not be brought up to date."
    )
    assert violations(visitor) == []


@pytest.fixture
def streets(town, settings, city, visit):
    """streets(status=…, body=…) → a visitor of a portal with a street server that answers so."""
    url = "https://tile.example/{z}/{x}/{y}.png?key=abc"
    settings = settings.model_copy(
        update={"tile_url": url, "tile_attribution": "© Some Street Mappers"}
    )
    portal = Portal(settings, cities={city.id: city})
    with running(settings, portal) as address:

        def go(**answer) -> Visitor:
            visitor = visit(DESKTOP)
            visitor.page.route("https://tile.example/**", lambda route: route.fulfill(**answer))
            goto(visitor.page, address + "/cases")
            visitor.wake_map()
            visitor.page.wait_for_timeout(500)
            return visitor

        yield go
    portal.close()


LAND = "getComputedStyle(document.querySelector('.live-map .area')).fill"


def test_streets_come_from_the_server_of_the_settings_with_its_credit_and_key(streets):
    visitor = streets(body=DOT, content_type="image/png")
    images = visitor.page.locator(".leaflet-tile-pane img")
    assert re.fullmatch(
        r"https://tile\.example/\d+/\d+/\d+\.png\?key=abc", images.first.get_attribute("src")
    )
    expect(visitor.page.locator(".leaflet-control-attribution")).to_have_text(
        "© Some Street Mappers", use_inner_text=True
    )
    assert visitor.page.evaluate(LAND) == "none"
    assert visitor.complaints == []
    assert violations(visitor) == []


def test_where_streets_do_not_come_the_map_shows_the_land(streets):
    visitor = streets(status=503)
    assert visitor.page.evaluate(LAND) == "rgb(255, 255, 255)"
    expect(visitor.page.locator(".live-map .area")).to_have_count(2)
    expect(visitor.page.locator(".leaflet-tile-pane img").first).to_be_attached()


def test_without_a_street_server_outlines_are_the_map_and_nobody_outside_is_asked(open_map):
    visitor = open_map(DESKTOP)
    assert visitor.outside == []
    assert visitor.page.evaluate(LAND) == "rgb(255, 255, 255)"
    expect(visitor.page.locator(".leaflet-control-attribution")).to_have_count(0)
