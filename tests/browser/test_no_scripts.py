"""With scripts off only the live map is missing.

Find, filter, page, read a case, go to a place, search, change the language.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.states import STATES, open_menu
from tests.support.browser import PHONE, beginning_with, containing, ending_in

pytestmark = pytest.mark.browser


@pytest.fixture
def page(visit: Callable) -> Page:
    return visit(PHONE, java_script_enabled=False).page


def heading(page: Page) -> str:
    return page.locator("h1").inner_text()


def test_a_list_is_filtered_cleared_and_paged(standing_site, page):
    page.goto(standing_site + "/cases")
    page.get_by_label("Status").select_option("closed")
    page.get_by_label("Neighborhood").select_option("southside")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("h1")).to_have_text("26 closed cases in Southside", use_inner_text=True)
    page.get_by_role("link", name="Clear").click()
    expect(page.locator("h1")).to_have_text("152 cases in Smallville", use_inner_text=True)
    first = page.get_by_role("article").first.inner_text()
    page.get_by_role("link", name="Older cases").click()
    expect(page.get_by_role("article")).to_have_count(50)
    expect(page.get_by_role("article").first).not_to_have_text(first, use_inner_text=True)


def test_a_circle_of_the_map_is_a_link_to_the_list_of_that_part(standing_site, page):
    page.goto(standing_site)
    page.get_by_role("link", name=re.compile("zoom in")).first.click()
    expect(page.locator("h1")).to_have_text(re.compile(r"^\d+ cases? on this part of the map$"))


def test_a_case_its_company_and_the_way_back(standing_site, page):
    page.goto(standing_site + "/cases?status=open")
    page.get_by_role("article").get_by_role("link").first.click()
    expect(page.locator("h1")).to_have_text(
        re.compile("at .+ Adams St|Request for Inspection"), use_inner_text=True
    )
    page.get_by_role("link", name=re.compile("^(← )?All cases$")).first.click()
    expect(page.locator("h1")).to_have_text("152 cases in Smallville", use_inner_text=True)


def test_a_neighborhood_is_reached_from_home_and_from_the_list_of_places(standing_site, page):
    page.goto(standing_site)
    page.get_by_role("main").get_by_label("Neighborhood").select_option("Southside")
    page.get_by_role("button", name="Go").click()
    expect(page.locator("h1")).to_have_text(ending_in("in Southside"), use_inner_text=True)
    open_menu(page)
    page.get_by_role("link", name="Places").first.click()
    page.get_by_role("link", name="Northside").first.click()
    expect(page.locator("h1")).to_have_text("Northside", use_inner_text=True)


def test_a_number_and_words_are_searched(standing_site, page):
    for typed, found in (
        ("101-005-510004", "Graffiti at 5 Adams St"),
        ("crosswalk", "Search for “crosswalk”"),
    ):
        page.goto(standing_site)
        page.get_by_role("searchbox").first.fill(typed)
        page.get_by_role("button", name="Search").first.click()
        expect(page.locator("h1")).to_have_text(beginning_with(found), use_inner_text=True)


def test_another_language_is_a_link(standing_site, page):
    page.goto(standing_site + "/cases?status=open")
    open_menu(page)
    page.get_by_role("link", name="Español").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    expect(page).to_have_url(containing("status=open"))


def test_nothing_is_shown_that_only_a_script_could_do(standing_site, page):
    for path in STATES:
        page.goto(standing_site + path)
        outside_forms = page.locator("button:visible:not(form button):not(summary button)")
        assert [button.inner_text() for button in outside_forms.all()] == [], path
        assert [part.inner_text() for part in page.locator("[hidden]:visible").all()] == [], path
