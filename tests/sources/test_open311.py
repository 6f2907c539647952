"""GeoReport v2 endpoints, with everything real ones do differently."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.domain.case import DAY_ONLY, CaseRecord
from portal.errors import SettingsError, SourceError
from tests.sources.conftest import NOW, Network, answer_of

ENDPOINT = "https://open311.example/v2"
ROW: dict[str, Any] = {
    "service_request_id": "638344",
    "status": "closed",
    "status_notes": "Duplicate request.",
    "service_name": "Sidewalk and Curb Issues",
    "service_code": "006",
    "description": "Broken\r\nslab",
    "agency_responsible": "Public Works",
    "service_notice": "",
    "requested_datetime": "2010-04-14T06:37:38-08:00",
    "updated_datetime": "2010-04-15T06:37:38-08:00",
    "expected_datetime": "2010-04-15T06:37:38-08:00",
    "address": "8TH AVE and JUDAH ST",
    "address_id": "545483",
    "zipcode": "94122",
    "lat": 37.762221815,
    "long": -122.4651145,
    "media_url": "http://photos.example/638344.jpg ",
}


def table(**changes: Any) -> dict[str, Any]:
    """The town's source in its file; None leaves a key out."""
    whole = {"kind": "open311", "name": "town", "endpoint": ENDPOINT, **changes}
    return {key: value for key, value in whole.items() if value is not None}


@pytest.fixture
def read(source_of):
    """read(row, as_of) translates one request."""
    source = source_of(table())

    def to_case(row: dict[str, Any], as_of: datetime = NOW) -> CaseRecord:
        return source.to_case(row, as_of)

    return to_case


def pages(source, cursor=None, since=None, now=NOW):
    return list(source.pages_updated_since(cursor, since=since, now=now))


def ids(pages) -> list[str]:
    return [row["service_request_id"] for page in pages for row in page.rows]


def requests(*numbers: int, **changes: Any) -> list[dict[str, Any]]:
    return [{**ROW, "service_request_id": str(number), **changes} for number in numbers]


def test_a_request_becomes_a_case(read):
    case = read(ROW)
    assert (case.case_id, case.service_code, case.service_name) == (
        "638344",
        "006",
        "Sidewalk and Curb Issues",
    )
    assert (case.status, case.city_status, case.closure_reason) == (
        "closed",
        "closed",
        "Duplicate request.",
    )
    assert case.opened_at == datetime(2010, 4, 14, 14, 37, 38, tzinfo=UTC)
    assert case.updated_at == case.target_at == datetime(2010, 4, 15, 14, 37, 38, tzinfo=UTC)
    assert (case.lat, case.lon, case.address, case.zipcode) == (
        37.762221815,
        -122.4651145,
        "8TH AVE and JUDAH ST",
        "94122",
    )
    assert (case.note, case.department, case.photo_url) == (
        "Broken\nslab",
        "Public Works",
        "http://photos.example/638344.jpg",
    )
    assert case.extra == {"address_id": "545483"}


def test_the_close_time_is_the_extension_or_else_inferred_from_the_last_update(read):
    inferred = read(ROW)
    assert (inferred.closed_at, inferred.close_provenance) == (
        datetime(2010, 4, 15, 14, 37, 38, tzinfo=UTC),
        "inferred",
    )
    told = read({**ROW, "extended_attributes": {"closed_datetime": "2010-04-14T18:00:00Z"}})
    assert (told.closed_at, told.close_provenance) == (
        datetime(2010, 4, 14, 18, 0, tzinfo=UTC),
        "source",
    )
    assert read({**ROW, "status": "open"}).closed_at is None
    assert read({**ROW, "updated_datetime": ""}).closed_at is None, "we publish no guess"


def test_an_update_a_second_before_its_request_is_the_request_itself(read):
    case = read({**ROW, "updated_datetime": "2010-04-14T06:37:37-08:00"})
    assert case.updated_at == case.closed_at == case.opened_at
    long_before = read({**ROW, "updated_datetime": "2010-04-13T06:37:37-08:00"})
    assert long_before.closed_at is not None and long_before.closed_at < long_before.opened_at, (
        "left for the checks to flag"
    )


@pytest.mark.parametrize(("updated", "is_same"), [("06:36:38", True), ("06:36:37", False)])
def test_a_minute_is_how_early_an_update_may_be(read, updated, is_same):
    case = read({**ROW, "updated_datetime": f"2010-04-14T{updated}-08:00"})
    assert (case.closed_at == case.opened_at) is is_same


def test_an_update_in_the_future_counts_as_now(read):
    case = read({**ROW, "updated_datetime": "2030-01-01T00:00:00Z"})
    assert case.updated_at == case.closed_at == NOW


def test_extensions_of_the_desk_are_read(read):
    extended = {
        "detailed_status": "in_progress",
        "closed_datetime": "",
        "department": "Streets",
        "queue": "Night crew",
        "channel": "App",
        "closure_reason": "",
        "closed_media_url": "http://photos.example/after.jpg",
        "external_reference": "CC-2026-7",
        "weather": "rain",
        "parent_service_request_id": "637",
    }
    case = read({**ROW, "status": "open", "extended_attributes": extended})
    assert (case.status, case.city_status, case.department, case.queue, case.channel) == (
        "in_progress",
        "in_progress",
        "Streets",
        "Night crew",
        "App",
    )
    assert (case.closed_photo_url, case.reference, case.parent_id) == (
        "http://photos.example/after.jpg",
        "CC-2026-7",
        "637",
    )
    assert case.extra == {
        "address_id": "545483",
        "weather": "rain",
        "status_notes": "Duplicate request.",
    }
    assert case.closure_reason is None, "a note on an open case is no reason for its closing"


@pytest.mark.parametrize(
    ("media", "url"),
    [
        (["http://a.example/1.jpg", "http://a.example/2.jpg"], "http://a.example/1.jpg"),
        ([{"id": 1, "url": "http://a.example/1.jpg"}], "http://a.example/1.jpg"),
        ([], None),
        (None, None),
        (" ", None),
    ],
)
def test_media_url_may_be_a_text_or_a_list(read, media, url):
    assert read({**ROW, "media_url": media}).photo_url == url


def test_numbers_as_ids_nulls_and_absent_fields_are_taken_as_they_come(read):
    case = read(
        {
            "service_request_id": 12,
            "status": "OPEN",
            "service_code": 7,
            "requested_datetime": "2026-01-01T00:00:00Z",
            "lat": None,
            "long": "",
        }
    )
    assert (case.case_id, case.service_code, case.service_name, case.status) == (
        "12",
        "7",
        "7",
        "open",
    )
    assert (case.lat, case.lon, case.note, case.target_at, case.updated_at) == (
        None,
        None,
        None,
        None,
        NOW,
    )


@pytest.mark.parametrize(
    ("change", "reason", "words"),
    [
        ({"service_request_id": None}, "no_id", "a request without service_request_id"),
        ({"requested_datetime": None}, "missing", "case 638344: no requested_datetime"),
        ({"requested_datetime": "soon"}, "bad_time", "case 638344: requested_datetime is 'soon'"),
        ({"status": "asleep"}, "bad_status", "case 638344: status is 'asleep'"),
    ],
)
def test_a_request_that_cannot_be_used_says_which_case_field_and_value(read, change, reason, words):
    with pytest.raises(SourceError, match=words) as refused:
        read({**ROW, **change})
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("change", "unreadable"),
    [
        ({"lat": "north"}, ("lat",)),
        ({"long": "inf"}, ("lon",)),
        ({"expected_datetime": "soon"}, ("target_at",)),
        ({"updated_datetime": "lately"}, ("updated_at",)),
        ({"long": "nan", "expected_datetime": "null", "zipcode": "NULL", "address": None}, ()),
    ],
)
def test_a_request_is_kept_without_the_optional_value_that_cannot_be_read(read, change, unreadable):
    case = read({**ROW, **change})
    assert (case.case_id, case.unreadable) == ("638344", unreadable)
    assert case.zipcode == (None if "zipcode" in change else "94122")


@pytest.mark.parametrize("name", ["lon", "lng"])
def test_a_longitude_is_read_under_each_name_that_servers_use(read, name):
    row = {key: value for key, value in ROW.items() if key != "long"}
    assert read({**row, name: -122.41}).lon == -122.41


def test_a_day_that_is_expected_is_a_day(read):
    case = read({**ROW, "expected_datetime": "2010-04-20"})
    assert case.day_only == DAY_ONLY["target_at"]


XML = """<?xml version="1.0" encoding="utf-8"?>
<service_requests><!-- one -->
<request><service_request_id>638344</service_request_id><status>open</status>
<service_code>006</service_code><description/>
<requested_datetime>2010-04-14T06:37:38-08:00</requested_datetime><lat>37.7</lat><long>-122.4</long>
<extended_attributes><queue>Night</queue></extended_attributes>
<notes><note><summary>seen</summary></note></notes></request>
</service_requests>"""


@pytest.mark.parametrize(
    "body",
    [
        [ROW],
        ROW,
        {"service_requests": [ROW]},
        {"requests": [ROW]},
        {"service_requests": {"request": [ROW]}},
        XML,
        XML.replace("service_requests>", "requests>"),
        "\ufeff" + json.dumps([ROW]),
    ],
)
def test_the_list_is_found_in_every_wrapping(source_of, body):
    assert ids(pages(source_of(table(), Network(answer_of(body, ENDPOINT))))) == ["638344"]


def test_xml_is_asked_for_where_json_is_not_offered(source_of):
    network = Network(answer_of(XML, ENDPOINT, content_type="text/xml"))
    source = source_of(table(quirks={"format": "xml"}), network)
    case = source.to_case(pages(source)[0].rows[0], NOW)
    assert network.urls == [f"{ENDPOINT}/requests.xml"]
    assert (case.lat, case.queue, case.note) == (37.7, "Night", None)


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<service_requests>&b;</service_requests>"
)
FILE = (
    '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><service_requests><request>'
    "<status>&f;</status></request></service_requests>"
)


@pytest.mark.parametrize("body", [BOMB, FILE])
def test_xml_that_brings_its_own_document_type_is_refused(source_of, body):
    with pytest.raises(SourceError, match="answered with a document type, which is refused"):
        pages(source_of(table(), Network(answer_of(body, ENDPOINT))))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            answer_of("<!DOCTYPE html><html><body>Sorry", ENDPOINT, content_type="text/html"),
            "200 with HTML instead of service requests",
        ),
        (
            answer_of("<html><body>Unknown jurisdiction</body></html>", ENDPOINT),
            "200 with HTML instead of service requests",
        ),
        (
            answer_of(
                [{"code": 404, "description": "jurisdiction_id was not found"}], ENDPOINT, 404
            ),
            "404: 404 jurisdiction_id was not found",
        ),
        (
            answer_of(
                "<errors><error><code>403</code><description>No key</description></error></errors>",
                ENDPOINT,
                403,
            ),
            "403: 403 No key",
        ),
        (answer_of("<error>Invalid api_key</error>", ENDPOINT, 403), "403: Invalid api_key"),
        (answer_of("", ENDPOINT), "200 with application/json instead of service requests: ''"),
        (answer_of({"count": 0}, ENDPOINT), "instead of service requests"),
        (answer_of([ROW], ENDPOINT, 500), "answered 500"),
        (answer_of("[" * 100_000, ENDPOINT), "instead of service requests"),
        (answer_of([ROW], "https://elsewhere.example/v2"), "answered by another host"),
    ],
)
def test_an_answer_that_is_no_georeport_is_refused_with_its_first_words(source_of, answer, words):
    with pytest.raises(SourceError) as refused:
        pages(source_of(table(), Network(answer)))
    assert words in str(refused.value)


def test_a_request_that_still_waits_for_its_id_is_left_for_later(source_of):
    waiting = {"token": "503fc0459", "status": "open"}
    assert ids(pages(source_of(table(), Network(answer_of([waiting, ROW], ENDPOINT))))) == [
        "638344"
    ]


class Town:
    """A standard server: requests by the day of the report, newest first, page by page."""

    def __init__(self, *opened: datetime, size: int = 50, repeats: bool = False) -> None:
        self.opened, self.size, self.repeats, self.asked = opened, size, repeats, []

    def __call__(self, url, params=None, headers=None, json=None):
        params = params or {}
        self.asked.append(params)
        start, end = (
            datetime.fromisoformat(params["start_date"]),
            datetime.fromisoformat(params["end_date"]),
        )
        found = [
            {
                **ROW,
                "service_request_id": str(number),
                "requested_datetime": at.isoformat(),
                "updated_datetime": at.isoformat(),
            }
            for number, at in enumerate(self.opened)
            if start <= at <= end
        ]
        found.sort(key=lambda row: row["requested_datetime"], reverse=True)
        first = (
            int(params["offset"])
            if "offset" in params
            else (int(params.get("page", 1)) - 1) * self.size
        )
        size = self.size if "page" in params or "offset" in params else len(found)
        if self.repeats and first >= len(found):
            first = max(0, (len(found) - 1) // size * size)
        return answer_of(found[first : first + size], url)


def test_a_first_run_reads_the_last_ninety_days_page_by_page(source_of):
    town = Town(*(NOW - timedelta(days=day) for day in range(0, 120)))
    found = ids(pages(source_of(table(), town)))
    assert sorted(map(int, found)) == list(range(91))
    assert town.asked[0] == {
        "extensions": "true",
        "start_date": "2026-08-25T12:00:00Z",
        "end_date": "2026-11-23T12:00:00Z",
        "page": "1",
        "page_size": "50",
    }


def test_later_runs_read_two_days_each_time_and_ninety_once_a_day(source_of):
    town = Town(*(NOW - timedelta(days=day) for day in range(0, 60)))
    source = source_of(table(), town)
    cursor = pages(source)[-1].cursor
    later = pages(source, cursor, now=NOW + timedelta(minutes=1))
    assert ids(later) == ["0", "1", "2"]
    assert len(ids(pages(source, later[-1].cursor, now=NOW + timedelta(days=1)))) == 60


def test_an_earlier_start_is_read_in_windows_of_ninety_days(source_of):
    town = Town(*(NOW - timedelta(days=day) for day in range(0, 300, 10)))
    source = source_of(table(), town)
    assert len(set(ids(pages(source, since=NOW - timedelta(days=200))))) == 21
    assert [params["end_date"][:10] for params in town.asked] == [
        "2026-08-05",
        "2026-11-03",
        "2026-11-23",
    ]


@pytest.mark.parametrize("days", [30, 89, 120, 400])
def test_after_days_without_a_run_nothing_is_missing(source_of, days):
    town = Town(*(NOW + timedelta(days=day) for day in range(days + 1)))
    source = source_of(table(), town)
    cursor = pages(source)[-1].cursor
    back = NOW + timedelta(days=days)
    found = set(ids(pages(source, cursor, now=back)))
    assert found == {str(number) for number in range(days + 1)}


@pytest.mark.parametrize("later", [2, 150, 299])
def test_a_start_asked_for_in_the_middle_of_a_walk_loses_none_of_its_rows(source_of, later):
    """It did: the days between the two starts were never read."""
    town = Town(*(NOW - timedelta(days=day) for day in range(0, 300, 10)))
    source = source_of(table(quirks={"pages_per_run": 1}), town)
    interrupted = pages(source, since=NOW - timedelta(days=300))
    seen = set(ids(interrupted))
    whole = source_of(table(), town)
    seen |= set(ids(pages(whole, interrupted[-1].cursor, since=NOW - timedelta(days=later))))
    assert seen == {str(number) for number in range(30)}


def test_a_run_that_stops_half_way_goes_on_there(source_of):
    town = Town(*(NOW - timedelta(hours=hour) for hour in range(200)))
    source = source_of(table(quirks={"pages_per_run": 2}), town)
    first = pages(source)
    assert len(ids(first)) == 100
    assert len(set(ids(first) + ids(pages(source, first[-1].cursor)))) == 200


def test_limit_and_offset_are_used_where_the_server_wants_them(source_of):
    town = Town(*(NOW - timedelta(hours=hour) for hour in range(120)))
    assert len(ids(pages(source_of(table(quirks={"paging": "offset"}), town)))) == 120
    assert [params["offset"] for params in town.asked] == ["0", "50", "100"]


def test_a_server_without_pages_is_asked_for_short_windows(source_of):
    town = Town(*(NOW - timedelta(hours=hour) for hour in range(1_500)))
    source = source_of(table(quirks={"paging": "none", "window_days": 20}), town)
    assert len(set(ids(pages(source)))) == 1_500
    with pytest.raises(SourceError, match="1,500 rows and may be cut; set a shorter window_days"):
        pages(source_of(table(quirks={"paging": "none"}), town))


def test_a_last_page_that_repeats_is_the_end_where_the_town_is_known_for_it_and_an_error_elsewhere(
    source_of,
):
    opened = [NOW - timedelta(hours=hour) for hour in range(100)]
    assert (
        len(
            ids(
                pages(
                    source_of(
                        table(quirks={"repeats_last_page": True}), Town(*opened, repeats=True)
                    )
                )
            )
        )
        == 100
    )
    with pytest.raises(SourceError, match="the same page comes again and again") as refused:
        pages(source_of(table(), Town(*opened, repeats=True)))
    assert refused.value.reason == "endless_page"


def test_times_are_asked_in_the_citys_clock_where_offsets_are_refused(source_of):
    network = Network(answer_of([], ENDPOINT))
    pages(
        source_of(
            table(quirks={"plain_times": True}, params={"jurisdiction_id": "smallville.gov"}),
            network,
        )
    )
    assert network.asked[0]["end_date"] == "2026-11-23T07:00:00"
    assert network.asked[0]["jurisdiction_id"] == "smallville.gov"


def test_single_cases_are_asked_for_where_this_town_keeps_them(source_of):
    def answer(url, params):
        return (
            answer_of([{"code": 404, "description": "gone"}], url, 404)
            if "/2." in url
            else answer_of([{**ROW, "service_request_id": "A/1"}], url)
        )

    network = Network(answer)
    source = source_of(table(quirks={"single_case": "request"}), network)
    assert ids(source.pages_of_cases(["A/1", "2"], now=NOW)) == ["A/1"]
    assert network.urls == [f"{ENDPOINT}/request/A%2F1.json", f"{ENDPOINT}/request/2.json"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"quirks": {"colour": "red"}}, "unknown quirk 'colour'"),
        ({"quirks": {"paging": "scroll"}}, "paging is 'scroll'; it is one of page, offset, none"),
        ({"quirks": {"page_size": 0}}, "page_size is 0; it is a whole number above 0"),
        (
            {"quirks": {"updated_after": "yes"}},
            "quirks: updated_after is 'yes'; it must be true or false",
        ),
        ({"endpoint": None}, "the key 'endpoint' is missing"),
    ],
)
def test_a_mistake_in_the_citys_file_is_named(source_of, changes, words):
    with pytest.raises(SettingsError) as refused:
        source_of(table(**changes))
    assert words in str(refused.value)


def test_without_a_running_desk_the_sync_says_what_to_do(source_of):
    source = source_of(table(endpoint="desk", quirks={"updated_after": True}))
    with pytest.raises(
        SourceError,
        match="the work-order desk is not running; start it, or name it with --desk-url",
    ):
        pages(source)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "statuses"),
    [
        ("koeln_requests_2023-12-11.json", {"open": 50}),
        ("cfa_ruby_fixtures/service_requests.xml", {"closed": 1, "open": 1}),
        ("cfa_ruby_fixtures/get_service_request.xml", {"closed": 1}),
        ("cfa_ruby_fixtures/service_requests_empty.xml", {}),
        ("node_open311_mocks/service-requests.xml", {"closed": 1, "open": 1}),
        ("node_open311_mocks/service-request.xml", {"closed": 1}),
    ],
)
def test_recorded_answers_are_read(source_of, real_data, name, statuses):
    source = source_of(table())
    cases = [
        source.to_case(row, page.as_of)
        for page in source.pages_from_file(real_data / "open311" / name, now=NOW)
        for row in page.rows
    ]
    assert Counter(case.status for case in cases) == statuses
    assert all(case.lat and case.lon and case.service_code for case in cases)


@pytest.mark.realdata
@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "cfa_ruby_fixtures/get_service_request_not_found.xml",
            "404 Service request not found with id or token not-an-id",
        ),
        (
            "node_open311_mocks/boston-err-submitrequest-base_is_duplicate.xml",
            "400 Invalid service request: base is a duplicate",
        ),
        ("cfa_ruby_fixtures/403.xml", "instead of service requests"),
        ("cfa_ruby_fixtures/services.xml", "instead of service requests"),
        ("node_open311_mocks/discovery-boston.json", "instead of service requests"),
    ],
)
def test_recorded_refusals_are_passed_on(source_of, real_data, name, words):
    with pytest.raises(SourceError) as refused:
        list(source_of(table()).pages_from_file(real_data / "open311" / name, now=NOW))
    assert words in str(refused.value)
