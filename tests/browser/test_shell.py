"""The frame of every page: one line on a phone, a menu without scripts, at any size.

Also for languages written from right to left.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.states import violations
from tests.support.browser import DESKTOP, PHONE, goto

pytestmark = pytest.mark.browser

TABLET = {"width": 820, "height": 1180}
NARROW = {"width": 320, "height": 640}
"""A phone of ten years ago, and also a desktop at 400 %."""
WIDER_THAN_ITS_WINDOW = (
    "document.documentElement.scrollWidth > document.documentElement.clientWidth"
)
FROM_RIGHT_TO_LEFT = "document.documentElement.dir = 'rtl'"


@pytest.mark.parametrize(
    "viewport",
    [NARROW, PHONE, TABLET, {"width": 1160, "height": 900}, DESKTOP],
    ids=lambda size: str(size["width"]),
)
@pytest.mark.parametrize("locale", ["en-US", "es-US"])
def test_the_header_is_one_line(standing_site, visit, viewport, locale):
    page = visit(viewport, locale=locale).page
    goto(page, f"{standing_site}/cases")
    assert page.locator(".site-header").bounding_box()["height"] == 56
    assert not page.evaluate(WIDER_THAN_ITS_WINDOW)


@pytest.mark.parametrize("name", ["Smallville", "San Francisco", "Llanfairpwllgwyngyll"])
@pytest.mark.parametrize(
    ("viewport", "text"), [(NARROW, "100%"), (NARROW, "200%"), (PHONE, "200%")]
)
def test_the_city_s_name_is_read_to_its_end_however_large_the_text(
    standing_site, visit, viewport, text, name
):
    """At 320 pixels with text twice as large it ended in three dots."""
    page = visit(viewport).page
    page.goto(f"{standing_site}/cases")
    page.add_style_tag(content=f"html {{ font-size: {text} }}")
    page.evaluate(
        "name => { document.querySelector('.site-name strong').textContent = name; }", name
    )
    assert page.evaluate(
        "(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)"
        "(document.querySelector('.site-name'))"
    )
    header, words = (page.locator(place).bounding_box() for place in (".site-header", ".site-name"))
    assert (
        header["y"] <= words["y"] and words["y"] + words["height"] <= header["y"] + header["height"]
    )
    assert page.locator(".site-menu summary").bounding_box()["x"] >= words["x"] + words["width"]
    assert not page.evaluate(WIDER_THAN_ITS_WINDOW)


def test_the_menu_opens_without_scripts_and_leads_on(standing_site, visit):
    page = visit(PHONE, java_script_enabled=False).page
    page.goto(f"{standing_site}/status")
    expect(page.get_by_role("link", name="Places")).not_to_be_visible()
    page.locator(".site-menu summary").click()
    for link in page.locator(".site-ways a").all():
        assert link.bounding_box()["height"] >= 44
    page.get_by_role("link", name="Español").click()
    page.wait_for_url("**/status?lang=es")
    page.locator(".site-menu summary").press("Enter")
    page.get_by_role("link", name="Lugares").click()
    page.wait_for_url("**/places?lang=es")


def test_a_wide_window_shows_the_pages_and_marks_the_one_it_is_on(standing_site, visit):
    page = visit(DESKTOP).page
    goto(page, f"{standing_site}/places")
    expect(page.locator(".site-menu")).not_to_be_visible()
    assert page.locator(".site-nav a[aria-current=page]").all_inner_texts() == ["Places"]


@pytest.mark.parametrize("viewport", [NARROW, PHONE, DESKTOP], ids=lambda size: str(size["width"]))
def test_read_from_the_right_the_frame_is_a_mirror_image_and_nothing_sticks_out(
    standing_site, visit, viewport
):
    page = visit(viewport).page
    goto(page, f"{standing_site}/places")
    name = page.locator(".site-name").bounding_box()
    page.evaluate(FROM_RIGHT_TO_LEFT)
    mirrored = page.locator(".site-name").bounding_box()
    assert mirrored["x"] + mirrored["width"] == pytest.approx(viewport["width"] - name["x"], abs=1)
    if viewport is not DESKTOP:
        page.locator(".site-menu summary").click()
    assert not page.evaluate(WIDER_THAN_ITS_WINDOW)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_open_menu_has_no_accessibility_fault(standing_site, visit, scheme):
    visitor = visit(PHONE, color_scheme=scheme)
    goto(visitor.page, f"{standing_site}/places")
    visitor.page.locator(".site-menu summary").click()
    assert violations(visitor) == []


def test_with_forced_colours_the_page_one_is_on_is_still_marked(standing_site, visit):
    page = visit(DESKTOP, forced_colors="active").page
    goto(page, f"{standing_site}/places")
    marked = [
        link.inner_text()
        for link in page.locator(".site-nav a").all()
        if "underline" in link.evaluate("e => getComputedStyle(e).textDecorationLine")
    ]
    assert marked == ["Places"]


def test_on_paper_a_page_has_its_words_and_neither_menu_nor_forms(standing_site, visit):
    page = visit(DESKTOP).page
    page.emulate_media(media="print")
    for path in ("/", "/cases", "/places/northside", "/status", "/nowhere"):
        goto(page, standing_site + path)
        expect(page.locator("h1")).to_be_visible()
        expect(
            page.locator(".site-ways, .site-menu, form, .map-pane").filter(visible=True), path
        ).to_have_count(0)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") in (
            "rgb(255, 255, 255)",
            "rgba(0, 0, 0, 0)",
        )
