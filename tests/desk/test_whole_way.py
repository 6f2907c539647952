"""The whole way of docs/first-town.md, from the town's one file to the resident who hears of it."""

from __future__ import annotations

import email
import io
import re
import threading
import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from lxml import html as parser
from werkzeug.serving import make_server

from app import create_app
from data_sync.desk.models import open_desk
from data_sync.desk.server import create_desk
from data_sync.desk.set_up import set_up_desk
from data_sync.desk.town import describe_ready
from data_sync.worker import thread_groups
from portal import jurisdictions
from portal.cli.serve import free_port
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.secrets import desk_key
from tests.photos.samples import saved, scene
from tests.support.clock import Clock
from tests.support.report_form import Form
from tests.support.running import ROOT
from tests.support.stores import copy_store

PASSWORD = "a sentence is long"  # noqa: S105 - of no one
PLACE = "/report?lat=42.32&lon=-71.07"


@pytest.fixture
def city() -> Jurisdiction:
    """Millbrook, whose file is the one that the page shows."""
    page = (ROOT / "docs" / "first-town.md").read_text(encoding="utf-8")
    [file] = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    return jurisdictions.parse("mytown", tomllib.loads(file))


@pytest.fixture
def portal(settings, city) -> Iterator[Portal]:
    copy_store(settings.data_dir)
    made = Portal(settings, {city.id: city})
    yield made
    made.close()


@pytest.fixture
def database() -> str:
    return "sqlite"


class Desk:
    """The town's desk, set up by its file, and Ana's browser in the office."""

    def __init__(self, folder: Path, city: Jurisdiction, key: str) -> None:
        assert city.desk
        self.engine = open_desk(folder / "desk.sqlite")
        set_up_desk(self.engine, city.desk)
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        app = create_desk(
            self.engine,
            public_url=self.url,
            api_keys=(key,),
            photo_dir=folder / "desk-photos",
            secret_key="secret",
            now=lambda: datetime.now(UTC),
            zone=city.zone,
        )
        self.server = make_server("127.0.0.1", port, app, threaded=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.window = app.test_client()

    def sign_up(self) -> None:
        """Make the first account at the address that the terminal shows."""
        said = describe_ready(self.engine, self.url, "secret")
        [address] = re.findall(rf"{self.url}(/staff/accounts\S+)", said)
        invitation = self.page(address).xpath("//input[@name='invitation']/@value")[0]
        form = {"name": "Ana", "password": PASSWORD, "invitation": invitation}
        assert self.post("/staff/accounts", form) == "/staff"

    def page(self, address: str):
        answer = self.window.get(address, base_url=self.url)
        assert answer.status_code == 200
        return parser.fromstring(answer.data)

    def post(self, address: str, form: dict) -> str:
        """Where it leads."""
        headers = {"Origin": self.url}
        answer = self.window.post(address, data=form, headers=headers, base_url=self.url)
        assert answer.status_code == 303, answer.text
        return answer.location


@pytest.fixture
def desk(tmp_path, city, settings) -> Iterator[Desk]:
    made = Desk(tmp_path, city, desk_key(settings))
    yield made
    made.server.shutdown()
    made.engine.dispose()


BY_PROCESS = {"datasets", "answers"}


@pytest.fixture
def work(portal, desk):
    """work(): every job of the worker, once, in its order; returns the e-mails so far.

    Not those of the datasets and of answers that take long: their processes would read the town's
    file, which is not among the cities'.
    """
    groups = thread_groups(portal, desk.url, threading.Event())
    jobs = [job for name, some, _ in groups for job in some if name not in BY_PROCESS]

    def run() -> list[EmailMessage]:
        for job in jobs:
            job.once()
        files = sorted((portal.settings.data_dir / "mail").glob("*.eml"), key=_made_at)
        return [email.message_from_bytes(file.read_bytes(), policy=default) for file in files]

    return run


def _made_at(file: Path) -> float:
    return file.stat().st_mtime


def report(client: FlaskClient, clock: Clock) -> str:
    """Report a pothole with a photo; the private address."""
    form = Form(client, clock, PLACE)
    form.press(photo=(io.BytesIO(saved(scene(), "JPEG")), "hole.jpg"))
    assert form.press().question == "What is it about?"
    form.press(service="pothole")
    assert form.question == "What should the crew know?"
    choices = form.root.xpath("//input[@type='radio']")
    depth = next(name for name in form.fields if "how-deep" in name)
    form.press(note="Deep", **{choices[0].get("name"): choices[0].get("value"), depth: "4"})
    form.press(who="public", email="ana@example.org").press(email="ana@example.org")
    assert form.answer.status_code == 303, form.problems
    return form.answer.location.removesuffix("/sent")


def words_of(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(parser.fromstring(answer.data).xpath("//main")[0].text_content().split())


def test_from_the_town_s_file_to_the_resident_who_hears_that_it_is_closed(
    portal, settings, desk, work
):
    clock = Clock()
    clock.now = int(time.time()) - 60  # a person takes a minute to fill the form in
    client = create_app(settings, portal, clock).server.test_client()
    desk.sign_up()
    assert work() == []
    own = report(client, clock)
    [first] = work()
    assert own in first.get_content()
    shown = re.findall(r"Your number: (\w{4}-\w{3}-\w{3})", words_of(client, own))[0]
    number = shown.replace("-", "")
    [link] = desk.page("/staff").xpath("//h2/a/@href")
    case = desk.page(link)
    said = case.xpath("//main")[0].text_content()
    assert all(part in said for part in ("Streets crew", "Deep", "In a traffic lane", "4"))
    assert len(case.xpath("//main//img[contains(@src, '/photos/')]")) == 1
    photo = (io.BytesIO(saved(scene(900, 700).rotate(90), "JPEG")), "filled.jpg")
    desk.post(f"{link}/take", {})
    desk.post(f"{link}/close", {"reason": "Fixed", "words": "New asphalt", "photo": photo})
    [_, closed] = work()
    told = closed.get_content()
    assert (closed["To"], closed["Subject"][:16]) == ("ana@example.org", "Closed: Pothole ")
    assert all(part in told for part in ("Fixed. New asphalt", own))
    [picture] = re.findall(r"http://\S+(/photos/\S+)", told)
    assert client.get(picture).status_code == 200
    for page in (own, f"/cases/{number}"):
        said = words_of(client, page)
        assert all(part in said for part in ("Fixed. New asphalt", "After the city’s work")), said
    assert "Closed on" in words_of(client, own)
