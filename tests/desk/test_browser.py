"""The staff's pages in a real browser: accessible, without scripts, on a phone, by keyboard."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from data_sync.desk import accounts, store
from data_sync.desk.records import NewCase
from tests.desk.conftest import PASSWORD
from tests.support.browser import DESKTOP, PHONE
from tests.support.desks import desk_app

pytestmark = pytest.mark.browser


@pytest.fixture
def site(desk, clock, pothole, tmp_path) -> Iterator[str]:
    """The address of a running desk with an overdue pothole, a light in work and a closed one."""
    accounts.add_staff(desk, "Ana", PASSWORD)
    for number in range(2):
        light = store.report_case(
            desk,
            NewCase(service_code="light", description="Dark at the bus stop " * 20),
            now=clock(),
            actor="test",
        )
        store.take_case(desk, light, actor="Ben", now=clock())
        store.add_note(desk, light, "A part is ordered.", actor="Ben", now=clock(), is_public=True)
        if number:
            store.close_case(desk, light, "Fixed", actor="Ben", now=clock())
    clock.pass_hours(72)
    app = desk_app(desk, tmp_path, clock, public_url="")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def sign_in(page: Page, name: str = "Ana", password: str = PASSWORD) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def faults(page: Page) -> list[str]:
    """What axe finds, and whether anything is wider than the window."""
    found = Axe().run(page).response["violations"]
    too_wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]] + [
        "too wide"
    ] * too_wide


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_no_page_has_an_accessibility_fault_in_any_state(
    site, browser, viewport, scheme, pothole, desk, clock
):
    new = NewCase("pothole", "A hole as deep as a hand " * 9, "3 Elm St", 42.3201, -71.07)
    repeat = store.report_case(desk, new, now=clock(), actor="test")
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    page, complaints = context.new_page(), []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{site}/staff")
    assert faults(page) == [], "sign in"
    sign_in(page, password="wrong")
    assert faults(page) == [], "wrong password"
    sign_in(page)
    for path in (
        "/staff",
        "/staff?status=overdue",
        "/staff?status=closed&queue=Lights",
        "/staff?words=zzz",
        "/staff/cases/nope",
    ):
        page.goto(site + path)
        assert faults(page) == [], path
    for request_id in (pothole, "26-00000002", "26-00000003"):
        page.goto(f"{site}/staff/cases/{request_id}")
        page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
        assert faults(page) == [], request_id
    page.goto(f"{site}/staff/cases/{pothole}")
    page.locator("form[action$=note]").evaluate("form => { form.noValidate = true; form.submit() }")
    page.get_by_role("alert").wait_for()
    assert faults(page) == [], "a note that is refused"
    page.goto(f"{site}/staff/cases/{repeat}")
    page.locator("summary", has_text="Already reported").click()
    page.get_by_role("button", name="Close it as already reported").click()
    page.get_by_role("alert").wait_for()
    assert faults(page) == [], "a repeat of no case"
    page.get_by_role("radio", name=pothole).check()
    page.get_by_role("button", name="Close it as already reported").click()
    page.get_by_role("status").wait_for()
    assert faults(page) == [], "a repeat"
    context.close()
    assert [text for text in complaints if "status of 4" not in text] == []


def test_a_fault_would_be_found(browser):
    page = browser.new_page()
    page.set_content(
        "<html lang=en><title>x</title><main><h1>x</h1><input style='width:3000px'></main>"
    )
    assert [fault.split(":")[0] for fault in faults(page)] == ["label", "too wide"]
    page.close()


def test_a_case_is_closed_by_keys_alone_and_without_scripts(site, browser, desk, pothole):
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/staff/cases/{pothole}")
    sign_in(page)
    page.get_by_role("button", name="Take this case").press("Enter")
    expect(page.get_by_role("status")).to_have_text("The case is yours.", use_inner_text=True)
    page.locator("summary", has_text="Close the case").press("Enter")
    page.get_by_label("Reason").press("F")  # the first reason that begins with F
    page.get_by_label("More words (the public reads them)").fill("New asphalt")
    page.get_by_role("button", name="Close the case").press("Enter")
    expect(page.get_by_role("status")).to_have_text("The case is closed.", use_inner_text=True)
    with desk.connect() as connection:
        case = store.case_row(connection, pothole)
    assert (case.closure_reason, case.taken_by) == ("Fixed. New asphalt", "Ana")
    assert datetime.fromtimestamp(case.closed_at, UTC).isoformat() == "2026-11-26T09:00:00+00:00"
    context.close()
