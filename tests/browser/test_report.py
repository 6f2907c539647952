"""A report in a real browser: from a phone with a photo, without scripts, by keys alone.

Everyone can read every screen.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from portal.abuse.review_reasons import MIN_SECONDS
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from tests.browser.conftest import PLACE_OF_PHOTO, Visitor
from tests.browser.states import real_complaints, violations
from tests.photos.samples import saved, scene
from tests.support.browser import DESKTOP, PHONE, beginning_with, ending_in, wait_until
from tests.support.reports import POTHOLE

pytestmark = pytest.mark.browser

IDLE = "() => !document.querySelector('.is-sending')"
IS_ANSWERED = """question => {
  const heading = document.querySelector('h1');  // none yet while the next page arrives
  return heading && (heading.innerText !== question || document.getElementById('problems'));
}"""
QUESTION = "h1"


@pytest.fixture
def large_photo(tmp_path: Path) -> str:
    """Two megabytes or more, as phones take them: noise does not compress."""
    from PIL import Image

    path = tmp_path / "large.jpg"
    path.write_bytes(
        saved(
            Image.effect_noise((2_600, 2_000), 90).convert("RGB"),
            "JPEG",
            quality=95,
            exif=PLACE_OF_PHOTO,
        )
    )
    assert path.stat().st_size > 2_000_000
    return str(path)


def press(page: Page, name: str | re.Pattern[str] = "Continue") -> None:
    """Press a button and wait for what comes of it."""
    question, address = page.locator(QUESTION).inner_text(), page.url
    page.get_by_role("button", name=name).first.click()
    wait_until(page, lambda: page.url != address or _is_answered(page, question))
    wait_until(page, lambda: page.evaluate(IDLE))


def wait_for_answer(page: Page, question: str) -> None:
    """Wait until the portal asks something else than `question`, or says what is missing."""
    wait_until(page, lambda: _is_answered(page, question) and page.evaluate(IDLE))


def _is_answered(page: Page, question: str) -> bool:
    """Asked from here: a page without scripts has no timer that could ask again."""
    return page.evaluate(IS_ANSWERED, question)


def take_a_persons_time(page: Page) -> None:
    """The portal takes those who finish sooner for a program."""
    page.wait_for_timeout(1_000 * MIN_SECONDS)


def begin(visitor: Visitor, site: str, address: str = "/report") -> Page:
    visitor.page.goto(site + address)
    return visitor.page


def to_types(page: Page) -> None:
    """Past the photo and the place, by address."""
    press(page, re.compile("Continue"))
    page.get_by_label("Address, crossing").fill("3 Adams St")
    page.get_by_role("button", name="Find").click()
    page.locator(".pin-said", has_text="3 Adams St").wait_for()
    press(page)


def past_similar(page: Page) -> None:
    if "already" in page.locator(QUESTION).inner_text():
        press(page, "No, mine is another one")


def describe_pothole(page: Page) -> None:
    """From what it is about to who may see it, as most people answer; past_similar as it comes."""
    page.get_by_role("radio", name="Pothole").check()
    press(page)
    past_similar(page)
    page.get_by_label("What do you see?").fill("Deep, at the crosswalk")
    press(page)
    page.get_by_role("radio", name=re.compile("Everybody")).check()
    press(page)


def test_a_photo_from_a_phone_sets_the_pin_and_comes_out_at_the_other_end(town, site, visit, photo):
    visitor = visit(PHONE, has_touch=True)
    page = begin(visitor, site)
    page.set_input_files("#photo", photo)
    page.locator(".report-photos img").wait_for()
    press(page)
    expect(page.locator(".pin-said")).to_have_text(ending_in("Northside"), use_inner_text=True)
    press(page)
    page.get_by_label("In your own words").fill("pot")
    describe_pothole(page)
    page.wait_for_function("() => document.getElementById('proof').value")
    take_a_persons_time(page)
    page.get_by_role("button", name="Send the report").click()
    page.wait_for_url("**/mine/*/sent")
    number = page.locator(".sent-number").inner_text()
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{3}-[0-9A-Z]{3}", number)
    in_lines = "element => element.offsetHeight / parseFloat(getComputedStyle(element).lineHeight)"
    assert page.locator(".sent-number").evaluate(in_lines) < 1.5
    page.get_by_role("link", name="See it as everybody does").click()
    page.wait_for_url("**/cases/*")
    expect(page.locator(QUESTION)).to_have_text(beginning_with("Pothole"), use_inner_text=True)
    expect(page.locator("figure img[src^='/photos/']")).to_have_count(1)
    page.goto(f"{site}/cases/{number.lower()}")
    expect(page.locator(QUESTION)).to_have_text(beginning_with("Pothole"), use_inner_text=True)
    assert visitor.outside == []
    assert real_complaints(visitor) == []


def test_a_large_photo_is_made_smaller_before_it_is_sent_and_keeps_its_place(
    town, site, visit, large_photo
):
    visitor = visit(PHONE)
    page = begin(visitor, site)
    sizes: list[int] = []
    page.on(
        "request",
        lambda request: (
            sizes.append(len(request.post_data_buffer or b"")) if request.method == "POST" else None
        ),
    )
    page.set_input_files("#photo", large_photo)
    page.locator(".report-photos img").wait_for()
    assert max(sizes) < 1_900_000
    press(page)
    expect(page.locator(".pin-said")).to_have_text(ending_in("Northside"), use_inner_text=True)


def test_a_large_photo_that_is_added_later_is_made_smaller_too(
    town, portal, city, site, visit, large_photo
):
    """On the page of a sent report it was sent uncompressed: minutes on a bad line."""
    report = replace(POTHOLE, lat=42.33)
    token = submit(portal, city, report, (), Signals(), int(time.time())).token
    visitor = visit(PHONE, has_touch=True)
    page = visitor.page
    page.goto(f"{site}/mine/{token}")
    page.get_by_label("A photo").set_input_files(large_photo)
    page.wait_for_function("() => document.getElementById('photo').files[0].size < 1900000")
    chosen = "(({ name, type }) => [name, type])(document.getElementById('photo').files[0])"
    assert page.evaluate(chosen) == ["large.jpg", "image/jpeg"]
    expect(page.locator(".report-photo-status")).to_have_text("", use_inner_text=True)
    assert violations(visitor) == []
    page.get_by_role("button", name="Add it").click()
    page.locator(".own-note").wait_for()
    expect(page.locator(".report-photos img")).to_have_count(1)
    expect(page).to_have_url(ending_in(f"/mine/{token}"))
    assert real_complaints(visitor) == []


def test_a_small_photo_that_is_added_later_goes_as_it_is(town, portal, city, site, visit, photo):
    report = replace(POTHOLE, lat=42.33)
    token = submit(portal, city, report, (), Signals(), int(time.time())).token
    page = visit(PHONE).page
    page.goto(f"{site}/mine/{token}")
    page.get_by_label("A photo").set_input_files(photo)
    page.wait_for_function(
        "() => document.querySelector('.report-photo-status').textContent === ''"
    )
    assert (
        page.evaluate("document.getElementById('photo').files[0].size")
        == Path(photo).stat().st_size
    )
    page.get_by_role("button", name="Add it").click()
    page.locator(".own-note").wait_for()
    expect(page.locator(".report-photos img")).to_have_count(1)


def with_another_view(photo: str) -> str:
    """A second photo beside the first."""
    path = Path(photo).with_name("later.jpg")
    path.write_bytes(saved(scene(800, 600), "JPEG"))
    return str(path)


def test_all_of_it_works_without_scripts(town, site, visit, photo):
    page = begin(visit(PHONE, java_script_enabled=False), site)
    page.set_input_files("#photo", photo)
    press(page, re.compile("Continue"))
    page.get_by_role("button", name="Move the pin north").click()
    expect(page.locator(".pin-said")).to_have_text(ending_in("Northside"), use_inner_text=True)
    press(page)
    page.get_by_label("In your own words").fill("graffiti")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.get_by_role("radio", name="Graffiti").check()
    press(page)
    past_similar(page)
    press(page)
    press(page)
    page.get_by_role("link", name="Choose who may see it.").click()
    page.get_by_role("radio", name=re.compile("Only the city and you")).check()
    press(page)
    take_a_persons_time(page)
    page.get_by_role("button", name="Send the report").click()
    expect(page.locator(QUESTION)).to_have_text(
        "Thank you. Your report is in.", use_inner_text=True
    )
    own = page.locator("a.permalink").inner_text().partition("/")[2]
    page.goto(f"{site}/{own}")
    page.get_by_label("For the city").fill("It is worse now")
    page.get_by_label("A photo").set_input_files(with_another_view(photo))
    page.get_by_role("button", name="Add it").click()
    expect(page.locator(".own-note")).to_have_text(
        beginning_with("It is worse now"), use_inner_text=True
    )
    expect(page.locator(".report-photos img")).to_have_count(2)
    page.get_by_role("button", name="Make it public").click()
    expect(page.locator(".lead")).to_contain_text("Everybody can see it.", use_inner_text=True)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Take the report back").click()
    expect(page.locator(".lead")).to_contain_text(
        "You have taken this report back.", use_inner_text=True
    )


def test_a_report_is_made_by_keys_alone(town, site, visit):
    page = begin(visit(DESKTOP), site)

    def tab_to(selector: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"no key leads to {selector}")

    def enter() -> None:
        question = page.locator(QUESTION).inner_text()
        page.keyboard.press("Enter")
        wait_for_answer(page, question)

    tab_to(".report-on")
    enter()
    expect(page.locator("#question")).to_be_focused()
    tab_to("#place")
    page.keyboard.type("3 Adams St")
    page.keyboard.press("Enter")
    page.locator(".pin-said", has_text="3 Adams St").wait_for()
    tab_to(".pin-map")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.wait_for_function("() => document.querySelector('[name=place]').value === ''")
    tab_to(".report-on")
    enter()
    tab_to("[name=service]")
    page.keyboard.press("Space")
    tab_to(".report-on")
    enter()
    if "already" in page.locator(QUESTION).inner_text():
        tab_to(".report-on")
        enter()
    tab_to("#note")
    page.keyboard.type("By keys")
    tab_to(".report-on")
    enter()
    tab_to("[name=who]")
    page.keyboard.press("Space")
    tab_to(".report-on")
    enter()
    tab_to(".report-on")
    page.keyboard.press("Enter")
    page.wait_for_url("**/mine/*/sent")


@pytest.mark.parametrize(
    ("scheme", "locale"),
    [("light", "en-US"), ("dark", "en-US"), ("light", "es-US"), ("dark", "es-US")],
)
def test_no_screen_has_an_accessibility_fault(town, site, visit, scheme, locale, photo):
    visitor = visit(PHONE, color_scheme=scheme, locale=locale, reduced_motion="reduce")
    page = begin(visitor, site)

    def on() -> None:
        assert violations(visitor) == [], page.locator(QUESTION).inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        question = page.locator(QUESTION).inner_text()
        page.locator(".report-on").click()
        wait_for_answer(page, question)

    page.set_input_files("#photo", photo)
    page.locator(".report-photos img").wait_for()
    on()
    on()
    on()
    assert violations(visitor) == [], "what is not right"
    page.locator("[name=service]").first.check()
    on()
    if page.locator(".report-similar").count():
        on()
    page.locator("#note").fill("Call 617-555-0143")
    on()
    page.locator("[name=who]").first.check()
    on()
    assert violations(visitor) == [], "check"
    page.locator(".report-on").click()
    page.wait_for_url("**/mine/*/sent*")
    assert violations(visitor) == [], "sent"
    page.goto(page.url.replace("/sent", ""))
    assert violations(visitor) == [], "own"
    assert real_complaints(visitor) == []


def test_back_of_the_browser_is_back_of_the_form_and_loses_nothing(town, site, visit):
    page = begin(visit(PHONE), site)
    to_types(page)
    page.get_by_role("radio", name="Pothole").check()
    page.go_back()
    page.locator("#place").wait_for()
    expect(page.locator("#place")).to_have_value("3 Adams St")
    press(page)
    expect(page.get_by_role("radio", name="Pothole")).to_be_checked()


def test_a_tap_on_the_map_brings_it_closer_and_then_sets_the_pin(town, site, visit):
    page = begin(visit(PHONE, has_touch=True), site)
    press(page, re.compile("Continue"))
    zooms = []
    for _ in range(2):
        zooms.append(int(page.locator(".pin-map").get_attribute("data-zoom") or 0))
        page.locator(".pin-map").tap()
        page.wait_for_function(
            "zoom => document.querySelector('.pin-map').dataset.zoom !== zoom", arg=str(zooms[-1])
        )
    assert zooms[0] < zooms[1]
    expect(page.locator(".pin-marker")).to_have_count(1)
    press(page)
    expect(page.locator(QUESTION)).to_have_text("What is it about?", use_inner_text=True)


def begin_where_i_am(visit: Callable[..., Visitor], site: str, lat: float) -> Page:
    """A report begun at the phone's own place, at this latitude."""
    here = {"latitude": lat, "longitude": -71.07}
    page = begin(visit(PHONE, geolocation=here, permissions=["geolocation"]), site)
    press(page, re.compile("Continue"))
    page.get_by_role("button", name="Use my place").click()
    return page


def test_the_phones_own_place_is_the_pin(town, site, visit):
    page = begin_where_i_am(visit, site, 42.33)
    page.locator(".pin-said", has_text="Northside").wait_for()
    press(page)
    expect(page.locator(QUESTION)).to_have_text("What is it about?", use_inner_text=True)


def test_a_place_outside_is_said_at_once_and_holds_the_report_there(town, site, visit):
    page = begin_where_i_am(visit, site, 42.40)
    page.get_by_text("This place is outside of Smallville.").first.wait_for()
    press(page)
    expect(page.locator("#problems")).to_be_visible()


def test_what_was_typed_stays_when_the_line_is_gone(town, site, visit):
    visitor = visit(PHONE)
    page = begin(visitor, site)
    to_types(page)
    page.get_by_role("radio", name="Pothole").check()
    visitor.page.context.set_offline(True)
    page.get_by_role("button", name="Continue").click()
    page.get_by_text("What you wrote is still here").wait_for()
    visitor.page.context.set_offline(False)
    expect(page.get_by_role("radio", name="Pothole")).to_be_checked()
    press(page)
    expect(page.locator(QUESTION)).not_to_have_text("What is it about?", use_inner_text=True)


@pytest.mark.parametrize("width", [320, 640])
def test_no_screen_scrolls_sideways_when_it_is_narrow_or_enlarged(town, site, visit, width):
    page = begin(visit({"width": width, "height": 640}), site)
    to_types(page)
    page.get_by_role("radio", name="Pothole").check()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    press(page)
    past_similar(page)
    page.get_by_label("What do you see?").fill("wide" * 80)
    press(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_with_text_twice_as_large_the_smallest_phone_shows_the_place_without_scrolling_sideways(
    town, site, visit
):
    """The buttons that move the pin did not wrap, and three letters of an address were seen."""
    page = begin(
        visit({"width": 320, "height": 640}, locale="es-US"), site, "/report?lat=42.33&lon=-71.07"
    )
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    press(page, re.compile("Continuar"))
    page.locator(".pin-said", has_text="Northside").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    box = page.locator("#place").bounding_box()
    assert box and box["width"] > 200
    press(page, re.compile("Continuar"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_words_that_only_some_of_a_type_s_texts_have_still_lead_to_it(town, site, visit):
    page = begin(visit(PHONE), site)
    to_types(page)
    page.get_by_label("In your own words").fill("broken pothole")
    expect(page.get_by_role("radio", name="Pothole")).to_be_visible()
    expect(page.get_by_role("radio", name="Graffiti")).not_to_be_visible()
    page.get_by_label("In your own words").fill("zebra")
    expect(page.get_by_role("radio", name="Graffiti")).to_be_visible()
    expect(page.locator(".report-count")).to_contain_text("Press Find", use_inner_text=True)
