"""The list with scripts on: filters, paging, going back and newer cases change it in place.

A bad network leaves it as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.states import violations
from tests.support.browser import DESKTOP, PHONE, ending_in, goto, wait_until

pytestmark = pytest.mark.browser

BOTH = pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])


@pytest.fixture
def open_list(standing_site, visit):
    """open_list(viewport, query) → a visitor on the list of the town's 152 cases.

    The page is marked as the one first loaded.
    """

    def go(
        viewport: dict[str, int], query: str = "", poll_every: int = 60_000, **options
    ) -> Visitor:
        visitor = visit(viewport, **options)
        visitor.page.add_init_script(
            f"window.portal = {{ pollEvery: {poll_every}, typingPause: 250, slowAfter: 500 }}"
        )
        goto(visitor.page, f"{standing_site}/cases{query}")
        visitor.page.evaluate("window.isFirstPage = true")
        return visitor

    return go


def heading(page: Page) -> str:
    return page.locator("h1").inner_text()


def was_not_loaded_anew(page: Page) -> bool:
    return page.evaluate("window.isFirstPage === true")


@contextmanager
def slow_network(page: Page, milliseconds: int) -> Iterator[None]:
    """Answer that much later whatever is asked meanwhile."""
    line = page.context.new_cdp_session(page)
    plain = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", plain | {"latency": milliseconds})
    yield
    line.send("Network.emulateNetworkConditions", plain)


@BOTH
def test_a_choice_changes_list_heading_title_address_and_map_and_focus_stays(open_list, viewport):
    visitor = open_list(viewport)
    page = visitor.page
    page.get_by_label("Status").focus()
    page.get_by_label("Status").select_option("closed")
    expect(page.locator("h1")).to_have_text("76 closed cases in Smallville")
    assert was_not_loaded_anew(page)
    expect(page).to_have_url(ending_in("/cases?status=closed"))
    assert page.title().startswith("76 closed cases in Smallville")
    assert (
        page.locator("link[rel=canonical]").get_attribute("href").endswith("/cases?status=closed")
    )
    expect(page.locator("#map")).to_have_attribute("data-filter", "status=closed")
    assert set(page.locator(".case-card .status").all_inner_texts()) == {"Closed"}
    expect(page.locator("#filter-status")).to_be_focused()
    expect(page.locator("#map-said")).to_have_text(
        "76 closed cases in Smallville", use_inner_text=True
    )
    assert visitor.complaints == []


def test_the_live_map_and_the_list_show_the_same_cases(open_list):
    visitor = open_list(DESKTOP, "?neighborhood=southside")
    visitor.wake_map()
    visitor.page.get_by_label("Type").select_option("pothole")
    visitor.page.locator("h1", has_text="50 cases of Pothole").wait_for()
    circles = visitor.page.locator(".live-map .cluster")
    pins = visitor.page.locator(".live-map .pin")
    wait_until(visitor.page, lambda: sum(map(int, circles.all_inner_texts())) + pins.count() == 50)


def test_words_are_looked_for_after_a_pause_and_at_once_by_enter(open_list):
    visitor = open_list(DESKTOP)
    page, box = visitor.page, visitor.page.get_by_label("Words", exact=True)
    box.press_sequentially("crosswalk", delay=20)
    expect(page.locator("h1")).to_have_text(re.compile("about “crosswalk”"))
    expect(box).to_have_value("crosswalk")
    expect(page.locator("#filter-q")).to_be_focused()
    box.fill("nothing like it")
    box.press("Enter")
    expect(page.locator("h1")).to_have_text("No cases in Smallville about “nothing like it”")
    expect(page.get_by_text("No case matches")).to_be_visible()
    assert was_not_loaded_anew(page)


def test_what_is_typed_while_an_answer_comes_is_not_lost(open_list):
    visitor = open_list(DESKTOP)
    page, box = visitor.page, visitor.page.get_by_label("Words", exact=True)
    with slow_network(page, 900):
        box.press_sequentially("cross", delay=10)
        page.wait_for_timeout(500)
    box.press_sequentially("walk", delay=10)
    expect(page.locator("h1")).to_have_text(re.compile("about “crosswalk”"))
    expect(box).to_have_value("crosswalk")


@BOTH
def test_paging_and_going_back_work_in_place_and_come_back_to_the_same_spot(open_list, viewport):
    visitor = open_list(viewport)
    page = visitor.page
    first = page.locator(".case-card a").first.get_attribute("href")
    older = page.get_by_role("link", name="Older cases")
    older.scroll_into_view_if_needed()
    spot = older.bounding_box()["y"]
    older.click()
    page.wait_for_url("**/cases?after=*")
    expect(page.get_by_role("link", name="Back to the first")).to_be_attached()
    expect(page.locator(".case-card a").first).not_to_have_attribute("href", first)
    expect(page.locator("h1:focus")).to_have_count(1)
    page.go_back()
    expect(page.locator(".case-card a").first).to_have_attribute("href", first)
    assert was_not_loaded_anew(page)
    assert page.get_by_role("link", name="Older cases").bounding_box()["y"] == pytest.approx(
        spot, abs=60
    )


def test_going_back_and_forth_sets_every_control(open_list):
    visitor = open_list(DESKTOP)
    page = visitor.page
    for status, n in (("open", 76), ("closed", 76)):
        page.get_by_label("Status").select_option(status)
        expect(page.locator("h1")).to_have_text(re.compile(f"^{n} {status}"))
    page.go_back()
    expect(page.locator("h1")).to_have_text(re.compile("^76 open"))
    expect(page.get_by_label("Status")).to_have_value("open")
    page.go_back()
    expect(page.locator("h1")).to_have_text("152 cases in Smallville")
    expect(page.get_by_label("Status")).to_have_value("")
    page.go_forward()
    expect(page.locator("h1")).to_have_text(re.compile("^76 open"))
    assert was_not_loaded_anew(page)


def test_clear_takes_all_away_and_the_heading_has_the_focus(open_list):
    visitor = open_list(DESKTOP, "?status=open&photo=no")
    visitor.page.get_by_role("link", name="Clear").focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("h1")).to_have_text("152 cases in Smallville")
    expect(visitor.page).to_have_url(ending_in("/cases"))
    expect(visitor.page.locator("h1:focus")).to_have_count(1)
    assert was_not_loaded_anew(visitor.page)


def test_the_last_of_two_quick_choices_holds(open_list):
    visitor = open_list(DESKTOP)
    with slow_network(visitor.page, 1_000):
        visitor.page.get_by_label("Status").select_option("closed")
        visitor.page.wait_for_timeout(200)
    visitor.page.get_by_label("Neighborhood").select_option("southside")
    expect(visitor.page.locator("h1")).to_have_text("26 closed cases in Southside")
    visitor.page.wait_for_timeout(1_200)
    expect(visitor.page.locator("h1")).to_have_text(
        "26 closed cases in Southside", use_inner_text=True
    )
    expect(visitor.page).to_have_url(ending_in("/cases?status=closed&neighborhood=southside"))


@BOTH
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_slow_answer_is_waited_for_calmly(open_list, viewport, scheme):
    visitor = open_list(viewport, color_scheme=scheme)
    page = visitor.page
    with slow_network(page, 20_000):
        page.get_by_label("Status").select_option("closed")
        page.get_by_text("This takes longer than usual").first.wait_for()
        expect(page.locator(".case-pane")).to_have_attribute("aria-busy", "true")
        expect(page.locator(".case-card")).to_have_count(50)
        assert violations(visitor) == []
    expect(page.locator("h1")).to_have_text("76 closed cases in Smallville")
    expect(page.locator(".case-pane")).to_have_attribute("aria-busy", "false")
    expect(page.get_by_text("This takes longer than usual").locator("visible=true")).to_have_count(
        0
    )


@BOTH
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_question_that_fails_leaves_the_list_and_offers_to_ask_again(open_list, viewport, scheme):
    visitor = open_list(viewport, color_scheme=scheme)
    page = visitor.page
    visitor.cut_off()
    page.get_by_label("Status").select_option("closed")
    again = page.get_by_role("button", name="Try again")
    again.wait_for()
    expect(page.locator("h1")).to_have_text("152 cases in Smallville", use_inner_text=True)
    expect(page.locator(".case-card")).to_have_count(50)
    expect(page).to_have_url(ending_in("/cases"))
    assert violations(visitor) == []
    visitor.reconnect()
    again.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("76 closed cases in Smallville")
    expect(again).to_have_count(0)
    assert was_not_loaded_anew(page)


def test_a_server_that_fails_is_told_of_too(open_list):
    visitor = open_list(DESKTOP)
    visitor.page.route("**/cases?*", lambda route: route.fulfill(status=503, body="no"), times=1)
    visitor.page.get_by_label("Status").select_option("closed")
    visitor.page.get_by_role("button", name="Try again").wait_for()
    expect(visitor.page.locator("h1")).to_have_text("152 cases in Smallville", use_inner_text=True)


def test_what_the_server_does_not_understand_is_its_own_page(open_list):
    visitor = open_list(DESKTOP)
    visitor.page.evaluate(
        "document.querySelector('#filter-status option[value=open]').value = 'odd'"
    )
    visitor.page.get_by_label("Status").select_option("odd")
    visitor.page.get_by_text("We do not know the status “odd”").wait_for()
    expect(visitor.page).to_have_url(ending_in("/cases?status=odd"))


def test_days_in_the_wrong_order_are_not_asked_for(open_list):
    visitor = open_list(DESKTOP, "?start=2026-05-02")
    asked = visitor.asked.count("/cases")
    visitor.page.get_by_label("Opened until").fill("2026-05-01")
    visitor.page.get_by_label("Opened until").blur()
    visitor.page.wait_for_timeout(300)
    assert (
        visitor.page.get_by_label("Opened until").evaluate("field => field.validationMessage")
        == "The first day is after the last one."
    )
    assert visitor.asked.count("/cases") == asked


def test_all_of_it_can_be_done_by_keys_alone(open_list):
    visitor = open_list(DESKTOP)
    page = visitor.page
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "filter-status":
            break
    page.keyboard.press("c")  # as a keyboard chooses in a select: Closed
    expect(page.locator("h1")).to_have_text("76 closed cases in Smallville")
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('.case-card a')"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/cases/\d+"))
    page.go_back()
    expect(page.locator("h1")).to_have_text("76 closed cases in Smallville")


def test_links_for_another_page_or_window_stay_ordinary_links(open_list):
    visitor = open_list(DESKTOP)
    with visitor.page.context.expect_page() as opened:
        visitor.page.get_by_role("link", name="Older cases").click(modifiers=["Control"])
    opened.value.wait_for_url("**after=**")
    expect(visitor.page.locator("h1")).to_have_text("152 cases in Smallville", use_inner_text=True)
    expect(visitor.page).to_have_url(ending_in("/cases"))


def test_a_language_that_was_chosen_stays(open_list):
    visitor = open_list(DESKTOP, "?lang=es")
    visitor.page.locator("#filter-status").select_option("closed")
    visitor.page.wait_for_url("**/cases?lang=es&status=closed")
    english = visitor.page.locator("header a[hreflang=en]")
    expect(english).to_have_attribute("href", re.compile("status=closed"))


HOLD_AT_FIRST = ".is-new { animation-play-state: paused !important }"
"""Keep new cards in their first color, the strongest: text must be readable on it too."""
ARE_HELD = """() => [...document.querySelectorAll('.is-new')]
    .flatMap(card => card.getAnimations()).filter(one => one.playState === 'paused').length"""


def test_newer_cases_are_offered_and_come_in_above_the_others(town, site, visit, add_case, publish):
    visitor = visit(DESKTOP)
    page = visitor.page
    page.add_init_script("window.portal = { pollEvery: 200 }")
    goto(page, site + "/cases?status=open")
    page.evaluate(
        "window.isFirstPage = true;"
        "document.querySelectorAll('.case-card').forEach(card => { card.wasThere = true; })"
    )
    first = page.locator(".case-card a").first.inner_text()
    now = datetime.now(UTC).isoformat()
    add_case("998", opened=now, service="Fallen Tree")
    add_case("999", opened=now, service="Fallen Tree")
    publish()
    offer = page.get_by_role("link", name="2 newer cases have come in. Show them")
    offer.wait_for()
    expect(page.locator(".case-card a").first).to_have_text(first, use_inner_text=True)
    expect(page.locator("h1")).to_have_text("75 open cases in Smallville", use_inner_text=True)
    page.add_style_tag(content=HOLD_AT_FIRST)
    offer.click()
    expect(page.locator("h1")).to_have_text("77 open cases in Smallville")
    expect(page.locator("#news")).not_to_be_visible()
    assert [card.inner_text() for card in page.locator(".case-card a").all()[:3]] == [
        "Fallen Tree",
        "Fallen Tree",
        first,
    ]
    assert page.evaluate("document.activeElement === document.querySelector('.case-card a')")
    assert (
        page.evaluate(
            "[...document.querySelectorAll('.case-card')].filter(card => card.wasThere).length"
        )
        == 48
    )
    assert was_not_loaded_anew(page)
    assert page.evaluate(ARE_HELD) == 2
    assert violations(visitor) == []


def test_newer_cases_that_the_filter_does_not_let_through_are_not_offered(
    town, site, visit, add_case, publish
):
    visitor = visit(DESKTOP)
    visitor.page.add_init_script("window.portal = { pollEvery: 200 }")
    goto(visitor.page, site + "/cases?service=graffiti")
    add_case("999", opened=datetime.now(UTC).isoformat(), service="Fallen Tree")
    publish()
    expect(visitor.page.locator("#map")).to_have_attribute("data-rev", "151")
    visitor.page.wait_for_timeout(500)
    expect(visitor.page.locator("#news")).not_to_be_visible()


LOOK_AWAY = """away => {
    Object.defineProperty(document, 'hidden', {value: away, configurable: true});
    document.dispatchEvent(new Event('visibilitychange'));
}"""


def test_nobody_asks_while_the_page_is_not_looked_at(open_list):
    visitor = open_list(PHONE, poll_every=150)
    wait_until(visitor.page, lambda: visitor.asked.count("/version.json") >= 2)
    visitor.page.evaluate(LOOK_AWAY, True)
    visitor.page.wait_for_timeout(300)
    asked = visitor.asked.count("/version.json")
    visitor.page.wait_for_timeout(800)
    assert visitor.asked.count("/version.json") == asked
    visitor.page.evaluate(LOOK_AWAY, False)
    wait_until(visitor.page, lambda: visitor.asked.count("/version.json") > asked)


def test_a_portal_that_does_not_answer_is_asked_less_often_and_told_of(open_list):
    visitor = open_list(PHONE, poll_every=150)
    visitor.cut_off()
    visitor.page.get_by_text("The portal does not answer at the moment").first.wait_for()
    visitor.asked.clear()
    visitor.page.wait_for_timeout(1_500)
    # At 150 ms there would have been ten; doubling from 600 ms there are two at most.
    assert visitor.asked.count("/version.json") <= 2
    expect(visitor.page.locator(".case-card")).to_have_count(50)
    visitor.reconnect()
    visitor.page.locator(".list-note").wait_for(state="detached")


@BOTH
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_offline_says_since_when_and_goes_when_the_network_is_back(open_list, viewport, scheme):
    visitor = open_list(viewport, color_scheme=scheme)
    visitor.page.context.set_offline(True)
    note = visitor.page.locator(".list-note")
    note.wait_for()
    assert re.fullmatch(
        r"You are offline. The list shows what was known at \d\d:\d\d( [AP]M)?\.", note.inner_text()
    )
    assert violations(visitor) == []
    visitor.page.context.set_offline(False)
    note.wait_for(state="detached")
    expect(visitor.page.locator("#map-said")).to_have_text(
        "You are online again.", use_inner_text=True
    )
