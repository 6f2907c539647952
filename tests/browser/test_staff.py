"""Staff's pages in a real browser: readable for all, without scripts too, on phone and desktop."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import expect

from portal.auth import accounts, one_time
from portal.photos import files
from portal.photos.pipeline import SIZES, Developed, Picture
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.services.shared import photos
from tests.browser.states import real_complaints, violations
from tests.support.browser import DESKTOP, PHONE
from tests.support.reports import POTHOLE

pytestmark = pytest.mark.browser

PASSWORD = "a sentence is long"  # noqa: S105 - of nobody
PHOTO = "0123456789abcdef" * 2


@pytest.fixture
def number(town, portal, city) -> str:
    """A held report with a photo, and what another one's message says."""
    now, body = int(time.time()), BytesIO()
    Image.new("RGB", (800, 600), "teal").save(body, "WEBP")
    files.write_photo(
        portal.photos_folder,
        PHOTO,
        Developed({side: Picture(800, 600, body.getvalue()) for side in SIZES}, None),
    )
    report = replace(POTHOLE, note="Bo Miller dug it", lat=42.33)
    with portal.transaction() as connection:
        photos.add_unsent_photo(connection, city.id, PHOTO, photos.BEFORE, (800, 600), now)
    return submit(portal, city, report, (PHOTO,), Signals(is_trap_filled=True), now).case_id


@pytest.fixture
def signed_in(number, portal, city, site, visit):
    """signed_in(PHONE) → a visitor who has typed name, password and code."""

    def sign_in(size, **options):
        with portal.transaction() as connection:
            made = accounts.add_account(
                connection, portal.settings, city.id, "Ana", PASSWORD, "manager", int(time.time())
            )
        visitor = visit(size, **options)
        visitor.page.goto(f"{site}/staff")
        visitor.page.get_by_label("Name").fill("Ana")
        visitor.page.get_by_label("Password").fill(PASSWORD)
        visitor.page.get_by_label(re.compile("^Code")).fill(
            one_time.compute_code(made.secret, int(time.time()) // 30)
        )
        visitor.page.get_by_role("button", name="Sign in").click()
        visitor.page.wait_for_url("**/staff")
        return visitor

    return sign_in


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_every_page_of_staff_is_readable_for_everybody(signed_in, number, site, size, theme):
    visitor = signed_in(size, color_scheme=theme)
    for path in (
        "/staff",
        f"/staff/cases/{number}",
        "/staff/outbox",
        "/staff/audit",
        "/staff/sign-in?lang=es",
        f"/staff/cases/{number}?lang=es",
    ):
        visitor.page.goto(site + path)
        for folded in visitor.page.locator("main summary").all():
            folded.click()
        assert violations(visitor) == [], path
        assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    assert real_complaints(visitor) == []
    assert visitor.outside == []


def test_the_door_is_readable_and_says_what_is_wrong(number, site, visit):
    visitor = visit(PHONE)
    visitor.page.goto(f"{site}/staff")
    assert violations(visitor) == []
    for label in ("Name", "Password", "Code that your authenticator shows"):
        visitor.page.get_by_label(label).fill("123456")
    visitor.page.get_by_role("button", name="Sign in").click()
    expect(visitor.page.locator("main")).to_contain_text(
        "do not belong together", use_inner_text=True
    )
    assert violations(visitor) == []


def test_a_part_of_a_photo_is_drawn_with_the_mouse_and_made_unreadable(
    signed_in, number, site, portal
):
    page = signed_in(DESKTOP).page
    page.goto(f"{site}/staff/cases/{number}")
    picture = page.locator(".staff-region img")
    picture.scroll_into_view_if_needed()
    edges = picture.bounding_box()
    page.mouse.move(edges["x"] + edges["width"] * 0.25, edges["y"] + edges["height"] * 0.5)
    page.mouse.down()
    page.mouse.move(edges["x"] + edges["width"] * 0.5, edges["y"] + edges["height"] * 0.75, steps=4)
    page.mouse.up()
    drawn = [
        float(page.locator(f"#{side}-1").input_value())
        for side in ("left", "top", "width", "height")
    ]
    assert drawn == pytest.approx([25, 50, 25, 25], abs=0.6)
    page.locator("#reason-blur-1").fill("a plate")
    page.get_by_role("button", name="Make it unreadable").click()
    page.get_by_text("made a part of a photo unreadable").wait_for()
    expect(page.locator(".staff-part img")).to_have_count(2)


def test_without_scripts_a_report_is_released_with_a_reason(signed_in, number, site, visit):
    page = signed_in(PHONE, java_script_enabled=False).page
    page.goto(f"{site}/staff")
    page.get_by_role("link", name="Pothole").click()
    page.locator("#reason-release").fill("a real report")
    page.get_by_role("button", name="Release it").click()
    expect(page.locator("main")).to_contain_text("Everybody sees it.", use_inner_text=True)
    other = visit(PHONE)
    other.page.goto(f"{site}/cases/{number}")
    expect(other.page.locator("main")).to_contain_text("Bo Miller dug it", use_inner_text=True)
