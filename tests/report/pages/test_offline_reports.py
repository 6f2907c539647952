"""Reports that a phone kept without signal: delivered hours later, and often, they are one."""

from __future__ import annotations

import base64
import hashlib
import json
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from lxml import html as parser
from sqlalchemy import text

from app import create_app
from portal.domain.tracking_number import parse_tracking_number
from tests.photos.samples import saved, scene
from tests.report.pages.test_report import visibility
from tests.support.report_form import Form

HOURS = 3_600


@pytest.fixture
def client(settings, portal, clock) -> FlaskClient:
    return create_app(settings, portal, clock).server.test_client()


@pytest.fixture
def waiting(town, client, clock) -> dict[str, list[str]]:
    """The fields of a report that was filled in and not sent."""
    return {
        name: values
        for name, values in Form(client, clock).to_check().fields.items()
        if name not in ("step", "proof")
    }


def deliver(client: FlaskClient, fields: dict, **headers):
    return client.post(
        "/report/deliver.json", data=fields, headers={"Sec-Fetch-Site": "same-origin", **headers}
    )


def reports(portal) -> int:
    with portal.core.connect() as connection:
        return connection.execute(text("select count(*) from reports")).scalar_one()


def test_a_report_delivered_twice_is_one_report_with_one_number(waiting, client, portal):
    first, again = deliver(client, waiting), deliver(client, waiting)
    assert (first.status_code, first.json) == (200, again.json)
    assert reports(portal) == 1
    own = parser.fromstring(client.get(first.json["own"] + "/sent").data)
    assert own.xpath("//strong[@class='sent-number']")[0].text == first.json["number"]
    assert first.headers["Cache-Control"] == "no-store"


def test_what_the_form_sent_and_the_phone_delivers_again_is_one_report(waiting, client, portal):
    sent = client.post("/report/send", data={**waiting, "go": "next"}).location
    assert deliver(client, waiting).json["own"] == sent.removesuffix("/sent")
    assert reports(portal) == 1


def test_a_report_that_waited_three_days_is_public_at_once(waiting, client, clock, portal):
    clock.now += 72 * HOURS
    answer = deliver(client, {**waiting, "proof": solved(client, waiting["key"][0])})
    assert visibility(portal, parse_tracking_number(answer.json["number"])) == "public"


def solved(client: FlaskClient, key: str) -> str:
    """The browser's proof of work, for a new challenge."""
    challenge = client.get("/report/sum.json", query_string={"key": key}).json
    hashes = (
        hashlib.sha256(f"{challenge['salt']}{n}".encode()).hexdigest()
        for n in range(challenge["maxnumber"])
    )
    number = next(n for n, found in enumerate(hashes) if found == challenge["challenge"])
    return base64.b64encode(json.dumps({**challenge, "number": number}).encode()).decode()


def test_the_sum_asked_for_anew_lets_as_many_through_as_the_one_in_the_form(
    waiting, client, clock, portal
):
    seen = []
    for n in range(7):
        fields = {**waiting, "key": f"report number {n}"}
        answer = client.post(
            "/report/deliver.json",
            data={**fields, "proof": solved(client, fields["key"])},
            environ_overrides={"REMOTE_ADDR": "8.8.4.4"},
        )
        seen.append(visibility(portal, parse_tracking_number(answer.json["number"])))
    assert seen == ["public"] * 7


def test_an_expired_sum_is_no_reason_to_refuse(waiting, client, clock):
    proof = solved(client, waiting["key"][0])
    clock.now += 25 * HOURS
    assert deliver(client, {**waiting, "proof": proof}).status_code == 200


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"service": ""}, "Choose what it is about."),
        ({"who": ""}, "Choose who may see it."),
        ({"lat": "42.40", "lon": "-71.07"}, "outside of Smallville"),
        ({"lat": "", "lon": "", "place": "Nowhere Blvd"}, "We do not know “Nowhere Blvd”"),
        ({"lat": "", "lon": "", "place": ""}, "Say where it is"),
        ({"email": "not an address"}, "That doesn’t look like an e-mail address"),
        ({"note": "x" * 4_010}, "Please shorten your words by 10 letters."),
        ({"key": "short"}, "This form is not one of ours"),
    ],
    ids=str,
)
def test_what_is_not_right_is_said_and_nothing_is_stored(waiting, client, portal, changed, said):
    answer = deliver(client, {**waiting, **changed})
    assert answer.status_code == 400
    assert said in answer.json["problems"][0]
    assert reports(portal) == 0


def test_the_same_key_with_other_words_is_said_to_be_sent_before(waiting, client, portal):
    deliver(client, waiting)
    answer = deliver(client, {**waiting, "note": "Something else"})
    assert answer.status_code == 409
    assert "You have sent this report already" in answer.json["problems"][0]
    assert reports(portal) == 1


def own_title(client, answer) -> str:
    """The title of the delivered report's own page."""
    page = parser.fromstring(client.get(answer.json["own"]).data)
    return page.xpath("//h1")[0].text_content()


def test_an_address_typed_without_signal_is_looked_for_when_it_arrives(waiting, client):
    answer = deliver(
        client, {**waiting, "lat": "", "lon": "", "address": "", "place": "3 Adams St"}
    )
    assert "at 3 Adams St" in own_title(client, answer)


def test_a_pin_of_the_phone_gets_its_address_when_it_arrives(waiting, client):
    answer = deliver(
        client, {**waiting, "lat": "42.3209", "lon": "-71.07", "address": "", "place": ""}
    )
    assert "3 Adams St" in own_title(client, answer)


def test_photos_that_were_swept_are_asked_for_and_come_again(waiting, client, portal):
    lost = deliver(client, {**waiting, "photos": "0" * 32})
    assert (lost.status_code, lost.json) == (422, {"missing": ["0" * 32]})
    photo = saved(scene(), "JPEG")
    first = deliver(client, {**waiting, "photo": (BytesIO(photo), "hole.jpg")})
    again = deliver(client, {**waiting, "photo": (BytesIO(photo), "hole.jpg")})
    assert first.json == again.json
    with portal.core.connect() as connection:
        assert (
            connection.execute(
                text("select count(*) from photos where case_key is not null")
            ).scalar_one()
            == 1
        )
    assert reports(portal) == 1


def test_what_is_no_photo_is_said_and_the_report_stays_on_the_phone(waiting, client, portal):
    answer = deliver(client, {**waiting, "photo": (BytesIO(b"GIF89a"), "a.gif")})
    assert answer.json["problems"] == [
        "a.gif: This is not a photo we can read. Please send a JPEG, PNG, WebP or HEIC."
    ]
    assert reports(portal) == 0


@pytest.mark.usefixtures("crowd")
def test_a_report_whose_photo_finds_no_place_stays_on_the_phone_and_is_sent_later(
    waiting, client, portal
):
    answer = deliver(client, {**waiting, "photo": (BytesIO(saved(scene(), "JPEG")), "hole.jpg")})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "problems" not in answer.json
    assert reports(portal) == 0


def test_a_delivery_from_another_site_is_refused(waiting, client, portal):
    answer = client.post(
        "/report/deliver.json", data=waiting, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status_code == 403
    assert "another site" in answer.json["error"]
    assert reports(portal) == 0


def test_a_city_that_takes_no_reports_says_so_and_nothing_is_taken_as_sent(client):
    answer = client.post("/report/deliver.json", data={"key": "12345678"})
    assert (answer.status_code, answer.json) == (
        400,
        {"error": "Smallville takes no reports here just now."},
    )


def test_the_form_on_one_page_is_a_whole_report_without_scripts(town, client, portal):  # noqa: F811
    page = parser.fromstring(client.get("/report/offline").data)
    fields = {
        field.get("name"): field.value or ""
        for field in page.xpath("//form[@id='report-form']//input[@type='hidden']")
    }
    assert "key" not in fields, "every report made with the kept page has a key of its own"
    assert page.xpath("//select[@name='service']/option/@value") == ["", "Graffiti", "Pothole"]
    said = {
        "lat": "42.3209",
        "lon": "-71.07",
        "service": "Pothole",
        "note": "Deep",
        "who": "public",
        "go": "next",
    }
    answer = client.post(
        page.xpath("//form[@id='report-form']/@action")[0], data={**fields, **said}
    )
    assert answer.status_code == 303
    assert reports(portal) == 1


def test_the_form_on_one_page_was_begun_when_it_was_kept(town, client, clock, portal):  # noqa: F811
    page = parser.fromstring(client.get("/report/offline").data)
    began = page.xpath("//input[@name='began']/@value")[0]
    clock.now += 48 * HOURS
    said = {
        "key": "made on the phone",
        "began": began,
        "lat": "42.3209",
        "lon": "-71.07",
        "service": "Pothole",
        "who": "public",
    }
    assert (
        visibility(portal, parse_tracking_number(deliver(client, said).json["number"])) == "public"
    )


def test_the_delivery_speaks_the_language_of_the_form(waiting, client):
    answer = client.post("/report/deliver.json?lang=es", data={**waiting, "service": ""})
    assert answer.json["problems"] != ["Choose what it is about."]
    assert (
        client.post("/report/deliver.json?lang=es", data=waiting).json["own"].endswith("?lang=es")
    )
