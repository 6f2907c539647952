"""While nothing can be stored, every form is answered 503 and keeps what was filled in."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from lxml import html as parser
from sqlalchemy import text

from portal.domain.report import Report
from portal.notifications import following
from portal.notifications.contacts import Recipient
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from tests.photos.samples import saved, scene
from tests.support.clock import NOON
from tests.support.refusals import CAUSES, no_room_for_files, refusing
from tests.support.report_form import Form

OURS = {"Sec-Fetch-Site": "same-origin"}
AT = NOON
NOTE = "Deep, at the crosswalk. " * 150
"""Long enough that no page of the store has room for it."""
REPORT = Report("Pothole", "Deep", 42.32, -71.07, "3 Adams St", True, "one-form-of-one-visit")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=CAUSES)
def cause(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def client(writing_client) -> FlaskClient:
    return writing_client


def count(portal, table: str) -> int:
    with portal.core.connect() as connection:
        return connection.execute(text(f"select count(*) from {table}")).scalar_one()


def assert_passes(answer) -> None:
    """A refusal that says it will pass, and keeps nothing anywhere."""
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "30"
    assert answer.headers["Cache-Control"] == "no-store"


def kept_fields(answer) -> dict[str, str]:
    """What pressing the page's last button would send."""
    form = parser.fromstring(answer.data).forms[-1]
    return {name: value or "" for name, value in form.form_values()}


def test_a_report_keeps_its_form_and_is_sent_by_the_same_button_later(
    town,
    client,
    clock,
    portal,
    cause,
):
    form = Form(client, clock).to_check(note=NOTE)
    with refusing(portal, cause):
        form.press(email="ana@example.org")
        assert_passes(form.answer)
        assert form.question == "Check and send"
        assert form.problems[0].startswith("We can’t save anything just now.")
        kept = form.fields
        assert kept["note"] == [NOTE.strip()]
        assert kept["email"] == ["ana@example.org"]
        assert (kept["service"], kept["who"]) == (["Pothole"], ["public"])
    assert count(portal, "reports") == 0
    assert form.press().answer.status_code == 303
    assert count(portal, "reports") == count(portal, "outbox") == 1


def test_a_report_from_a_phone_waits_there(town, client, clock, portal, cause):
    form = Form(client, clock).to_check(note=NOTE)
    sent = {**form.fields, "go": ["next"]}
    with refusing(portal, cause):
        answer = client.post("/report/deliver.json", data=sent, headers=OURS)
    assert_passes(answer)
    assert answer.json["error"]
    assert client.post("/report/deliver.json", data=sent, headers=OURS).status_code == 200


def test_an_address_to_follow_with_stays_in_its_field(client, portal, add_case, cause):
    add_case("101")
    with refusing(portal, cause):
        answer = client.post("/cases/101/follow", data={"email": "bo@example.org"}, headers=OURS)
    assert_passes(answer)
    assert kept_fields(answer)["email"] == "bo@example.org"
    assert count(portal, "followers") == 0


@pytest.mark.parametrize("what", ["confirm", "stop"])
def test_a_follower_s_button_can_be_pressed_again(client, portal, city, add_case, cause, what):
    add_case("101")
    person = Recipient("bo@example.org", "en")
    following.request_following(portal, city, "101", person, None, AT)
    with portal.core.connect() as connection:
        case = connection.execute(text("select id from cases")).scalar_one()
    path = "/following/" + following._token(portal.settings, city.id, case, person.email)
    with refusing(portal, cause):
        answer = client.post(path, data={"do": what}, headers=OURS)
    assert_passes(answer)
    (form,) = parser.fromstring(answer.data).forms[-1:]
    assert (form.action, form.method, dict(form.form_values())) == (path, "POST", {"do": what})
    assert client.post(path, data={"do": what}, headers=OURS).status_code in (200, 303)


def test_words_for_one_s_own_report_stay_on_its_page(client, portal, city, add_case, cause):
    add_case("101")
    mine = "/mine/" + submit(portal, city, REPORT, (), Signals(), AT).token
    with refusing(portal, cause):
        answer = client.post(mine, data={"do": "note", "note": NOTE}, headers=OURS)
    assert_passes(answer)
    assert NOTE.strip() in parser.fromstring(answer.data).xpath("//textarea")[0].text
    assert client.post(mine, data={"do": "note", "note": NOTE}, headers=OURS).status_code == 303


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_photo_that_cannot_be_stored_leaves_the_rest_of_the_form(town, client, clock):
    form = Form(client, clock)
    photo = saved(scene(), "JPEG")
    sent = {**form.fields, "go": "next", "note": NOTE, "photo": (BytesIO(photo), "hole.jpg")}
    with no_room_for_files():
        form.answer = client.post("/report", data=sent, headers=OURS)
    assert_passes(form.answer)
    assert form.question == "Do you have a photo?"
    assert form.problems == [
        "hole.jpg: We can’t save photos just now. Please add yours again in a minute."
    ]
    assert form.fields["note"] == [NOTE.strip()]
    again = {**form.fields, "go": "next", "photo": (BytesIO(photo), "hole.jpg")}
    form.answer = client.post("/report", data=again, headers=OURS)
    assert form.question == "Where is it?"
    assert form.fields["photos"] != [""]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_full_disk_keeps_a_report_whose_photo_was_there_before(town, client, clock, portal):
    form = Form(client, clock)
    photo = (BytesIO(saved(scene(), "JPEG")), "hole.jpg")
    form.answer = client.post("/report", data={**form.fields, "go": "next", "photo": photo})
    form.to_check(note=NOTE)
    (name,) = form.fields["photos"]
    with no_room_for_files():
        form.press()
    assert_passes(form.answer)
    assert form.fields["photos"] == [name]
    assert form.press().answer.status_code == 303
    with portal.core.connect() as connection:
        query = text("select name from photos where case_key is not null")
        assert connection.execute(query).scalars().all() == [name]


def test_a_fault_of_ours_is_still_one(client, portal):
    """The known-bad sample: what is no refusal of the store is not dressed up as one."""
    with portal.transaction() as connection:
        connection.execute(text("alter table followers rename to lost"))
    answer = client.post("/following/" + "x" * 22, data={"do": "confirm"}, headers=OURS)
    assert answer.status_code == 500
