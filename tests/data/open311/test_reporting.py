"""Open311, POST requests: a program's report is one like the form's, once, or is refused whole."""

from __future__ import annotations

import io

import pytest
from lxml import etree
from PIL import Image
from sqlalchemy import text

from portal.domain.report import Question
from portal.domain.service_definition import ServiceDefinition
from portal.notifications.contacts import Recipient
from portal.services.data.key_requests import create_key
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from portal.services.sync import definitions
from tests.conftest import NOW
from tests.support.queries import rows_of

ADDRESS = "/open311/v2/requests"
AT = int(NOW.timestamp())
SIZE = Question(
    "size",
    "How large is it?",
    "singlevaluelist",
    True,
    choices=(("small", "Small"), ("large", "Large")),
)
SINCE = Question("since", "Since when?", "datetime")


@pytest.fixture
def make_key(portal, city):
    """make_key("read", "report") is a key that may."""

    def make(*scopes: str) -> str:
        with portal.transaction() as connection:
            wanted = ("tests", scopes, 1_000)
            owner = Recipient("dev@example.org", "en")
            return create_key(connection, portal.settings, city.id, owner, wanted, AT)[1]

    return make


@pytest.fixture
def post(portal, city, client, add_case, make_key):
    """post(description="Deep") reports a pothole; there is a needle, which is private, too."""
    for number, lat in ((3, 42.32), (1, 42.318), (7, 42.324)):
        add_case(f"10{number}", address=f"{number} Adams St", lat=lat)
    with portal.transaction() as connection:
        offered = ServiceDefinition("Pothole", "Pothole"), ServiceDefinition("needle", "Needle")
        definitions.save_definitions(connection, city.id, "desk", offered, AT)
        definitions.save_questions(connection, city.id, "Pothole", (SIZE, SINCE), AT)
    key = make_key("read", "report")

    def send(form: str = "json", **changed):
        fields = {
            "api_key": key,
            "service_code": "Pothole",
            "lat": "42.32",
            "long": "-71.07",
            "description": "Deep",
            "attribute[size]": "large",
        }
        fields = {name: value for name, value in (fields | changed).items() if value is not None}
        return client.post(f"{ADDRESS}.{form}", data=fields)

    send.key = key
    return send


def number_of(answer) -> str:
    assert answer.status_code == 200, answer.text
    return answer.get_json()[0]["service_request_id"]


def count(portal, table: str) -> int:
    return rows_of(portal.core, text(f"select count(*) from {table}"))[0][0]


def test_a_report_is_a_case_a_message_to_the_city_and_an_e_mail(portal, post, ask):
    answer = post(
        email="ana@example.org",
        address_string="5 Adams St",
        **{"attribute[since]": "2026-11-22T15:00:00Z"},
    )
    number = number_of(answer)
    assert answer.get_json() == [
        {"service_request_id": number, "service_notice": "", "account_id": ""}
    ]
    assert "/mine/" in answer.headers["Link"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    (case,) = ask(f"requests/{number}.json").get_json()
    assert (case["description"], case["address"]) == ("Deep", "5 Adams St")
    payload = rows_of(portal.core, text("select payload, state from outbox"))[0]
    assert "2026-11-22T10:00:00-05:00" in payload[0]
    assert rows_of(portal.core, text("select kind from alerts")) == [("received",)]
    assert ask(f"tokens/{number}.json").get_json() == [
        {"service_request_id": number, "token": number}
    ]


def test_xml_answers_as_xml(post):
    tree = etree.fromstring(post("xml").data)
    assert tree.findtext("request/service_request_id")


def test_without_a_key_for_it_nothing_is_taken(portal, post, make_key, subtests):
    for wrong in (None, "", "ck_x", make_key("read"), make_key("read", "update")):
        with subtests.test(key=wrong):
            answer = post(api_key=wrong)
            assert answer.status_code == 403
            assert answer.get_json()[0]["code"] == "403"
    assert count(portal, "reports") == 0


def test_what_is_not_right_is_said_all_at_once_and_nothing_is_stored(portal, post, subtests):
    for changed, status, words in (
        ({"service_code": None}, 400, ["service_code"]),
        ({"service_code": "none"}, 404, ["no service"]),
        ({"lat": None}, 400, ["belong together"]),
        ({"lat": None, "long": None}, 400, ["place is missing"]),
        ({"lat": None, "long": None, "address_id": "7"}, 400, ["address_id"]),
        ({"lat": None, "long": None, "address_string": "Nowhere Rd"}, 400, ["not known"]),
        ({"lat": "x"}, 400, ["lat"]),
        ({"lat": "10"}, 400, ["outside"]),
        ({"description": "x" * 4001}, 400, ["description"]),
        ({"description": "x" * 10_000_000}, 400, ["10,000,000 characters"]),
        ({"attribute[size]": None}, 400, ["attribute[size] is missing"]),
        ({"attribute[size]": "huge", "email": "no"}, 400, ["email", "attribute[size]"]),
        ({"attribute[odd]": "1"}, 400, ["attribute[odd]"]),
        ({"attribute[since]": "yesterday"}, 400, ["attribute[since]"]),
    ):
        with subtests.test(**{name: str(value)[:20] for name, value in changed.items()}):
            answer = post(**changed)
            assert answer.status_code == status
            said = [error["description"] for error in answer.get_json()]
            assert len(said) == len(words)
            assert all(word in one for word, one in zip(words, said, strict=True)), said
    assert count(portal, "reports") == 0


def test_a_body_that_is_no_form_is_refused(client, post):
    headers = {"Authorization": f"Bearer {post.key}"}
    answer = client.post(f"{ADDRESS}.json", json={"service_code": "Pothole"}, headers=headers)
    assert answer.status_code == 400
    assert "Content-Type" in answer.get_json()[0]["description"]


def test_marks_that_cannot_be_seen_do_no_harm(ask, post):
    sent = "=HYPERLINK(1)\x00 \u202etxt.exe\r\nشارع"
    (case,) = ask(f"requests/{number_of(post(description=sent))}.json").get_json()
    assert case["description"] == "=HYPERLINK(1) txt.exe\nشارع"


def test_an_address_alone_is_looked_up(ask, post):
    number = number_of(post(lat=None, long=None, address_string="3 Adams St"))
    (case,) = ask(f"requests/{number}.json").get_json()
    assert (case["address"], case["lat"]) == ("3 Adams St", 42.32)


def test_photos_come_as_files_and_an_address_is_not_fetched(portal, post):
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "JPEG")
    photo = (io.BytesIO(picture.getvalue()), "hole.jpg")
    number_of(post(media=photo))
    assert rows_of(portal.core, text("select state from photos")) == [("ready",)]
    refused = post(media=(io.BytesIO(b"MZ"), "virus.jpg"))
    assert refused.status_code == 400
    assert "virus.jpg" in refused.get_json()[0]["description"]
    notice = post(media_url="http://169.254.169.254/x").get_json()[0]["service_notice"]
    assert "not fetched" in notice


def test_a_report_with_the_same_reference_is_the_same_report(portal, post, client):
    first = number_of(post(external_reference="K7"))
    assert number_of(post(external_reference="K7")) == first
    assert post(external_reference="K7", description="Other").status_code == 409
    headers = {"Idempotency-Key": "K7"}
    fields = {"service_code": "Pothole", "lat": "42.32", "long": "-71.07"}
    fields |= {"api_key": post.key, "attribute[size]": "large", "description": "Deep"}
    again = client.post(f"{ADDRESS}.json", data=fields, headers=headers)
    assert number_of(again) == first
    assert number_of(post(external_reference="K8")) != first
    assert count(portal, "reports") == 2


def test_the_same_words_of_an_account_are_the_same_report_for_a_day(portal, post):
    first = number_of(post(account_id="app-7"))
    assert number_of(post(account_id="app-7")) == first
    assert number_of(post(account_id="app-8")) != first
    assert number_of(post(account_id="app-7", description="More")) != first
    assert number_of(post()) != number_of(post())


@pytest.mark.parametrize(
    "private", [{"is_public": "false"}, {"service_code": "needle", "attribute[size]": None}]
)
def test_a_private_report_is_known_to_its_sender_alone(ask, post, make_key, private):
    number = number_of(post(external_reference="K7", **private))
    asked = (f"requests/{number}.json", f"tokens/{number}.json")
    for path in asked:
        for args in ({}, {"api_key": make_key("read", "report")}):
            answer, unknown = ask(path, **args), ask(path.replace(number, "999"), **args)
            assert (answer.status_code, answer.data) == (404, unknown.data)
    for path in asked:
        (own,) = ask(path, api_key=post.key).get_json()
        assert own["service_request_id"] == number
    (found,) = ask("requests.json", api_key=post.key, external_reference="K7").get_json()
    assert found["extended_attributes"] == {"external_reference": "K7", "is_public": False}
    assert ask("requests.json", api_key=post.key, external_reference="K9").get_json() == []
    assert ask("requests.json").headers["X-Result-Count"] == "0"


def test_a_report_that_staff_hold_is_gone_for_all_but_its_sender(portal, city, ask, post):
    number = number_of(post())
    moderation.hold_case(portal, city, number, Act("Ana", "a face", AT))
    assert ask(f"requests/{number}.json").status_code == 404
    assert ask(f"requests/{number}.json", api_key=post.key).status_code == 200
