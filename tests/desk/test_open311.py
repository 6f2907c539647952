"""The desk speaks Open311: every call, both forms, every refusal."""

from __future__ import annotations

import io
import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from data_sync.desk import store
from data_sync.desk.records import NewCase
from tests.desk.conftest import report
from tests.support.examples import examples

API = "/open311/v2"
PARAMETERS = (
    *(
        "service_request_id",
        "service_code",
        "start_date",
        "end_date",
        "status",
        "page",
        "page_size",
        "updated_after",
        "updated_before",
    ),
    *(
        "after_id",
        "bbox",
        "lat",
        "long",
        "radius",
        "q",
        "extensions",
        "external_reference",
        "api_key",
    ),
)
FIELDS = (
    *(
        "service_code",
        "lat",
        "long",
        "address_string",
        "description",
        "media_url",
        "email",
        "first_name",
        "phone",
        "channel",
    ),
    *("external_reference", "is_public", "update_id", "service_request_id", "status"),
)
SCHEMAS = {"requests": "request", "services": "service", "services/pothole": "service-definition"}


def get(client, path, **args):
    answer = client.get(f"{API}/{path}", query_string=args)
    return answer.status_code, answer.get_json()


def test_a_reported_case_is_answered_with_strings_and_numbers(client, pothole):
    status, (case,) = get(client, f"requests/{pothole}.json")
    assert status == 200
    assert case["service_request_id"] == "26-00000001"
    assert (case["status"], case["service_name"], case["lat"], case["address_id"]) == (
        "open",
        "Pothole",
        42.32,
        "",
    )
    assert (case["requested_datetime"], case["expected_datetime"]) == (
        "2026-11-23T09:00:00Z",
        "2026-11-25T09:00:00Z",
    )


def test_a_case_without_a_place_has_null_and_never_a_missing_text(client, desk, clock):
    request_id = store.report_case(desk, NewCase(service_code="light"), now=clock(), actor="test")
    _, (case,) = get(client, f"requests/{request_id}.json")
    assert (case["lat"], case["long"], case["expected_datetime"], case["media_url"]) == (
        None,
        None,
        "",
        "",
    )


def test_xml_starts_with_its_declaration_and_says_the_same(client, pothole):
    body = client.get(f"{API}/requests.xml").data
    assert body.startswith(b"<?xml")
    (request,) = etree.fromstring(body)
    assert request.tag == "request"
    assert (request.findtext("service_request_id"), request.findtext("description")) == (
        pothole,
        "Deep & wide",
    )


@pytest.mark.parametrize(
    "path", ["discovery", "services", "services/pothole", "requests", "servicerequestupdates"]
)
@pytest.mark.parametrize("form", ["json", "xml"])
def test_every_list_answers_with_and_without_a_slash(client, path, form):
    plain, slash = client.get(f"{API}/{path}.{form}"), client.get(f"{API}/{path}.{form}/")
    assert plain.status_code == slash.status_code == 200
    assert plain.data == slash.data
    assert plain.content_type.endswith("charset=utf-8")


def test_services_name_their_group(client):
    _, services = get(client, "services.json")
    assert [(service["service_code"], service["group"]) for service in services] == [
        ("pothole", "Streets"),
        ("light", "Streets"),
    ]


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
        ({"service_request_id": ",".join(["x"] * 501)}, "service_request_id"),
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
        ids.append(
            store.report_case(desk, NewCase(service_code="light"), now=clock(), actor="test")
        )
        if number % 3 == 2:
            clock.pass_hours(1)
    seen, args = (
        [],
        {"updated_after": "2026-01-01T00:00:00Z", "page_size": "2", "extensions": "true"},
    )
    while page := get(client, "requests.json", **args)[1]:
        seen += [case["service_request_id"] for case in page]
        args |= {
            "updated_after": page[-1]["updated_datetime"],
            "after_id": page[-1]["service_request_id"],
        }
    assert seen == ids


def test_pages_are_counted_in_the_headers(client, desk, clock):
    for _ in range(3):
        store.report_case(desk, NewCase(service_code="light"), now=clock(), actor="test")
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
    store.report_case(
        desk, NewCase(service_code="pothole", lat=42.40, lon=-71.07), now=clock(), actor="test"
    )
    assert [
        case["service_request_id"] for case in get(client, "requests.json", status="closed")[1]
    ] == [pothole]
    near = get(client, "requests.json", lat="42.3201", long="-71.07", radius="50")[1]
    assert [case["service_request_id"] for case in near] == [pothole]
    assert len(get(client, "requests.json", bbox="-71.08,42.3,-71.0,42.5")[1]) == 2
    assert (
        len(get(client, "requests.json", q="deep", service_code="pothole,light", status="")[1]) == 1
    )
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


def test_the_same_reference_again_is_the_same_case(client):
    first, again = (
        report(client, external_reference="K7"),
        report(client, external_reference="K7", description="other"),
    )
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
        ({"service_code": None}, 400),
        ({"external_reference": "x" * 101}, 400),
        ({"media_url": "javascript:alert(1)"}, 400),
    ],
)
def test_a_report_that_cannot_be_taken_says_why_and_stores_nothing(client, fields, status):
    answer = report(client, **fields)
    assert answer.status_code == status
    assert answer.get_json()[0]["description"]
    assert get(client, "requests.json")[1] == []


def test_a_private_case_sounds_like_an_unknown_one(client):
    request_id = report(client, is_public="false", external_reference="K7").get_json()[0][
        "service_request_id"
    ]
    for path in ("requests", "tokens"):
        private, unknown = (
            client.get(f"{API}/{path}/{request_id}.json"),
            client.get(f"{API}/{path}/26-09999999.json"),
        )
        assert (private.status_code, private.data) == (
            404,
            unknown.data.replace(b"26-09999999", request_id.encode()),
        )
    assert get(client, "requests.json", service_request_id=request_id)[1] == []
    assert get(client, "requests.json", external_reference="K7")[1] == []
    assert (
        get(client, "requests.json", updated_after="2026-01-01T00:00:00Z", api_key="right")[1] == []
    )
    update = {
        "api_key": "right",
        "update_id": "1",
        "service_request_id": request_id,
        "description": "secret",
    }
    assert client.post(f"{API}/servicerequestupdates.json", data=update).status_code == 200
    assert get(client, "servicerequestupdates.json")[1] == []


def test_who_sent_a_private_case_finds_it_with_the_key(client):
    request_id = report(client, is_public="false", external_reference="K7").get_json()[0][
        "service_request_id"
    ]
    for path, args in (
        ("requests.json", {"external_reference": "K7"}),
        ("requests.json", {"service_request_id": request_id}),
        (f"requests/{request_id}.json", {}),
        (f"tokens/{request_id}.json", {}),
    ):
        assert get(client, path, api_key="right", **args)[1][0]["service_request_id"] == request_id


def test_reporter_is_in_no_answer(client):
    fields = {
        "email": "ana@example.org",
        "phone": "617 555 0100",
        "first_name": "Zoe",
        "last_name": "Quill",
    }
    request_id = report(client, **fields).get_json()[0]["service_request_id"]
    for path in (f"requests/{request_id}", "requests", "servicerequestupdates"):
        for form in ("json", "xml"):
            body = client.get(f"{API}/{path}.{form}?extensions=true&api_key=right").get_data(
                as_text=True
            )
            assert not [value for value in fields.values() if value in body]


def test_a_token_is_the_id_itself(client, pothole):
    assert get(client, f"tokens/{pothole}.json") == (
        200,
        [{"service_request_id": pothole, "token": pothole}],
    )


def test_discovery_names_the_endpoint_and_its_forms(client):
    _, tree = get(client, "discovery.json")
    assert tree["endpoints"][0]["url"] == "http://desk.test/open311/v2"
    assert tree["endpoints"][0]["formats"] == ["text/xml", "application/json"]
    found = etree.fromstring(client.get(f"{API}/discovery.xml").data)
    assert [form.text for form in found.findall("endpoints/endpoint/formats/format")] == [
        "text/xml",
        "application/json",
    ]


def test_notes_and_extended_attributes_are_in_xml_too(client, desk, clock, pothole):
    store.add_note(desk, pothole, "Crew is on its way", actor="Ana", now=clock(), is_public=True)
    (case,) = etree.fromstring(client.get(f"{API}/requests/{pothole}.xml?extensions=true").data)
    assert case.findtext("notes/note/description") == "Crew is on its way"
    assert case.findtext("extended_attributes/detailed_status") == "open"


def test_characters_xml_cannot_hold_are_left_out(client):
    request_id = report(client, description="a\x00b\x0bc\ufffe\U0001f6b2<d>").get_json()[0][
        "service_request_id"
    ]
    (case,) = etree.fromstring(client.get(f"{API}/requests/{request_id}.xml").data)
    assert case.findtext("description") == "abc\U0001f6b2<d>"


@pytest.mark.parametrize("path", ["nothing.json", "nothing", "requests/a/b.json", ""])
def test_unknown_address_is_answered_as_open311(client, path):
    answer = client.get(f"{API}/{path}")
    assert answer.status_code == 404
    form = "json" if path.endswith("json") else "xml"
    code = (
        answer.get_json()[0]["code"]
        if form == "json"
        else etree.fromstring(answer.data).findtext("error/code")
    )
    assert code == "404"


def test_method_that_is_not_offered_says_which_are(client):
    answer = client.delete(f"{API}/requests.json")
    assert (answer.status_code, answer.get_json()[0]["code"]) == (405, "405")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_a_body_that_is_too_large_is_refused_in_the_form_asked_for(client):
    answer = client.post(
        f"{API}/requests.json", data={"media": (io.BytesIO(b"x" * (21 * 1024 * 1024)), "x.jpg")}
    )
    assert (answer.status_code, answer.get_json()[0]["code"]) == (413, "413")


def test_page_links_come_from_the_desks_own_address_and_never_carry_the_key(client, desk, clock):
    for _ in range(3):
        store.report_case(desk, NewCase(service_code="light"), now=clock(), actor="test")
    args = "page_size=2&status=open&q=&api_key=right&start_date=2026-11-01T00:00:00%2B01:00"
    following = client.get(f"{API}/requests.json?{args}", headers={"Host": "evil.example"}).headers[
        "X-Next-Page-URL"
    ]
    assert following.startswith("http://desk.test/open311/v2/requests.json?")
    assert "api_key" not in following
    assert "start_date=2026-11-01T00%3A00%3A00%2B01%3A00" in following


def test_numbered_pages_of_a_walk_meet_each_case_once(client, desk, clock):
    ids = {
        store.report_case(desk, NewCase(service_code="light"), now=clock(), actor="test")
        for _ in range(7)
    }
    seen = []
    for page in range(1, 5):
        args = {"updated_after": "2026-01-01T00:00:00Z", "page_size": "2", "page": str(page)}
        seen += [case["service_request_id"] for case in get(client, "requests.json", **args)[1]]
    assert (len(seen), set(seen)) == (7, ids)


def test_times_of_change_have_both_ends_and_lift_the_span_of_ninety_days(client, pothole, clock):
    clock.pass_hours(24 * 200)
    assert len(get(client, "requests.json", updated_after="2026-11-23T09:00:00Z")[1]) == 1
    assert (
        len(get(client, "requests.json", updated_after="2026-11-23T10:00:00 01:00")[1]) == 1
    )  # a plus sign that was not escaped
    assert get(client, "requests.json", updated_after="2026-11-23T09:00:01Z")[1] == []
    assert (
        get(
            client,
            "requests.json",
            updated_after="2026-01-01T00:00:00Z",
            updated_before="2026-11-23T08:59:59Z",
        )[1]
        == []
    )


def test_a_list_of_ids_overrides_all_else_and_comes_whole(client, desk, clock, pothole):
    ids = [
        store.report_case(desk, NewCase(service_code="light"), now=clock(), actor="test")
        for _ in range(60)
    ]
    found = get(
        client,
        "requests.json",
        service_request_id=",".join([*ids, pothole, "nope"]),
        status="closed",
        q="zzz",
    )[1]
    assert {case["service_request_id"] for case in found} == {*ids, pothole}


def test_empty_and_unknown_parameters_count_as_absent(client, pothole):
    args = {
        "status": "",
        "service_code": ",",
        "service_request_id": " ",
        "page": "",
        "bbox": "",
        "extensions": "",
        "colour": "red",
    }
    assert len(get(client, "requests.json", **args)[1]) == 1


@examples(150)
@given(
    name=st.sampled_from(PARAMETERS),
    value=st.text(max_size=30)
    | st.sampled_from(
        [
            "-1",
            "1e309",
            "0x10",
            "٣",
            "9999-12-31T23:59:59-23:59",
            "0001-01-01T00:00:00+23:59",
            "%",
            "'",
        ]
    ),
    path=st.sampled_from(["requests.json", "requests.xml", "servicerequestupdates.xml"]),
)
def test_no_parameter_makes_the_desk_fail(client, pothole, name, value, path):
    args = {"lat": "1", "long": "1", "updated_after": "2026-01-01T00:00:00Z"} | {name: value}
    assert client.get(f"{API}/{path}", query_string=args).status_code in (200, 400)


@examples(100)
@given(
    name=st.sampled_from(FIELDS),
    value=st.text(max_size=120),
    path=st.sampled_from(["requests.json", "servicerequestupdates.json"]),
)
def test_no_form_makes_the_desk_fail(client, pothole, name, value, path):
    fields = {
        "api_key": "right",
        "service_code": "pothole",
        "lat": "1",
        "long": "1",
        "service_request_id": pothole,
        "update_id": value,
    }
    assert client.post(f"{API}/{path}", data=fields | {name: value}).status_code in (200, 400, 404)
    assert (
        etree.fromstring(client.get(f"{API}/requests.xml?extensions=true").data).tag
        == "service_requests"
    )


def schema_of(real_data, name):
    return jsonschema.Draft4Validator(
        json.loads((real_data / f"open311/json_schema/{name}.json").read_text())
    )


@pytest.mark.realdata
@pytest.mark.parametrize("path", SCHEMAS)
def test_answers_fit_the_published_schema(client, desk, clock, pothole, real_data, path):
    store.report_case(
        desk, NewCase(service_code="light"), now=clock(), actor="test"
    )  # without a place, a text or a target
    _, found = get(client, f"{path}.json", extensions="true")
    assert found
    for one in found if isinstance(found, list) else [found]:
        schema_of(real_data, SCHEMAS[path]).validate(one)


@pytest.mark.realdata
@pytest.mark.parametrize(
    "wrong",
    [{"status": "lost"}, {"service_request_id": 1}, {"lat": "42.3"}, {"requested_datetime": None}],
)
def test_the_schema_would_find_a_wrong_answer(client, pothole, real_data, wrong):
    _, (case,) = get(client, "requests.json")
    with pytest.raises(jsonschema.ValidationError):
        schema_of(real_data, "request").validate(case | wrong)


def test_what_a_sender_says_of_the_resident_is_cut_to_what_the_desk_keeps(client, desk):
    long = "x" * 300
    told = {"first_name": long, "email": long, "phone": long}
    number = report(client, **told).get_json()[0]["service_request_id"]
    with desk.connect() as connection:
        row = store.case_row(connection, number)
    kept = row.reporter_name, row.reporter_email, row.reporter_phone
    assert tuple(map(len, kept)) == (200, 200, 60)


def test_a_name_of_two_parts_is_one_and_one_part_alone_is_enough(client, desk):
    for sent, kept in (
        ({"first_name": "Ana", "last_name": "Bo"}, "Ana Bo"),
        ({"last_name": "Bo"}, "Bo"),
    ):
        number = report(client, **sent).get_json()[0]["service_request_id"]
        with desk.connect() as connection:
            assert store.case_row(connection, number).reporter_name == kept


def test_a_place_is_a_pin_or_an_address_or_an_address_id(client):
    no_pin = {"lat": None, "long": None}
    assert report(client, **no_pin).status_code == 400
    assert report(client, **no_pin, address_string="1 Elm St").status_code == 200
    assert report(client, **no_pin, address_id="77").status_code == 200
    assert report(client, lat="90", long="-180").status_code == 200
    assert report(client, lat="90.1", long="0").status_code == 400
    assert report(client, lat="0", long="180.1").status_code == 400
