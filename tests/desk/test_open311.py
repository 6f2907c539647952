"""The desk speaks Open311: every call, both forms, every refusal."""

from __future__ import annotations

import io
import json

import jsonschema
import pytest
from lxml import etree
from PIL import Image

from data_sync.desk import store

API = "/open311/v2"


def get(client, path, **args):
    answer = client.get(f"{API}/{path}", query_string=args)
    return answer.status_code, answer.get_json()


def test_a_reported_case_is_answered_with_strings_and_numbers(client, pothole):
    status, (case,) = get(client, f"requests/{pothole}.json")
    assert status == 200
    assert case["service_request_id"] == "26-00000001"
    assert (case["status"], case["service_name"], case["lat"], case["address_id"]) == ("open", "Pothole", 42.32, "")
    assert (case["requested_datetime"], case["expected_datetime"]) == ("2026-11-23T09:00:00Z", "2026-11-25T09:00:00Z")


def test_a_case_without_a_place_has_null_and_never_a_missing_text(client, desk, clock):
    request_id = store.report_case(desk, service_code="light", now=clock(), actor="test")
    _, (case,) = get(client, f"requests/{request_id}.json")
    assert (case["lat"], case["long"], case["expected_datetime"], case["media_url"]) == (None, None, "", "")


def test_xml_starts_with_its_declaration_and_says_the_same(client, pothole):
    body = client.get(f"{API}/requests.xml").data
    assert body.startswith(b"<?xml")
    (request,) = etree.fromstring(body)
    assert request.tag == "request"
    assert (request.findtext("service_request_id"), request.findtext("description")) == (pothole, "Deep & wide")


@pytest.mark.parametrize("path", ["discovery", "services", "services/pothole", "requests", "servicerequestupdates"])
@pytest.mark.parametrize("form", ["json", "xml"])
def test_every_list_answers_with_and_without_a_slash(client, path, form):
    plain, slash = client.get(f"{API}/{path}.{form}"), client.get(f"{API}/{path}.{form}/")
    assert plain.status_code == slash.status_code == 200
    assert plain.data == slash.data
    assert plain.content_type.endswith("charset=utf-8")


def test_services_name_their_group(client):
    _, services = get(client, "services.json")
    assert [(service["service_code"], service["group"]) for service in services] == [("pothole", "Streets"), ("light", "Streets")]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"status": "lost"}, "status"),
        ({"page_size": "5000"}, "page_size"),
        ({"page": "0"}, "page"),
        ({"page": "x"}, "page"),
        ({"start_date": "yesterday"}, "start_date"),
        ({"bbox": "1,2,3"}, "bbox"),
        ({"lat": "nan", "long": "1"}, "lat"),
    ],
)
def test_a_bad_parameter_is_named(client, args, words):
    status, (error,) = get(client, "requests.json", **args)
    assert status == 400
    assert words in error["description"]


def test_unknown_things_are_404_in_the_form_asked_for(client):
    assert get(client, "requests/nope.json")[0] == 404
    answer = client.get(f"{API}/services/nope.xml")
    assert answer.status_code == 404
    assert etree.fromstring(answer.data).findtext("error/code") == "404"
    assert client.get(f"{API}/requests.pdf").status_code == 404


def test_a_sync_walks_to_the_end_by_last_change_and_meets_each_case_once(client, desk, clock):
    ids = []
    for number in range(7):
        ids.append(store.report_case(desk, service_code="light", now=clock(), actor="test"))
        if number % 3 == 2:
            clock.pass_hours(1)
    seen, args = [], {"updated_after": "2026-01-01T00:00:00Z", "page_size": "2", "extensions": "true"}
    while page := get(client, "requests.json", **args)[1]:
        seen += [case["service_request_id"] for case in page]
        args |= {"updated_after": page[-1]["updated_datetime"], "after_id": page[-1]["service_request_id"]}
    assert seen == ids


def test_pages_are_counted_in_the_headers(client, desk, clock):
    for _ in range(3):
        store.report_case(desk, service_code="light", now=clock(), actor="test")
    answer = client.get(f"{API}/requests.json?page_size=2")
    assert (answer.headers["X-Result-Count"], answer.headers["X-Page-Count"]) == ("3", "2")
    assert answer.headers["X-Next-Page-URL"].endswith("?page_size=2&page=2")
    assert len(client.get(answer.headers["X-Next-Page-URL"]).get_json()) == 1
    assert client.get(f"{API}/requests.json?page=9").get_json() == []


def test_ninety_days_are_the_default_span(client, pothole, clock):
    clock.pass_hours(24 * 91)
    assert get(client, "requests.json")[1] == []
    assert len(get(client, "requests.json", start_date="2026-11-01T00:00:00Z")[1]) == 1
    assert len(get(client, "requests.json", service_request_id=f"{pothole},x")[1]) == 1


def test_filters_combine(client, desk, clock, pothole):
    store.close_case(desk, pothole, "Fixed", actor="Ana", now=clock())
    store.report_case(desk, service_code="pothole", now=clock(), actor="test", lat=42.40, lon=-71.07)
    assert [case["service_request_id"] for case in get(client, "requests.json", status="closed")[1]] == [pothole]
    near = get(client, "requests.json", lat="42.3201", long="-71.07", radius="50")[1]
    assert [case["service_request_id"] for case in near] == [pothole]
    assert len(get(client, "requests.json", bbox="-71.08,42.3,-71.0,42.5")[1]) == 2
    assert len(get(client, "requests.json", q="deep", service_code="pothole,light", status="")[1]) == 1
    assert get(client, "requests.json", q="100%")[1] == []


def test_extensions_tell_what_georeport_has_no_field_for(client, desk, clock, pothole):
    clock.pass_hours(5)
    store.add_note(desk, pothole, "Crew is on its way", actor="Ana", now=clock(), is_public=True)
    store.add_note(desk, pothole, "Same caller again", actor="Ana", now=clock(), is_public=False)
    store.close_case(desk, pothole, "Fixed", actor="Ana", now=clock())
    _, (case,) = get(client, f"requests/{pothole}.json", extensions="true")
    assert case["extended_attributes"]["closed_datetime"] == "2026-11-23T14:00:00Z"
    assert case["extended_attributes"]["detailed_status"] == "closed"
    assert [note["description"] for note in case["notes"]] == ["Crew is on its way", "Fixed"]


def report(client, **fields):
    fields = {"api_key": "right", "service_code": "pothole", "lat": "42.3", "long": "-71.1"} | fields
    return client.post(f"{API}/requests.json", data={name: value for name, value in fields.items() if value is not None})


def test_the_same_reference_again_is_the_same_case(client):
    first, again = report(client, external_reference="K7"), report(client, external_reference="K7", description="other")
    assert first.get_json() == again.get_json()
    assert len(get(client, "requests.json", external_reference="K7")[1]) == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"api_key": "wrong"}, 403),
        ({"api_key": None}, 403),
        ({"service_code": "nope"}, 404),
        ({"lat": None}, 400),
        ({"lat": "91"}, 400),
        ({"lat": "x"}, 400),
        ({"description": "x" * 4001}, 400),
    ],
)
def test_a_report_that_cannot_be_taken_says_why_and_stores_nothing(client, fields, status):
    answer = report(client, **fields)
    assert answer.status_code == status
    assert answer.get_json()[0]["description"]
    assert get(client, "requests.json")[1] == []


def test_a_private_case_is_in_no_answer(client):
    request_id = report(client, is_public="false").get_json()[0]["service_request_id"]
    assert get(client, "requests.json")[1] == []
    assert get(client, f"requests/{request_id}.json")[0] == 404


def test_a_photo_is_drawn_anew_and_served(client, tmp_path):
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "JPEG", comment=b"SECRET")
    answer = report(client, media=(io.BytesIO(picture.getvalue()), "x.exe"))
    _, (case,) = get(client, f"requests/{answer.get_json()[0]['service_request_id']}.json")
    photo = client.get(case["media_url"].removeprefix("http://desk.test"))
    assert photo.content_type == "image/webp"
    assert b"SECRET" not in photo.data


def test_what_is_no_photo_is_refused(client):
    answer = report(client, media=(io.BytesIO(b"<svg/>"), "x.jpg"))
    assert answer.status_code == 400
    assert "photo" in answer.get_json()[0]["description"]


def test_an_update_is_applied_once(client, pothole):
    fields = {"api_key": "right", "update_id": "7", "service_request_id": pothole, "status": "FIXED", "description": "Done"}
    assert client.post(f"{API}/servicerequestupdates.json", data=fields).status_code == 200
    assert "already exists" in client.post(f"{API}/servicerequestupdates.json", data=fields).get_json()[0]["description"]
    assert [update["status"] for update in get(client, "servicerequestupdates.json")[1]] == ["CLOSED"]
    assert get(client, f"requests/{pothole}.json")[1][0]["status_notes"] == "Done"


@pytest.mark.realdata
def test_answers_fit_the_published_schema(client, pothole, real_data):
    schema = json.loads((real_data / "open311/json_schema/request.json").read_text())
    _, (case,) = get(client, f"requests/{pothole}.json")
    jsonschema.Draft4Validator(schema).validate({name: value for name, value in case.items() if value not in (None, "")})
