"""The network fails halfway: what was there stays readable, and nothing breaks.

The page says that it could not fetch what was asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Route, expect

from tests.browser.conftest import Visitor
from tests.support.browser import DESKTOP, PHONE, goto, wait_until

pytestmark = pytest.mark.browser


def faults_of_ours(visitor: Visitor) -> list[str]:
    """Complaints that are not the browser's own about a request that failed."""
    return [
        text
        for text in visitor.complaints
        if "net::ERR" not in text and "Failed to load resource" not in text
    ]


def is_readable(visitor: Visitor) -> bool:
    return (
        visitor.page.get_by_role("article").count() > 0
        and visitor.page.get_by_role("heading", level=1).is_visible()
    )


@pytest.mark.parametrize("kind", ["/assets/list.js", "/assets/boot.js"])
def test_a_page_whose_parts_do_not_come_can_be_read_and_used(standing_site, visit, kind):
    visitor = visit(PHONE)
    visitor.page.route(f"**{kind}**", lambda route: route.abort())
    visitor.page.goto(standing_site + "/cases")
    assert is_readable(visitor)
    visitor.page.get_by_label("Status").select_option("open")
    visitor.page.get_by_role("button", name="Show").click()
    visitor.page.wait_for_url("**status=open**")
    assert is_readable(visitor)
    assert faults_of_ours(visitor) == []


@pytest.mark.parametrize(
    "part",
    [
        "dash_leaflet",
        "dash_renderer",
        "/_dash-update-component",
        "/_dash-layout",
        "map.js",
        "map.css",
    ],
)
def test_a_live_map_that_does_not_come_leaves_the_still_one(standing_site, visit, part):
    visitor = visit(DESKTOP)
    visitor.page.route(lambda url: part in url, lambda route: route.abort())
    goto(visitor.page, standing_site)
    circles = visitor.page.get_by_role("link", name="zoom in").count()
    with visitor.page.expect_event("requestfailed", lambda request: part in request.url):
        visitor.page.mouse.move(200, 180)
        visitor.page.mouse.move(202, 182)
    visitor.page.wait_for_timeout(1_500)
    assert visitor.page.get_by_role("link", name="zoom in").count() == circles > 0
    assert is_readable(visitor)


def test_the_still_map_leads_on_when_the_live_one_does_not_come(standing_site, visit):
    visitor = visit(DESKTOP)
    visitor.page.route("**/_dash-component-suites/**", lambda route: route.abort())
    goto(visitor.page, standing_site)
    visitor.page.mouse.move(200, 180)
    visitor.page.wait_for_timeout(1_500)
    visitor.page.get_by_role("link", name="zoom in").first.click()
    visitor.page.wait_for_url("**/cases?bbox=**")


def test_tiles_that_do_not_come_leave_a_map_that_can_be_used_again(standing_site, visit):
    visitor = visit(DESKTOP)
    visitor.page.goto(standing_site + "/cases")
    visitor.wake_map()
    visitor.page.wait_for_load_state("networkidle")
    visitor.cut_off()
    visitor.page.get_by_role("button", name="Zoom in", exact=True).click()
    visitor.page.wait_for_timeout(1_000)
    assert is_readable(visitor)
    visitor.reconnect()
    visitor.page.get_by_role("button", name="Zoom out", exact=True).click()
    visitor.page.wait_for_timeout(500)
    visitor.page.get_by_role("button", name="Zoom in", exact=True).click()
    visitor.page.wait_for_load_state("networkidle")
    expect(visitor.page.locator(".live-map .map-icon").first).to_be_attached()
    assert faults_of_ours(visitor) == []


@pytest.mark.parametrize("answer", ["nothing", "a fault", "no JSON"])
def test_a_poll_that_fails_is_asked_again_and_disturbs_nobody(
    town, site, visit, add_case, publish, answer
):
    visitor = visit(PHONE)
    visitor.page.add_init_script("window.portal = { pollEvery: 200 }")
    asked: list[str] = []

    def fail(route: Route) -> None:
        asked.append(route.request.url)
        answers: dict[str, Callable[[], None]] = {
            "nothing": lambda: route.abort(),
            "a fault": lambda: route.fulfill(status=503, body="{}"),
            "no JSON": lambda: route.fulfill(status=200, body="<html>the café's own page"),
        }
        answers[answer]()

    visitor.page.route("**/version.json*", fail)
    visitor.page.goto(site)
    first = visitor.page.get_by_role("article").first.inner_text()
    wait_until(visitor.page, lambda: len(asked) >= 2)
    expect(visitor.page.get_by_role("article").first).to_have_text(first, use_inner_text=True)
    assert faults_of_ours(visitor) == []
    visitor.page.unroute("**/version.json*")
    add_case("999", opened=datetime.now(UTC).isoformat(), service="Fallen Tree")
    publish()
    visitor.page.get_by_role("link", name=re.compile("newer case", re.IGNORECASE)).first.wait_for()
