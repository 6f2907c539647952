"""From a phone to the right person's queue and back.

The portal, the worker and the desk run as they do in a city, each with its own clock and network.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page
from werkzeug.serving import make_server

from data_sync.desk import accounts, store
from data_sync.desk.models import open_desk
from data_sync.desk.records import DeskService
from data_sync.desk.server import create_desk
from data_sync.dispatch.sender import make_senders, tidying_jobs
from data_sync.publisher import publishing_jobs
from data_sync.pull.run import sync_city
from data_sync.repeat import start_thread
from data_sync.worker import sync_job
from portal.domain.route_rules import RouteRule, System
from portal.secrets import desk_key
from tests.browser.test_report import begin, past_similar, press, take_a_persons_time
from tests.support.browser import DESKTOP, PHONE

pytestmark = pytest.mark.browser

PASSWORD = "a sentence is long"  # noqa: S105 - of nobody
DESK = System(
    "desk",
    "open311",
    endpoint="desk",
    can_look_up=True,
    takes_photos=True,
    takes_updates=True,
    takes_queue=True,
)
SOURCE = {
    "kind": "open311",
    "name": "desk",
    "endpoint": "desk",
    "quirks": {"updated_after": True, "id_lists": True, "page_size": 1000},
}
SERVICES = [
    DeskService("Pothole", "Pothole", "Streets", "A hole.", "Public Works", "Front Desk", 48),
    DeskService("Paving", "Paving", "Streets", "A street.", "Public Works", "Highway North", None),
]


@pytest.fixture
def city(city):
    """Smallville, whose potholes in Northside go to a crew of their own."""
    north = RouteRule(
        "Public Works", "Highway North", match="pothole", areas=(("neighborhood", "northside"),)
    )
    return replace(city, systems=(DESK,), sources=(SOURCE,), routes=(north,))


@pytest.fixture
def desk(settings, tmp_path) -> Iterator[str]:
    """The address of a running desk in which Ana works."""
    engine = open_desk(tmp_path / "desk.sqlite")
    store.add_services(engine, SERVICES)
    accounts.add_staff(engine, "Ana", PASSWORD)
    keys = {"api_keys": (desk_key(settings),), "secret_key": "test", "public_url": ""}
    app = create_desk(
        engine, photo_dir=tmp_path / "desk-photos", now=lambda: datetime.now(UTC), **keys
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    engine.dispose()


@pytest.fixture
def worker(portal, city, town, desk) -> Iterator[list[str]]:
    """Run the worker's jobs as often as it does; returns what they say."""
    stop, said = threading.Event(), []
    every_seconds = portal.settings.sync_seconds
    jobs = {
        "sync": [
            sync_job(
                city.id,
                lambda _: sync_city(portal, city, desk_url=desk, stop=stop),
                every_seconds,
                said.append,
            )
        ],
        "publish": publishing_jobs(portal),
        "tidy outbox": tidying_jobs(portal),
        "send": [sender.job(stop) for sender in make_senders(portal, desk, said.append)],
    }
    threads = [start_thread(name, its_jobs, stop, said.append) for name, its_jobs in jobs.items()]
    yield said
    stop.set()
    for thread in threads:
        thread.join()


def sent_off(page: Page, photo: str) -> str:  # noqa: F811
    """A report with a photo that knows its place; the address of its own page."""
    page.set_input_files("#photo", photo)
    page.locator(".report-photos img").wait_for()
    press(page)
    assert page.locator(".pin-said").inner_text().endswith("Northside")
    press(page)
    page.get_by_role("radio", name="Pothole").check()
    press(page)
    past_similar(page)
    page.get_by_label("What do you see?").fill("Deep, at the crosswalk")
    press(page)
    page.get_by_role("radio", name=re.compile("Everybody")).check()
    press(page)
    take_a_persons_time(page)
    page.get_by_role("button", name="Send the report").click()
    page.wait_for_url("**/mine/*/sent")
    return page.url.removesuffix("/sent")


def until_it_says(page: Page, words: str, address: str, seconds: float) -> float:
    """Load a page again and again until it says so; after how many seconds it did."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        page.goto(address)
        if words in page.locator("main").inner_text():
            return time.monotonic() - began
        page.wait_for_timeout(250)
    raise AssertionError(f"{address} did not say “{words}” in {seconds:.0f} s")


def test_a_report_is_in_the_right_queue_is_closed_there_and_its_page_says_so_within_a_minute(
    worker, desk, site, visit, photo
):  # noqa: F811
    resident, ana = visit(PHONE, has_touch=True), visit(DESKTOP)
    page = begin(resident, site)
    own = sent_off(page, photo)
    assert until_it_says(page, "work-order system has it", own, 30) < 30
    staff = ana.page
    staff.goto(f"{desk}/staff")
    staff.get_by_label("Name").fill("Ana")
    staff.get_by_label("Password").fill(PASSWORD)
    staff.get_by_role("button", name="Sign in").click()
    staff.get_by_role("link", name=re.compile("Pothole")).first.click()
    facts = staff.locator("main").inner_text()
    assert "Highway North" in facts
    assert "Deep, at the crosswalk" in facts
    assert staff.locator("img[src*='/photos/']").count() == 1
    staff.locator("summary", has_text="Close the case").click()
    staff.get_by_label("Reason").select_option(label="Fixed")
    staff.get_by_role("button", name="Close the case").click()
    assert staff.get_by_role("status").inner_text() == "The case is closed."
    assert until_it_says(page, "Closed on", own, 60) < 60
    assert "Fixed" in page.locator("main").inner_text()
    assert [said for said in worker if "error" in said or "could not" in said] == []
