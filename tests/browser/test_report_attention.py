"""Where the form wants an answer, people see it at once: on a phone, with scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_report import begin, past_similar, press, to_types
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.browser

IS_SEEN = """() => {
    const summary = document.getElementById("problems");
    const box = summary.getBoundingClientRect();
    const isInView = box.top >= 0 && box.bottom <= innerHeight;
    return document.activeElement === summary && isInView;
}"""


def go_on_twice(page: Page) -> None:
    """Press Continue at the foot of the screen; what is missing must come into view, each time."""
    for _attempt in range(2):
        page.evaluate("() => { window.scrollTo(0, document.body.scrollHeight) }")
        mark = "document.getElementById('problems')?.setAttribute('data-old', 'yes')"
        page.evaluate(mark)
        page.locator(".report-on").click()
        page.wait_for_selector("#problems:not([data-old])")
        page.wait_for_function(IS_SEEN)


def test_every_screen_that_misses_an_answer_says_so_where_people_look(town, site, visit):
    visitor = visit({"width": 390, "height": 600}, has_touch=True)
    page = begin(visitor, site)
    press(page, re.compile("Continue"))
    go_on_twice(page)
    page.get_by_label("Address, crossing").fill("3 Adams St")
    page.get_by_role("button", name="Find").click()
    page.locator(".pin-said", has_text="3 Adams St").wait_for()
    press(page)
    go_on_twice(page)
    page.get_by_role("radio", name="Pothole").check()
    press(page)
    past_similar(page)
    page.locator("#note").evaluate("box => { box.value = 'x'.repeat(4100) }")
    go_on_twice(page)
    page.get_by_label("What do you see?").fill("Deep")
    press(page)
    go_on_twice(page)


def test_the_same_screen_that_comes_back_keeps_the_focus_on_what_was_pressed(town, site, visit):
    page = begin(visit(DESKTOP), site)
    press(page, re.compile("Continue"))
    page.get_by_label("Address, crossing").fill("3 Adams St")
    page.get_by_role("button", name="Find").click()
    page.locator(".pin-said", has_text="3 Adams St").wait_for()
    page.wait_for_function("() => document.activeElement.value === 'find'")


def test_a_phone_that_knows_its_place_only_roughly_shows_a_circle_and_asks_for_the_pin(
    town, site, visit
):
    """Six kilometers off, an exact house was taken."""
    place = {"latitude": 42.33, "longitude": -71.07, "accuracy": 6_000}
    visitor = visit(PHONE, has_touch=True, geolocation=place, permissions=["geolocation"])
    page = begin(visitor, site)
    press(page, re.compile("Continue"))
    page.get_by_role("button", name="Use my place").click()
    page.get_by_text("We know only roughly where you are").wait_for()
    expect(page.locator(".pin-rough")).to_have_count(1)
    expect(page.locator(".pin-marker")).to_have_count(0)
    circle = page.locator(".pin-rough").bounding_box()
    frame = page.locator(".pin-map").bounding_box()
    assert circle["height"] <= frame["height"]
    page.get_by_role("button", name="Look closer").click()
    page.wait_for_function(
        "() => document.querySelector('.pin-rough').getBoundingClientRect().width > 200"
    )
    press(page)
    expect(page.locator("#problems")).to_be_visible()


def test_a_tap_within_the_circle_sets_the_pin(town, site, visit):
    place = {"latitude": 42.33, "longitude": -71.07, "accuracy": 800}
    visitor = visit(PHONE, has_touch=True, geolocation=place, permissions=["geolocation"])
    page = begin(visitor, site)
    press(page, re.compile("Continue"))
    page.get_by_role("button", name="Use my place").click()
    page.locator(".pin-rough").wait_for(state="attached")
    page.locator(".pin-map").tap()
    page.locator(".pin-marker").wait_for()
    expect(page.locator(".pin-rough")).to_have_count(0)
    press(page)
    expect(page.locator("h1")).to_have_text("What is it about?", use_inner_text=True)


@pytest.mark.parametrize("accuracy", [5, 99])
def test_a_phone_that_knows_its_place_well_sets_the_pin(town, site, visit, accuracy):
    place = {"latitude": 42.33, "longitude": -71.07, "accuracy": accuracy}
    page = begin(visit(PHONE, geolocation=place, permissions=["geolocation"]), site)
    press(page, re.compile("Continue"))
    page.get_by_role("button", name="Use my place").click()
    page.locator(".pin-marker").wait_for()
    expect(page.locator(".pin-rough")).to_have_count(0)


def test_the_camera_is_offered_where_there_is_a_thumb_and_nowhere_else(town, site, visit, photo):
    phone = begin(visit(PHONE, has_touch=True, is_mobile=True), site)
    expect(phone.get_by_label("Or use the camera")).to_be_visible()
    phone.set_input_files("#camera", photo)
    phone.locator(".report-photos img").wait_for()
    desktop = begin(visit(DESKTOP), site)
    expect(desktop.get_by_label("Or use the camera")).not_to_be_visible()


def test_without_scripts_another_language_keeps_what_was_typed(town, site, visit, photo):
    page = begin(visit(PHONE, java_script_enabled=False), site)
    page.set_input_files("#photo", photo)
    page.locator(".site-menu summary").click()
    expect(page.locator(".languages a:visible")).to_have_count(0)
    page.get_by_role("button", name="Español").click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page.locator(".report-photos img")).to_have_count(1)
    page.get_by_role("button", name="Continuar").click()
    page.locator("#place").fill("3 Adams St")
    page.locator(".site-menu summary").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("#place")).to_have_value("3 Adams St")


def test_types_are_reached_as_before(town, site, visit):
    page = begin(visit(PHONE), site)
    to_types(page)
    expect(page.locator("#question")).to_be_focused()
