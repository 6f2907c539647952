"""Without signal: pages seen before; a report is kept with its photo and delivered once.

Nothing of it is left behind.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import text
from werkzeug.serving import make_server

from app import create_app
from portal.domain.report import Question
from portal.domain.service_definition import ServiceDefinition
from portal.services.sync import definitions
from tests.browser.test_report import QUESTION, describe_pothole, past_similar, press, to_types
from tests.support.browser import (
    FLAGS,
    PATIENT_SECONDS,
    PHONE,
    fast_chromium,
    require_chromium,
    wait_until,
)

pytestmark = pytest.mark.browser

CONTROLLED = "() => navigator.serviceWorker && navigator.serviceWorker.controller"
KEPT = """() => new Promise(done => {
    const asked = indexedDB.open("citizens-connect", 1);
    asked.onsuccess = () => {
        const kept = asked.result.transaction(["reports", "photos"]);
        const reports = kept.objectStore("reports").getAll();
        const photos = kept.objectStore("photos").getAll();
        kept.oncomplete = () => {
            asked.result.close();
            done([...reports.result, ...photos.result]);
        };
    };
})"""
"""Every record of a report on the phone, and every list of photos."""
CACHED = """async () => {
    const found = [];
    for (const name of await caches.keys())
        for (const request of await (await caches.open(name)).keys()) {
            found.push(new URL(request.url).pathname);
        }
    return found;
}"""
KEPT_WITH = f"""words => ({KEPT})().then(
    kept => kept.some(one => JSON.stringify(one).includes(words)))"""
WAITING = "Kept on this phone. It will be sent when"


def until_kept(page: Page, words: str) -> None:
    """Wait until the phone has kept something of a report with these words in it."""
    wait_until(page, lambda: page.evaluate(KEPT_WITH, words))


class Line:
    """Between the browser and the portal: passes everything on, answers 500, or loses answers.

    A lost answer is one to a request that the portal has handled.
    """

    def __init__(self, passed_on: Callable) -> None:
        self.passed_on = passed_on
        self.fault = ""
        self.delivered = 0

    def __call__(self, environ: dict[str, Any], start: Callable):
        if environ["PATH_INFO"] != "/report/deliver.json":
            return self.passed_on(environ, start)
        self.delivered += 1
        if self.fault == "500":
            start(
                "500 Internal Server Error",
                [("Content-Type", "text/html"), ("Content-Length", "0")],
            )
            return [b""]
        if self.fault == "lost":
            body = b"".join(self.passed_on(environ, lambda *_: lambda _: None))
            assert body, "the portal has taken it"
            start(
                "200 OK",
                [("Content-Type", "application/json"), ("Content-Length", str(len(body) + 100))],
            )
            return [body[:5]]
        return self.passed_on(environ, start)


class Portal311:
    """A running portal on one port that can go away and come back."""

    def __init__(self, settings, portal) -> None:
        self.app = create_app(settings, portal)
        self.line = Line(self.app.server.wsgi_app)
        self.app.server.wsgi_app = self.line
        self.server = make_server("127.0.0.1", 0, self.app.server, threaded=True)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def standing(settings, portal, town) -> Iterator[Portal311]:
    portal.settings = settings.model_copy(update={"smtp_url": "smtp://127.0.0.1"})
    there = Portal311(portal.settings, portal)
    yield there
    there.server.shutdown()


@pytest.fixture
def phone(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., BrowserContext]]:
    """phone() opens the browser of a phone; closed and opened again, it is the same phone.

    phone(whole=True) opens one that has Background Sync.
    """
    opened: list[BrowserContext] = []

    def open_browser(*, whole: bool = False, **options: Any) -> BrowserContext:
        context = browser.browser_type.launch_persistent_context(
            str(tmp_path / "phone"),
            executable_path=require_chromium() if whole else fast_chromium(),
            args=FLAGS,
            viewport=PHONE,
            **options,
        )
        context.set_default_timeout(1_000 * PATIENT_SECONDS)
        opened.append(context)
        return context

    yield open_browser
    for context in opened:
        context.close()


def reports(portal) -> int:
    with portal.core.connect() as connection:
        return connection.execute(text("select count(*) from reports")).scalar_one()


def attached_photos(portal) -> int:
    with portal.core.connect() as connection:
        return connection.execute(
            text("select count(*) from photos where case_key is not null")
        ).scalar_one()


def ready(context: BrowserContext, address: str) -> Page:
    """A page, and the worker that stands behind it."""
    page = context.new_page()
    page.goto(address)
    page.wait_for_function(CONTROLLED)
    return page


def to_check(page: Page, photo: str | None = None) -> None:  # noqa: F811
    """Every screen as most people answer it, up to the last one."""
    if photo:
        page.set_input_files("#photo", photo)
        page.locator(".report-photos img").wait_for()
    to_types(page)
    describe_pothole(page)
    expect(page.locator(QUESTION)).to_have_text("Check and send", use_inner_text=True)


def send(page: Page) -> None:
    page.get_by_role("button", name="Send the report").click()


def keep_waiting(standing: Portal311, page: Page, photo: str | None = None) -> None:  # noqa: F811
    """Fill in a report and send it to a portal that fails: it waits on the phone."""
    to_check(page, photo)
    standing.line.fault = "500"
    send(page)
    page.get_by_text(WAITING).wait_for()


def test_a_draft_with_its_photo_survives_a_restarted_browser(
    standing,
    phone,
    portal,
    photo,  # noqa: F811
):
    context = phone()
    page = context.new_page()
    page.goto(standing.address + "/report")
    page.set_input_files("#photo", photo)
    page.locator(".report-photos img").wait_for()
    press(page)
    press(page)
    page.get_by_role("radio", name="Pothole").check()
    press(page)
    past_similar(page)
    page.get_by_label("What do you see?").fill("Half a sentence")
    until_kept(page, "Half a sentence")
    context.close()
    with portal.transaction() as connection:
        connection.execute(text("delete from photos"))  # as the sweep does after a day
    page = phone().new_page()
    page.goto(standing.address)
    page.get_by_role("link", name=re.compile("Go on")).click()
    page.wait_for_url("**/report")
    page.get_by_text(re.compile("Go on with your report from")).wait_for()
    page.get_by_role("button", name="Go on").click()
    page.locator("#note").wait_for()
    expect(page.locator("#note")).to_have_value("Half a sentence")
    page.wait_for_function(
        "() => new FormData(document.getElementById('report-form')).getAll('photos').length === 1"
    )
    press(page)
    page.get_by_role("radio", name=re.compile("Everybody")).check()
    press(page)
    send(page)
    page.wait_for_url("**/mine/*/sent")
    expect(page.locator("strong.sent-number")).to_be_visible()
    page.wait_for_function("() => !localStorage.getItem('reports-kept')")
    wait_until(page, lambda: page.evaluate(KEPT) == [])
    assert (reports(portal), attached_photos(portal)) == (1, 1)


def test_in_another_language_the_draft_keeps_its_photo(standing, phone, photo):  # noqa: F811
    page = phone().new_page()
    page.goto(standing.address + "/report")
    page.set_input_files("#photo", photo)
    page.locator(".report-photos img").wait_for()
    press(page)
    page.locator(".site-menu summary").click()
    page.get_by_role("link", name="Español").click()
    page.wait_for_function(
        "() => document.documentElement.lang === 'es' && document.getElementById('place')"
    )
    sizes = (
        "() => window.portal.kept.all().then("
        "all => all.map(one => one.photos.map(photo => photo.blob.size > 1000)))"
    )
    wait_until(page, lambda: page.evaluate(sizes) == [[True]])


def test_begun_anew_nothing_of_the_draft_stays(standing, phone):
    page = phone().new_page()
    page.goto(standing.address + "/report")
    to_types(page)
    until_kept(page, "")
    page.goto(standing.address + "/report")
    page.get_by_role("button", name="Start over").click()
    page.locator("#kept-reports").wait_for(state="hidden")
    wait_until(page, lambda: page.evaluate(KEPT) == [])


def test_a_report_sent_without_signal_waits_and_is_sent_when_it_is_back(
    standing, phone, portal, photo
):  # noqa: F811
    context = phone()
    page = ready(context, standing.address + "/report")
    to_check(page, photo)
    context.set_offline(True)
    send(page)
    page.get_by_text(WAITING).wait_for()
    assert reports(portal) == 0
    context.set_offline(False)
    page.get_by_text(re.compile("Sent. Your number is [0-9A-Z]{4}-")).wait_for()
    assert (reports(portal), attached_photos(portal)) == (1, 1)
    [rest] = page.evaluate(KEPT)
    assert set(rest) == {"key", "state", "began", "changed", "number", "own"}
    page.get_by_role("link", name="See your report").click()
    page.wait_for_url("**/mine/*")
    page.wait_for_function("() => !localStorage.getItem('reports-kept')")
    wait_until(page, lambda: page.evaluate(KEPT) == [])


def test_a_report_that_waits_is_sent_at_the_next_opening(standing, phone, portal):
    context = phone()
    page = context.new_page()
    page.goto(standing.address + "/report")
    keep_waiting(standing, page)
    context.close()
    standing.line.fault = ""
    page = phone().new_page()
    page.goto(standing.address)
    page.get_by_text(re.compile("Sent. Your number is")).wait_for()
    assert reports(portal) == 1


def test_the_browser_sends_what_waits_by_itself_when_no_page_is_open(
    standing, phone, portal, photo
):  # noqa: F811
    context = phone(whole=True)
    page = ready(context, standing.address + "/report")
    keep_waiting(standing, page, photo)
    tags = "() => navigator.serviceWorker.ready.then(worker => worker.sync.getTags())"
    wait_until(page, lambda: "reports" in page.evaluate(tags))
    browser = context.new_cdp_session(page)
    registered: list[dict[str, Any]] = []
    browser.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: registered.extend(told["registrations"]),
    )
    browser.send("ServiceWorker.enable")
    page.goto(standing.address + "/robots.txt")
    standing.line.fault = ""
    at = {
        "origin": standing.address,
        "registrationId": registered[-1]["registrationId"],
        "tag": "reports",
        "lastChance": False,
    }
    browser.send("ServiceWorker.dispatchSyncEvent", at)
    wait_until(page, lambda: reports(portal) > 0)
    assert (reports(portal), attached_photos(portal)) == (1, 1)
    page.goto(standing.address)
    page.get_by_text(re.compile("Sent. Your number is")).wait_for()


def test_a_report_whose_answer_was_lost_is_one_report(standing, phone, portal, photo):  # noqa: F811
    page = phone().new_page()
    page.goto(standing.address + "/report")
    to_check(page, photo)
    standing.line.fault = "lost"
    send(page)
    page.get_by_text(WAITING).wait_for()
    assert reports(portal) == 1
    standing.line.fault, lost = (
        "",
        standing.line.delivered,
    )  # the form's own, and the one that Chromium tries at once in the background
    assert lost in (1, 2)
    page.get_by_role("button", name="Try now").click()
    page.get_by_text(re.compile("Sent. Your number is")).wait_for()
    assert (reports(portal), attached_photos(portal)) == (1, 1)
    assert standing.line.delivered == lost + 1


def test_what_the_portal_refuses_is_the_form_again_filled_in(standing, phone, portal):
    context = phone()
    page = context.new_page()
    page.goto(standing.address + "/report")
    to_check(page)
    page.get_by_label("Your e-mail address").fill("someone@nowhere")
    context.set_offline(True)
    send(page)
    page.get_by_text(WAITING).wait_for()
    context.set_offline(False)
    page.get_by_text("could not be taken as it is").wait_for()
    expect(page.locator("#kept-reports")).to_contain_text(
        "look like an e-mail address", use_inner_text=True
    )
    assert reports(portal) == 0
    page.get_by_role("button", name="Look at it again").click()
    page.locator("#email").wait_for()
    expect(page.locator("#email")).to_have_value("someone@nowhere")
    expect(page.locator(".report-summary")).to_contain_text(
        "Deep, at the crosswalk", use_inner_text=True
    )
    page.locator("#email").fill("someone@example.org")
    send(page)
    page.wait_for_url("**/mine/*/sent")
    assert reports(portal) == 1


def test_what_is_refused_with_signal_is_said_beside_its_field(standing, phone, portal):
    page = phone().new_page()
    page.goto(standing.address + "/report")
    to_check(page)
    page.get_by_label("Your e-mail address").fill("someone@nowhere")
    send(page)
    page.locator("#problems").wait_for()
    expect(page.locator("#email-problem")).to_be_visible()
    page.locator("#email").fill("")
    send(page)
    page.wait_for_url("**/mine/*/sent")
    assert reports(portal) == 1


def test_a_report_begun_without_signal_is_made_on_one_page(
    standing,
    phone,
    portal,
    city,
    photo,  # noqa: F811
):
    with portal.transaction() as connection:
        offered = ServiceDefinition("Pothole", "Pothole"), ServiceDefinition("Graffiti", "Graffiti")
        definitions.save_definitions(connection, city.id, "town", offered, 0)
        definitions.save_questions(
            connection,
            city.id,
            "Pothole",
            (Question("size", "How large is it?", is_required=True),),
            0,
        )
    context = phone()
    page = ready(context, standing.address)
    context.set_offline(True)
    page.get_by_role("link", name="Report a problem").last.click()
    page.get_by_text("Report without signal").first.wait_for()
    page.set_input_files("#photo", photo)
    page.get_by_text("1 photo is kept with it.").wait_for()
    expect(page.locator(".report-where")).to_have_text("Your place is known.", use_inner_text=True)
    page.get_by_label("What is it about?").select_option("Graffiti")
    expect(page.get_by_label("How large is it?")).to_have_count(0)
    page.get_by_label("What is it about?").select_option("Pothole")
    page.get_by_label("What do you see?").fill("No signal down here")
    page.get_by_role("radio", name="Everybody").check()
    page.get_by_role("button", name="Send when there is signal").click()
    assert page.get_by_label("How large is it?").evaluate("box => box.matches(':invalid')")
    page.get_by_label("How large is it?").fill("As a table")
    page.get_by_role("button", name="Send when there is signal").click()
    page.get_by_text(WAITING).wait_for()
    context.set_offline(False)
    page.get_by_text(re.compile("Sent. Your number is")).wait_for()
    assert (reports(portal), attached_photos(portal)) == (1, 1)
    with portal.core.connect() as connection:
        assert (
            connection.execute(text("select answers from reports")).scalar_one()
            == '{"size": ["As a table"]}'
        )


def test_in_the_middle_of_the_form_a_report_can_be_finished_without_signal(standing, phone, portal):
    context = phone()
    page = ready(context, standing.address + "/report")
    to_types(page)
    page.get_by_role("radio", name="Pothole").check()
    context.set_offline(True)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Finish without signal").click()
    page.get_by_text("Report without signal").first.wait_for()
    page.wait_for_function("() => document.getElementById('service').value === 'Pothole'")
    expect(page.locator("#place")).to_have_value("3 Adams St")
    page.get_by_role("radio", name="Only the city and you").check()
    page.get_by_role("button", name="Send when there is signal").click()
    page.get_by_text(WAITING).wait_for()
    context.set_offline(False)
    page.get_by_text(re.compile("Sent. Your number is")).wait_for()
    assert reports(portal) == 1


def test_pages_seen_before_say_when_they_were_kept_and_others_that_there_is_no_signal(
    standing, phone
):
    context = phone()
    page = ready(context, standing.address)
    page.goto(standing.address + "/cases")
    context.set_offline(True)
    page.goto(standing.address + "/cases")
    expect(page.locator(".kept-notice")).to_contain_text(
        "This page was kept on your phone on", use_inner_text=True
    )
    assert page.locator(".kept-notice time").get_attribute("datetime")
    expect(page.get_by_role("article").first).to_be_attached()
    page.goto(standing.address + "/places")
    expect(page.locator(QUESTION)).to_have_text("There is no signal just now", use_inner_text=True)
    page.go_back()
    expect(page.get_by_role("article").first).to_be_attached()
    context.set_offline(False)
    page.goto(standing.address + "/cases")
    expect(page.locator(".kept-notice")).to_have_count(0)


def test_nothing_of_a_residents_own_is_in_any_cache(standing, phone):
    page = ready(phone(), standing.address + "/report")
    to_check(page)
    send(page)
    page.wait_for_url("**/mine/*/sent")
    page.goto(page.url.replace("/sent", ""))
    for path in ("/search?q=adams", "/staff/sign-in", "/report/offline", "/status"):
        page.goto(standing.address + path)
    cached = page.evaluate(CACHED)
    assert {"/status", "/offline", "/report/offline"} <= set(cached)
    assert [
        path
        for path in cached
        if not re.fullmatch(r"/(status|offline|report/offline|assets/.*)?", path)
    ] == []


def test_a_new_worker_takes_over_without_loading_the_page_again(standing, phone):
    page = ready(phone(), standing.address)
    rule = standing.app.server.view_functions
    former = rule["service worker"]
    loads: list[str] = []
    page.on("load", lambda: loads.append(page.url))

    def newer():
        answer = former()
        answer.set_data(answer.get_data() + b"\nself.isNewer = true;")
        answer.headers.pop("ETag", None)
        return answer

    rule["service worker"] = newer
    page.evaluate(
        "() => { window.took = new Promise("
        "done => navigator.serviceWorker.addEventListener('controllerchange', done)); }"
    )
    page.evaluate("() => navigator.serviceWorker.getRegistration().then(worker => worker.update())")
    page.evaluate("() => window.took.then(() => true)")
    page.wait_for_timeout(500)
    assert loads == []


def test_switched_off_the_worker_and_what_it_kept_are_gone(standing, phone, settings, portal):
    context = phone()
    page = ready(context, standing.address)
    off = create_app(settings.model_copy(update={"offline_pages": False}), portal)
    standing.line.passed_on = off.server.wsgi_app
    page.evaluate("() => navigator.serviceWorker.getRegistration().then(worker => worker.update())")
    page.wait_for_function("() => navigator.serviceWorker.getRegistration().then(found => !found)")
    page.goto(standing.address + "/cases")
    page.get_by_role("article").first.wait_for()
    page.wait_for_function("() => caches.keys().then(names => !names.length)")


@pytest.mark.parametrize("missing", ["indexedDB", "caches", "BroadcastChannel"])
def test_where_the_browser_has_no_place_to_keep_things_all_goes_on_as_without(
    standing, phone, portal, missing
):
    context = phone(service_workers="block")
    context.add_init_script(f"Object.defineProperty(window, '{missing}', {{ value: undefined }})")
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda problem: wrong.append(str(problem)))
    page.goto(standing.address + "/report")
    to_check(page)
    send(page)
    page.wait_for_url("**/mine/*/sent")
    assert reports(portal) == 1
    assert wrong == []


def test_the_first_visit_asks_for_nothing_more_before_it_is_there(standing, phone):
    page = phone().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(standing.address, wait_until="load")
    at_load = [address for address in asked if re.search("service-worker|offline|report-", address)]
    assert at_load == []
    page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_state_has_an_accessibility_fault(standing, phone, scheme):
    context = phone(color_scheme=scheme, reduced_motion="reduce")
    page = ready(context, standing.address + "/report")

    def is_fine(state: str) -> None:
        found = Axe().run(page).response["violations"]
        assert [
            f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]
        ] == [], state
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], state

    to_types(page)
    until_kept(page, "")
    for address in ("/report", "/"):
        page.goto(standing.address + address)
        page.locator("#kept-reports").wait_for()
        is_fine(f"a draft at {address}")
    context.set_offline(True)
    page.goto(standing.address)
    page.locator(".kept-notice").wait_for()
    is_fine("a page that was kept")
    page.goto(standing.address + "/places")
    page.locator(".kept-line").wait_for()
    is_fine("no signal")
    page.goto(standing.address + "/report")
    page.locator("#service").select_option("Pothole")
    page.locator("#place").fill("Nowhere Blvd")
    page.get_by_role("radio", name="Everybody").check()
    is_fine("the form on one page")
    page.get_by_role("button", name="Send when there is signal").click()
    page.locator(".kept-waiting").wait_for()
    is_fine("waiting")
    context.set_offline(False)
    page.locator(".kept-refused").wait_for()
    is_fine("refused")


def test_a_draft_left_for_a_week_is_deleted_and_a_waiting_report_is_not(standing, phone, portal):
    page = phone(service_workers="block").new_page()
    page.goto(standing.address + "/report")
    standing.line.fault = "500"
    page.evaluate("""() => {
        const eightDaysAgo = Date.now() - 8 * 86400000;
        const old = {
            began: eightDaysAgo, changed: eightDaysAgo,
            step: "what", query: "", fields: [["key", "x"]], photos: [],
        };
        const keep = state => window.portal.kept.put({ key: state, state: state, ...old });
        return Promise.all(["draft", "waiting"].map(keep));
    }""")
    page.goto(standing.address + "/report")
    page.locator(".kept-waiting").wait_for()
    wait_until(page, lambda: [one["state"] for one in page.evaluate(KEPT)] == ["waiting"])
    expect(page.locator(".kept-draft")).to_have_count(0)


def test_two_tabs_that_send_what_waits_at_once_send_one_report(standing, phone, portal):
    context = phone()
    page = context.new_page()
    page.goto(standing.address + "/report")
    keep_waiting(standing, page)
    other = context.new_page()
    other.goto(standing.address)
    other.get_by_text(WAITING).wait_for()
    standing.line.fault, before = "", standing.line.delivered
    for tab in (page, other):
        tab.evaluate("() => { window.portal.keptReports.deliver(); }")
    for tab in (page, other):
        tab.get_by_text(re.compile("Sent. Your number is")).wait_for()
    assert reports(portal) == 1
    assert standing.line.delivered == before + 1


FIREFOX = "delete ServiceWorkerRegistration.prototype.sync; delete window.SyncManager;"
OLD_SAFARI = (
    FIREFOX
    + "Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });"
    + "delete window.BroadcastChannel;"
)


@pytest.mark.parametrize(
    "browser_is", [FIREFOX, OLD_SAFARI], ids=["no background sync", "no locks either"]
)
@pytest.mark.parametrize("fault", ["500", "lost"])
def test_without_background_sync_it_is_sent_at_the_next_opening_once_in_however_many_tabs(
    standing,
    phone,
    portal,
    photo,  # noqa: F811
    browser_is,
    fault,
):
    context = phone()
    context.add_init_script(browser_is)
    page = ready(context, standing.address + "/report")
    assert (
        page.evaluate("() => navigator.serviceWorker.ready.then(worker => 'sync' in worker)")
        is False
    )
    to_check(page, photo)
    standing.line.fault = fault
    send(page)
    page.get_by_text(WAITING).wait_for()
    context.close()
    standing.line.fault = ""
    context = phone()
    context.add_init_script(browser_is)
    tabs = [context.new_page() for _ in range(2)]
    for tab in tabs:
        tab.goto(standing.address, wait_until="commit")
    for tab in tabs:
        tab.get_by_text(re.compile("Sent. Your number is")).wait_for()
    assert (reports(portal), attached_photos(portal)) == (1, 1)
    if (
        browser_is == FIREFOX
    ):  # without locks the tabs send it side by side, and the portal knows it for one report
        assert standing.line.delivered == 2
