"""The pages behind forms: the screens of a report, and the staff's, in a copy of the shown city."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask.testing import FlaskClient
from lxml import html

from portal import jurisdictions
from portal.auth import accounts, one_time
from portal.context import Portal
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from tools.shown_city import CITY, MOMENT, shown_settings
from tools.shown_pages import client_of, first_case

NOW = int(MOMENT.timestamp())
MOST_SCREENS = 9
FROM_HERE = {"Sec-Fetch-Site": "same-origin"}
NAME, PASSWORD = "Ana", "a sentence is long"  # noqa: S105 - of nobody
TYPED = {"note": "Deep, at the crosswalk", "who": "public"}


@contextmanager
def walked_portal() -> Iterator[Portal]:
    """A copy of the shown city: what staff do there is in no other picture."""
    shown = shown_settings()
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(shown.data_dir, folder, dirs_exist_ok=True)
        portal = Portal(shown.model_copy(update={"data_dir": Path(folder)}))
        yield portal
        portal.close()


def report_screens(client: FlaskClient, language: str) -> Iterator[tuple[str, str]]:
    """(name, page) of each screen of the form, from the pin to the check before sending."""
    page = client.get(f"/report?{_pin_of_a_pothole(client)}&lang={language}").text
    for _ in range(MOST_SCREENS):
        form = html.fromstring(page).xpath("//form[@id='report-form']")[0]
        (step,) = form.xpath(".//input[@name='step']/@value")
        yield f"report-{step}", page
        if form.get("action").startswith("/report/send"):
            return
        page = client.post(form.get("action"), data=_answered(form), headers=FROM_HERE).text
    raise LookupError("the report form has no last screen")


def _pin_of_a_pothole(client: FlaskClient) -> str:
    """A place with an open pothole case, so that the form asks whether it is the same one."""
    case = html.fromstring(client.get(first_case(client, "/cases?status=open&q=pothole")).text)
    return str(case.xpath("//figure[@class='place']//a/@href")[0]).partition("sort=closest&")[2]


def _answered(form: html.HtmlElement) -> dict[str, str]:
    """What a browser sends when someone answers a screen and continues: a public pothole."""
    sent = {box.name: box.value or "" for box in form.xpath(".//input[@type='hidden']")}
    names = {
        box.get("name"): box for box in form.xpath(".//*[self::input or self::textarea][@name]")
    }
    sent |= {name: word for name, word in TYPED.items() if name in names}
    potholes = form.xpath(".//label[contains(., 'Pothole')]//input[@name='service']/@value")
    sent |= {"service": str(potholes[0])} if potholes else {}
    return {**sent, "go": "next"}


def staff_pages(portal: Portal, language: str) -> Iterator[tuple[str, str]]:
    """(name, page) of each of the staff's pages, with a hidden case."""
    client = client_of(portal)
    city = jurisdictions.load(CITY)
    case = first_case(client, "/cases?photo=no").rpartition("/")[2]
    act = Act(NAME, "names a neighbor", NOW)
    moderation.hold_case(portal, city, case, act)
    with portal.transaction() as connection:
        made = accounts.add_account(
            connection, portal.settings, city.id, NAME, PASSWORD, "manager", NOW
        )
    chosen = f"?lang={language}"
    yield "staff-sign-in", client.get(f"/staff/sign-in{chosen}").text
    said = {
        "name": NAME,
        "password": PASSWORD,
        "code": one_time.compute_code(made.secret, NOW // 30),
    }
    client.post("/staff/sign-in", data=said, headers=FROM_HERE)
    paths = {
        "queue": "/staff",
        "case": f"/staff/cases/{case}",
        "outbox": "/staff/outbox",
        "audit": "/staff/audit",
    }
    for name, path in paths.items():
        answer = client.get(path + chosen)
        if answer.status_code != 200:
            raise LookupError(f"{path} answers {answer.status}")
        yield f"staff-{name}", answer.text
    moderation.release_case(portal, city, case, act)


def walked_pages(portal: Portal, language: str = "en") -> dict[str, str]:
    """All these pages, by name."""
    return dict([*report_screens(client_of(portal), language), *staff_pages(portal, language)])
