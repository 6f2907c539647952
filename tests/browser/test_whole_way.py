"""From a phone to the right person's queue, closed with a photo, told, reopened, told again.

The portal, the worker and the desk run as they do in a city, each with its own clock and network,
on SQLite and on PostgreSQL as docs/operations.md sets it up. With `-s` the seconds of each step are
printed, as docs/reliability.md has them.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from data_sync.desk import accounts, store
from data_sync.desk.models import open_desk
from data_sync.desk.records import DeskService
from data_sync.desk.server import create_desk
from data_sync.dispatch import mailer
from data_sync.dispatch.mailer import Mailer
from data_sync.dispatch.sender import make_senders, tidying_jobs
from data_sync.publisher import publishing_jobs
from data_sync.pull.photos import make_photo_pulls, photo_jobs
from data_sync.pull.run import sync_city
from data_sync.repeat import start_thread
from data_sync.worker import sync_job
from portal.cli.serve import free_port
from portal.domain.jurisdiction import PhotoSource
from portal.domain.route_rules import RouteRule, System
from portal.facts import publish as facts_publish
from portal.secrets import desk_key
from tests.browser.conftest import QUARTERS
from tests.browser.test_report import describe_pothole, press, take_a_persons_time
from tests.photos.samples import saved, scene
from tests.support.browser import DESKTOP, PATIENT_SECONDS, PHONE, ending_in

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
    ours = {"systems": (DESK,), "sources": (SOURCE,), "routes": (north,)}
    return replace(city, photos=PhotoSource(("desk",)), **ours)


@pytest.fixture
def settings(settings):
    """A city that writes e-mails and syncs as often as it may."""
    return settings.model_copy(update={"smtp_url": "smtp://127.0.0.1", "sync_seconds": 5})


@pytest.fixture
def northside(portal, city, add_area) -> None:
    """A neighborhood, and no case yet."""
    south, north, west, east = QUARTERS["Northside"]
    add_area("Northside", south=south, north=north, west=west, east=east)
    facts_publish.update(portal.core, city, portal.facts_folder)


@pytest.fixture
def letters() -> list[EmailMessage]:
    """The e-mails that were sent."""
    return []


@pytest.fixture
def desk(settings, tmp_path) -> Iterator[str]:
    """The address of a running desk in which Ana works."""
    engine = open_desk(tmp_path / "desk.sqlite")
    store.add_services(engine, SERVICES)
    accounts.add_staff(engine, "Ana", PASSWORD)
    address = f"http://127.0.0.1:{(port := free_port())}"
    keys = {"api_keys": (desk_key(settings),), "secret_key": "test", "public_url": address}
    app = create_desk(
        engine, photo_dir=tmp_path / "desk-photos", now=lambda: datetime.now(UTC), **keys
    )
    server = make_server("127.0.0.1", port, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield address
    server.shutdown()
    engine.dispose()


@pytest.fixture
def worker(portal, city, northside, desk, letters, monkeypatch) -> Iterator[list[str]]:
    """Run the worker's jobs as often as it does; returns what they say.

    On a busy machine the photo of the work takes its time, and the e-mail waits for it.
    """
    monkeypatch.setattr(mailer, "PHOTO_SECONDS", PATIENT_SECONDS)
    stop, said = threading.Event(), []
    every_seconds = portal.settings.sync_seconds
    (pull,) = make_photo_pulls(portal, desk, stop.is_set)
    jobs = {
        "sync": [
            sync_job(
                city.id,
                lambda _: sync_city(portal, city, desk_url=desk, stop=stop),
                every_seconds,
                said.append,
            )
        ],
        "photos": photo_jobs(portal, [pull])[1:],
        "publish": publishing_jobs(portal),
        "tidy outbox": tidying_jobs(portal),
        "send": [sender.job(stop) for sender in make_senders(portal, desk, said.append)],
        "mail": [Mailer(portal, city, letters.append, say=said.append).job(stop)],
    }
    threads = [start_thread(name, its_jobs, stop, said.append) for name, its_jobs in jobs.items()]
    yield said
    stop.set()
    for thread in threads:
        thread.join()


@dataclass
class Stopwatch:
    """How long each step of the way took."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def time(self, step: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[step] = time.monotonic() - began

    def write(self) -> str:
        return "\n".join(f"| {step} | {seconds:.1f} |" for step, seconds in self.seconds.items())


def fill_in(page: Page, photo: str, has_scripts: bool) -> None:
    """A report with a photo that knows its place, up to the last screen."""
    page.set_input_files("#photo", photo)
    if has_scripts:
        page.locator(".report-photos img").wait_for()
    press(page, re.compile("Continue"))
    expect(page.locator(".pin-said")).to_have_text(ending_in("Northside"), use_inner_text=True)
    press(page)
    describe_pothole(page)
    page.locator("#email").fill("ana@example.org")


def send_off(page: Page) -> str:
    """Send it; the address of its own page."""
    take_a_persons_time(page)
    page.get_by_role("button", name="Send the report").click()
    page.wait_for_url("**/mine/*/sent")
    return page.url.removesuffix("/sent")


def wait_for_words(page: Page, address: str, *words: str, seconds: float = PATIENT_SECONDS) -> None:
    """Load a page again and again until it says all of it."""
    deadline = time.monotonic() + seconds
    while True:
        page.goto(address)
        said = page.locator("main").inner_text()
        missing = [part for part in words if part not in said]
        if not missing:
            return
        assert time.monotonic() < deadline, f"{address} does not say {missing}: {said}"
        page.wait_for_timeout(250)


def wait_for_email(page: Page, letters: list[EmailMessage], number: int, *words: str) -> None:
    """Wait until so many e-mails were sent; the last one says all of it."""
    deadline = time.monotonic() + PATIENT_SECONDS
    while len(letters) < number:
        assert time.monotonic() < deadline, [letter["Subject"] for letter in letters]
        page.wait_for_timeout(100)
    said = f"{letters[-1]['Subject']}\n{letters[-1].get_content()}"
    assert [part for part in words if part not in said] == []


def open_case_at_desk(page: Page, desk: str) -> None:
    page.goto(f"{desk}/staff")
    page.get_by_label("Name").fill("Ana")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name=re.compile("Pothole")).first.click()


def close_at_desk(page: Page, words: str, photo: str = "") -> None:
    page.locator("summary", has_text="Close the case").click()
    page.get_by_label("Reason").select_option(label="Fixed")
    page.locator("#close-words").fill(words)
    if photo:
        page.locator("#close-photo").set_input_files(photo)
    page.get_by_role("button", name="Close the case").click()
    expect(page.get_by_role("status")).to_have_text("The case is closed.")


def reopen_at_desk(page: Page, words: str) -> None:
    page.locator("summary", has_text="Open it again").click()
    page.locator("#reopen-words").fill(words)
    page.get_by_role("button", name="Open it again").click()
    expect(page.get_by_role("status")).to_have_text("The case is open again.")


@pytest.mark.parametrize(
    ("database", "has_scripts"), [("sqlite", True), ("postgresql", True), ("postgresql", False)]
)
def test_a_report_is_in_the_right_queue_closed_told_reopened_and_told_again(
    worker, desk, site, visit: Callable, photo, letters, tmp_path: Path, has_scripts: bool
):
    steps, mended = Stopwatch(), tmp_path / "mended.jpg"
    mended.write_bytes(saved(scene(900, 700).rotate(90), "JPEG"))
    resident = visit(PHONE, has_touch=True, java_script_enabled=has_scripts)
    page, staff = resident.page, visit(DESKTOP).page
    wait_for_words(page, f"{site}/report", "Add a photo")  # the types have come from the desk
    with steps.time("pick the place, photo, note, e-mail address"):
        fill_in(page, photo, has_scripts)
    with steps.time("send, the number is there"):
        own = send_off(page)
        number = page.locator(".sent-number").inner_text()
    with steps.time("the city's system has it"):
        wait_for_words(page, own, "work-order system has it")
    with steps.time("an e-mail has the number"):
        wait_for_email(page, letters, 1, number, "Pothole")
    with steps.time("staff find it in the crew's queue, with note and photo"):
        open_case_at_desk(staff, desk)
        facts = staff.locator("main").inner_text()
        assert "Highway North" in facts
        assert "Deep, at the crosswalk" in facts
        expect(staff.locator("img[src*='/photos/']")).to_have_count(1)
    with steps.time("staff close it with a reason and a photo"):
        close_at_desk(staff, "New asphalt", str(mended))
    with steps.time("the resident's page says so"):
        wait_for_words(page, own, "Closed on", "Fixed. New asphalt")
    with steps.time("an e-mail says so, with the photo"):
        wait_for_email(page, letters, 2, "Closed: Pothole", "Fixed. New asphalt", "/photos/")
    with steps.time("staff open it again with a reason"):
        reopen_at_desk(staff, "It sank in the rain")
    with steps.time("the resident's page says why"):
        wait_for_words(page, own, "It sank in the rain")
        expect(page.locator("main")).not_to_contain_text("Closed on", use_inner_text=True)
    with steps.time("an e-mail says why"):
        wait_for_email(page, letters, 3, "Open again: Pothole", "It sank in the rain")
    with steps.time("closed once more; the page and an e-mail say so"):
        close_at_desk(staff, "Packed and sealed")
        wait_for_words(page, own, "Closed on", "Packed and sealed")
        wait_for_email(page, letters, 4, "Closed: Pothole", "Packed and sealed")
    print(steps.write())
    assert [said for said in worker if "error" in said or "could not" in said] == []
