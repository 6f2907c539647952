"""What residents come for, from the first page to the end, with a thumb and with a mouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LONG_NAME, NO_PLACE, ODD_TEXT
from tests.browser.states import STATES, open_menu, real_complaints
from tests.support.browser import DESKTOP, PHONE, beginning_with, ending_in, goto

pytestmark = pytest.mark.browser

SCREENS = (
    pytest.param({"viewport": PHONE, "has_touch": True, "is_mobile": True}, id="phone"),
    pytest.param({"viewport": DESKTOP}, id="desktop"),
)
SEARCH_BOX = re.compile("address, a case number", re.IGNORECASE)


def heading(page: Page) -> str:
    return page.get_by_role("heading", level=1).inner_text().replace("\n", " ")


def look_for(page: Page, site: str, typed: str) -> None:
    goto(page, site)
    page.get_by_role("searchbox", name=SEARCH_BOX).first.fill(typed)
    with page.expect_navigation():
        page.keyboard.press("Enter")


@pytest.mark.parametrize("screen", SCREENS)
def test_from_home_to_a_neighborhood_to_a_case_to_one_like_it_and_back(
    standing_site, visit, screen
):
    visitor = visit(**screen)
    page = visitor.page
    goto(page, standing_site)
    page.get_by_role("main").get_by_label("Neighborhood").select_option("Northside")
    page.get_by_role("button", name="Go").click()
    page.wait_for_url("**/cases?**neighborhood=northside**")
    expect(page.locator("h1")).to_have_text("100 cases in Northside", use_inner_text=True)
    page.get_by_role("main").get_by_label("Status").select_option("closed")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**status=closed**")
    expect(page.locator("h1")).to_have_text("50 closed cases in Northside", use_inner_text=True)
    listed = page.url
    page.get_by_role("article").get_by_role("link").first.click()
    page.wait_for_url(re.compile("/cases/[0-9]+"))
    first = heading(page)
    assert re.search(r"at \d+ Adams St", first)
    others = page.get_by_role("main").locator("a[href^='/cases/1010']")
    others.first.click()
    page.wait_for_function(
        "first => { const heading = document.querySelector('h1');"
        " return heading && heading.innerText.replace('\\n', ' ') !== first; }",
        arg=first,
    )
    page.go_back()
    expect(page.locator("h1")).to_have_text(first, use_inner_text=True)
    page.go_back()
    expect(page).to_have_url(listed)
    expect(page.locator("h1")).to_have_text("50 closed cases in Northside", use_inner_text=True)
    assert visitor.outside == []
    assert real_complaints(visitor) == []


@pytest.mark.parametrize(
    "typed", ["101005510004", "101-005-510004", " 1010 0551 0004 ", "10100551OOO4"]
)
def test_a_number_leads_to_its_case_however_it_is_typed(standing_site, visit, typed):
    page = visit(PHONE).page
    look_for(page, standing_site, typed)
    expect(page).to_have_url(ending_in("/cases/101005510004"))
    expect(page.locator("h1")).to_have_text(
        beginning_with("Graffiti at 5 Adams St"), use_inner_text=True
    )


def test_a_number_that_is_none_leads_to_a_page_that_helps(standing_site, visit):
    page = visit(PHONE).page
    goto(page, standing_site + "/cases/101005519999")
    expect(page.get_by_role("main")).to_contain_text("101005519999", use_inner_text=True)
    expect(page.get_by_role("main").get_by_role("link").first).to_be_attached()


def test_an_address_leads_to_the_cases_there(standing_site, visit):
    page = visit(PHONE).page
    look_for(page, standing_site, "12 Adams St")
    expect(page.get_by_role("main")).to_contain_text("Adams", use_inner_text=True)
    page.get_by_role("main").get_by_role("link", name=re.compile("Adams St")).first.click()
    page.wait_for_url("**/cases**")
    assert page.get_by_role("article").count() >= 1 or "Adams" in heading(page)


def test_words_find_the_cases_that_hold_them(standing_site, visit):
    page = visit(DESKTOP).page
    look_for(page, standing_site, "crosswalk cyclists")
    assert page.get_by_role("article").count() >= 10
    expect(page.get_by_role("article").first).to_contain_text("crosswalk", use_inner_text=True)


def test_a_type_with_a_typing_mistake_is_still_found(standing_site, visit):
    page = visit(DESKTOP).page
    look_for(page, standing_site, "grafiti")
    page.get_by_role("main").get_by_role("link", name="Graffiti").first.click()
    page.wait_for_url("**/cases?**graffiti**")
    expect(page.locator("h1")).to_contain_text("raffiti", use_inner_text=True)


def test_the_language_that_was_chosen_is_kept_from_page_to_page(standing_site, visit):
    page = visit(PHONE).page
    goto(page, standing_site + "/places/northside")
    open_menu(page)
    page.get_by_role("link", name="Español").first.click()
    page.wait_for_url("**lang=es**")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.get_by_role("article").get_by_role("link").first.click()
    page.wait_for_url("**/cases/**")
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.get_by_role("banner").get_by_role("link").first.click()
    page.wait_for_url("**/?lang=es")
    expect(page.locator("html")).to_have_attribute("lang", "es")


def test_what_residents_wrote_is_text_and_nothing_else(standing_site, visit):
    visitor = visit(DESKTOP)
    goto(visitor.page, f"{standing_site}/cases/{ODD_TEXT}")
    said = visitor.page.get_by_role("main").inner_text()
    assert "<script>alert(1)</script>" in said
    assert "<img src=x onerror=alert(1)>" in said
    assert "{number}" in said
    expect(visitor.page.locator("main script, main img[src='x']")).to_have_count(0)
    assert visitor.complaints == []


def test_a_case_with_a_very_long_name_and_no_place_has_a_whole_page(standing_site, visit):
    page = visit({"width": 320, "height": 640}).page
    goto(page, f"{standing_site}/cases/{NO_PLACE}")
    expect(page.locator("h1")).to_have_text(beginning_with(LONG_NAME), use_inner_text=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_every_link_of_every_page_leads_somewhere(standing_site, visit):
    page = visit(DESKTOP).page
    found: set[str] = set()
    for path in STATES:
        if (
            page.goto(standing_site + path).status == 200
        ):  # a refusal links to itself in the other language
            found |= set(
                page.eval_on_selector_all(
                    "a[href]", "links => links.map(link => link.href.split('#')[0])"
                )
            )
    ours = sorted(address for address in found if address.startswith(standing_site))
    assert len(ours) > 100
    broken = [address for address in ours if page.request.get(address).status != 200]
    assert broken == []
    missing = """() => [...document.querySelectorAll('a[href^="#"]')]
        .filter(link => !document.getElementById(link.hash.slice(1))).length"""
    for path in STATES:
        goto(page, standing_site + path)
        assert page.evaluate(missing) == 0, path
