"""From starting a report to following the one that exists already, and back.

On a phone without scripts, by e-mail.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from playwright.sync_api import Locator, expect

from data_sync.dispatch.mailer import Mailer
from tests.browser.states import real_complaints, violations
from tests.browser.test_report import begin, press
from tests.support.browser import PHONE

pytestmark = pytest.mark.browser


@pytest.fixture
def letters(portal) -> list[EmailMessage]:
    portal.settings = portal.settings.model_copy(update={"smtp_url": "smtp://127.0.0.1"})
    return []


@pytest.fixture
def link(portal, city, letters):
    """link() sends the e-mails that are due, and returns the link in the last one."""

    def found() -> str:
        mailer = Mailer(portal, city, letters.append)
        while mailer.send_one():
            pass
        return re.search(r"/following/[\w-]+", letters[-1].get_content())[0]

    return found


def test_a_second_report_becomes_following_without_scripts(
    town, add_case, publish, letters, site, visit, link
):
    add_case("101005519999", opened=datetime.now(UTC).isoformat(), lat=42.33, lon=-71.07)
    publish()
    page = begin(visit(PHONE, java_script_enabled=False), site, "/report?lat=42.33&lon=-71.07")
    press(page)
    press(page)
    page.get_by_label("Pothole").first.check()
    press(page)
    expect(page.locator("h1")).to_have_text("Has it been reported already?", use_inner_text=True)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Follow this one instead").first.click()
    form = opened.value
    form.get_by_label("Your e-mail address").fill("bo@example.org")
    form.get_by_role("button", name="Follow this case").click()
    expect(form.locator("h1")).to_have_text("One more step", use_inner_text=True)
    form.goto(site + link())
    form.get_by_role("button", name="Yes, write to me").click()
    expect(form.locator("h1")).to_have_text("You follow this case", use_inner_text=True)
    form.get_by_role("link", name="See the case").click()
    expect(form.get_by_text("1 person follows this")).to_be_visible()
    form.goto(site + link())
    form.get_by_role("button", name="Stop following").click()
    expect(form.locator("h1")).to_have_text("You follow this case no more", use_inner_text=True)
    expect(page.locator("h1")).to_have_text("Has it been reported already?", use_inner_text=True)


@pytest.mark.parametrize(("scheme", "locale"), [("light", "en-US"), ("dark", "es-ES")])
def test_no_page_of_following_has_an_accessibility_fault(
    town, letters, site, visit, link, scheme, locale
):
    visitor = visit(PHONE, color_scheme=scheme, locale=locale)
    page, faults = visitor.page, {}

    def look(name: str) -> None:
        faults[name] = violations(visitor)

    def press(button: Locator) -> None:
        with page.expect_navigation():
            button.click()

    page.goto(f"{site}/cases/101005510000/follow")
    look("form")
    page.locator("#email").fill("bo@nowhere")
    press(page.locator("form.report-form button").last)
    look("not right yet")
    page.locator("#email").fill("bo@example.org")
    press(page.locator("form.report-form button").last)
    look("asked")
    page.goto(site + link())
    look("question")
    press(page.locator(".share-ways button").first)
    look("following")
    press(page.locator(".share-ways button").first)
    look("stopped")
    assert [(name, found) for name, found in faults.items() if found] == []
    assert real_complaints(visitor) == []
