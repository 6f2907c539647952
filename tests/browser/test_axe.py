"""No accessibility fault that a program can find, on any page.

In both themes and languages, whichever way the language is written.
"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.states import STATES, real_complaints, violations
from tests.support.browser import DESKTOP, PHONE, goto

pytestmark = pytest.mark.browser

LOOKS = (
    pytest.param(PHONE, "light", "en-US", id="phone, light, English"),
    pytest.param(DESKTOP, "dark", "en-US", id="desktop, dark, English"),
    pytest.param(DESKTOP, "light", "es-US", id="desktop, light, Spanish"),
    pytest.param(PHONE, "dark", "es-US", id="phone, dark, Spanish"),
)
FROM_RIGHT_TO_LEFT = "() => { document.documentElement.dir = 'rtl' }"


@pytest.mark.parametrize(("viewport", "scheme", "locale"), LOOKS)
def test_no_page_has_an_accessibility_fault_in_any_state(
    standing_site, visit, viewport, scheme, locale
):
    visitor = visit(viewport, color_scheme=scheme, locale=locale)
    for path in STATES:
        goto(visitor.page, standing_site + path)
        expect(visitor.page.locator("html")).to_have_attribute("lang", locale[:2])
        assert violations(visitor) == [], path
    assert visitor.outside == []
    assert real_complaints(visitor) == []


@pytest.mark.parametrize(("viewport", "scheme", "locale"), LOOKS)
def test_the_live_map_has_none_either(standing_site, visit, viewport, scheme, locale):
    visitor = visit(viewport, color_scheme=scheme, locale=locale, reduced_motion="reduce")
    for path in ("/", "/cases?status=open", "/places/southside"):
        goto(visitor.page, standing_site + path)
        visitor.wake_map()
        visitor.page.wait_for_load_state("networkidle")
        assert violations(visitor) == [], path
    assert real_complaints(visitor) == []


def test_written_from_right_to_left_no_page_has_a_fault_or_scrolls_sideways(standing_site, visit):
    visitor = visit(PHONE)
    for path in STATES:
        goto(visitor.page, standing_site + path)
        visitor.page.evaluate(FROM_RIGHT_TO_LEFT)
        assert violations(visitor) == [], path
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path


@pytest.mark.parametrize(
    "options",
    [{"forced_colors": "active"}, {"contrast": "more"}],
    ids=["forced colours", "more contrast"],
)
def test_a_visitors_own_colours_are_kept(standing_site, visit, options):
    visitor = visit(DESKTOP, **options)
    for path in ("/", "/cases?status=open", "/cases/101005510004", "/places/northside"):
        goto(visitor.page, standing_site + path)
        assert violations(visitor) == [], path


def test_forced_colours_leave_every_status_its_shape_and_its_word(standing_site, visit):
    visitor = visit(DESKTOP, forced_colors="active")
    goto(visitor.page, standing_site + "/cases")
    for word in ("Open", "Closed"):
        badge = (
            visitor.page.get_by_role("article").locator("*", has_text=re.compile(f"^{word}$")).first
        )
        expect(badge).to_be_visible()
        shape = badge.locator("svg").first
        colors = """part => {
            const style = getComputedStyle(part);
            return [style.color, style.fill, style.stroke];
        }"""
        expect(shape).to_be_visible()
        assert "rgb(255, 255, 255)" not in shape.evaluate(colors)[:1], (
            "drawn in the paper's own color"
        )


MOVING = """() => document.getAnimations()
    .filter(one => one.effect.getComputedTiming().duration > 1).length"""
SLOW = """() => [...document.querySelectorAll('*')]
    .filter(part => parseFloat(getComputedStyle(part).transitionDuration) > 0.01).length"""


def test_nothing_moves_for_those_who_want_it_still(standing_site, visit):
    visitor = visit(PHONE, reduced_motion="reduce")
    for path in ("/", "/cases", "/cases/101005510004"):
        goto(visitor.page, standing_site + path)
        assert visitor.page.evaluate(MOVING) == 0
        assert visitor.page.evaluate(SLOW) == 0, path


@pytest.mark.parametrize("width", [320, 640])
def test_narrow_and_enlarged_pages_never_scroll_sideways(standing_site, visit, width):
    visitor = visit({"width": width, "height": 640})
    for path in STATES:
        goto(visitor.page, standing_site + path)
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_text_of_twice_the_size_is_neither_cut_nor_covered(standing_site, visit, viewport):
    visitor = visit(viewport)
    for path in STATES:
        goto(visitor.page, standing_site + path)
        visitor.page.add_style_tag(content="html { font-size: 200% }")
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], (
            path
        )
        assert visitor.page.evaluate(CUT) == [], path


CUT = """() => {
    const isCut = part => {
        const style = getComputedStyle(part);
        const isMeant = style.textOverflow === 'ellipsis'
            || part.matches('.skip-link') || part.clientWidth < 2;
        return !isMeant && style.overflowX === 'hidden' && part.scrollWidth > part.clientWidth + 1;
    };
    return [...document.querySelectorAll('main :is(h1, h2, p, button, a, label)')]
        .filter(isCut).map(part => part.outerHTML.slice(0, 120));
}"""


def test_the_checker_sees_a_fault_when_there_is_one(standing_site, visit):
    visitor = visit(DESKTOP)
    goto(visitor.page, standing_site + "/cases")
    visitor.page.evaluate("document.querySelectorAll('label').forEach(label => label.remove())")
    assert any(fault.startswith("select-name") for fault in violations(visitor))
