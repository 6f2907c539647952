"""Socrata cities: New York, Chicago, Los Angeles, San Francisco, live and from exports."""

from __future__ import annotations

import json
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from data_sync.sources import make_sources
from portal import jurisdictions
from portal.errors import SourceError
from tests.sources.conftest import NOW, Network, answer_of, cases_of_file

NYC_ROW = {
    ":id": "row-abcd.efgh-ijkl",
    ":created_at": "2026-11-20T07:00:00.000Z",
    ":updated_at": "2026-11-22T07:00:00.000Z",
    ":version": "rv-1",
    ":@computed_region_efsh_h5xi": "13091",
    "unique_key": "61276295",
    "created_date": "2026-11-20T02:08:51.000",
    "agency": "DOT",
    "agency_name": "Department of Transportation",
    "complaint_type": "Street Condition",
    "descriptor": "Pothole",
    "incident_zip": "10033",
    "intersection_street_1": "ST NICHOLAS AVENUE",
    "intersection_street_2": "WEST 178 STREET",
    "status": "Open",
    "resolution_action_updated_date": "2026-11-20T02:08:51.000",
    "council_district": "07",
    "open_data_channel_type": "MOBILE",
    "latitude": "40.84735682050765",
    "longitude": "-73.93517137747149",
    "park_borough": "MANHATTAN",
}


def source(city: str, network=None):
    return make_sources(jurisdictions.load(city), network or Network([]))[0]


def test_a_row_becomes_a_case_as_the_citys_file_maps_it():
    case = source("nyc").to_case(NYC_ROW, NOW)
    assert (case.case_id, case.service_name, case.title, case.status) == (
        "61276295",
        "Street Condition",
        "Pothole",
        "open",
    )
    assert case.opened_at == datetime(2026, 11, 20, 7, 8, 51, tzinfo=UTC)
    assert case.updated_at == datetime(2026, 11, 22, 7, 0, tzinfo=UTC), (
        "published later than the city's own last action"
    )
    assert (case.address, case.zipcode, case.district) == (
        "ST NICHOLAS AVENUE & WEST 178 STREET",
        "10033",
        "7",
    )
    assert (case.department, case.channel) == ("Department of Transportation", "Mobile")
    assert (case.lat, case.lon) == (40.84735682050765, -73.93517137747149)
    assert case.closed_at is None and case.closure_reason is None, "nulls are simply absent"


def test_an_update_in_the_future_counts_as_now():
    row = {
        "sr_number": "SR1",
        "sr_type": "Pothole",
        "sr_short_code": "PHF",
        "status": "Open",
        "created_date": "2026-11-20T08:00:00.000",
    }
    case = source("chicago").to_case({**row, "last_modified_date": "2027-03-01T00:00:00.000"}, NOW)
    assert case.updated_at == NOW
    assert (case.service_code, case.service_name) == ("PHF", "Pothole")


def test_an_export_with_display_names_gives_the_same_case_as_the_api(tmp_path):
    names = {
        "unique_key": "Unique Key",
        "created_date": "Created Date",
        "agency": "Agency",
        "agency_name": "Agency Name",
        "complaint_type": "Problem (formerly Complaint Type)",
        "descriptor": "Problem Detail (formerly Descriptor)",
        "incident_zip": "Incident Zip",
        "intersection_street_1": "Intersection Street 1",
        "intersection_street_2": "Intersection Street 2",
        "status": "Status",
        "council_district": "Council District",
        "open_data_channel_type": "Open Data Channel Type",
        "latitude": "Latitude",
        "longitude": "Longitude",
        "park_borough": "Park Borough",
        "resolution_action_updated_date": "Resolution Action Updated Date",
    }
    row = {
        **NYC_ROW,
        "created_date": "11/20/2026 02:08:51 AM",
        "resolution_action_updated_date": "11/20/2026 02:08:51 AM",
    }
    (tmp_path / "export.csv").write_text(
        ",".join(names.values()) + "\n" + ",".join(row[name] for name in names) + "\n"
    )
    (case,) = cases_of_file(source("nyc"), tmp_path / "export.csv")
    api = source("nyc").to_case(
        {key: value for key, value in NYC_ROW.items() if not key.startswith(":")}, NOW
    )
    assert case == api


def test_los_angeles_old_and_new_columns_are_both_read():
    old = {
        "srnumber": "1-1262691971",
        "createddate": "2024-12-31T23:55:30.000",
        "updateddate": "2025-01-02T22:20:06.000",
        "requesttype": "Graffiti Removal",
        "status": "Closed",
        "closeddate": "2025-01-02T22:20:05.000",
        "owner": "OCB",
        "cd": "12",
        "ncname": "NORTHRIDGE WEST",
    }
    new = {
        "casenumber": "04342632",
        "createddate": "2026-03-01T00:00:00.000",
        "type": "Graffiti Removal",
        "status": "Workorder Created",
        "locator_gis_returned_address": "456 Elm Ave",
        "zipcode_c": "90029",
        "geolocation_latitude_s": "34.0912",
        "geolocation_longitude_s": "-118.3108",
        "locator_council_district": "13",
    }
    first, second = (source("losangeles").to_case(row, NOW) for row in (old, new))
    assert (first.case_id, first.department, first.district, first.status) == (
        "1-1262691971",
        "Community Beautification",
        "12",
        "closed",
    )
    assert (second.case_id, second.address, second.lat, second.status) == (
        "04342632",
        "456 Elm Ave",
        34.0912,
        "in_progress",
    )


def test_the_new_columns_of_los_angeles_come_under_their_plain_names():
    row = {
        ":id": "r",
        ":updated_at": "2026-03-02T00:00:00.000Z",
        "casenumber": "1",
        "createddate": "2026-03-01T00:00:00.000",
        "type": "Graffiti",
        "status": "New",
        "zipcode__c": "90029",
        "geolocation__latitude__s": "34.0912",
    }
    live = source("losangeles", Network(lambda url, _: answer_of([row], url)))
    page = next(live.pages_updated_since(None, since=None, now=NOW))
    case = live.to_case(page.rows[0], NOW)
    assert (case.zipcode, case.lat) == ("90029", 34.0912)


def test_san_franciscos_district_is_a_number_and_its_note_a_closing_note():
    row = {
        "service_request_id": "101",
        "requested_datetime": "2026-11-01T08:00:00.000",
        "closed_date": "2026-11-02T08:00:00.000",
        "service_name": "Graffiti",
        "status_description": "Closed",
        "supervisor_district": "5.00000000",
        "status_notes": "Case Resolved",
        "lat": "37.77",
        "long": "-122.42",
        "media_url": {"url": "https://photos.example/1.jpg"},
    }
    live = source("sanfrancisco", Network(lambda url, _: answer_of([row], url)))
    (page,) = live.pages_updated_since(None, since=None, now=NOW)
    case = live.to_case(page.rows[0], NOW)
    assert (case.district, case.closure_reason, case.lon) == ("5", "Case Resolved", -122.42)
    assert case.photo_url == "https://photos.example/1.jpg"


class Soda:
    """A SODA table that answers `$where` on :updated_at and :id, five rows at a time."""

    def __init__(self, rows: list[dict], page_rows: int = 10_000) -> None:
        self.rows, self.page_rows, self.where, self.params = rows, page_rows, [], []

    def __call__(self, url, params=None, headers=None, json=None):
        params = params or {}
        where = params.get("$where", "")
        self.where.append(where)
        self.params.append(params)
        after = re.search(r":updated_at = '([^']*)' AND :id > '([^']*)'", where)
        start = re.search(r"^(?:.* AND )?:updated_at > '([^']*)'$", where)
        key = lambda row: (row[":updated_at"], row[":id"])  # noqa: E731
        rows = sorted(self.rows, key=key)
        if after:
            rows = [row for row in rows if key(row) > after.groups()]
        elif start:
            rows = [row for row in rows if row[":updated_at"] > start[1]]
        return answer_of(rows[: self.page_rows], url)


def rows(count: int, updated_at: str = "2026-11-22T07:00:00.000Z") -> list[dict]:
    return [
        {**NYC_ROW, ":id": f"row-{number:05}", "unique_key": str(number), ":updated_at": updated_at}
        for number in range(count)
    ]


def test_pages_follow_one_another_by_time_and_id_even_when_all_were_published_at_once():
    soda = Soda(rows(25_000))
    pages = list(source("nyc", soda).pages_updated_since(None, since=None, now=NOW))
    assert [len(page.rows) for page in pages] == [10_000, 10_000, 5_000]
    assert len({row["unique_key"] for page in pages for row in page.rows}) == 25_000
    assert soda.where[0] == "created_date >= '2026-01-01T00:00:00'"
    assert soda.params[0] == {
        "$select": ":*,*",
        "$order": ":updated_at,:id",
        "$limit": "10000",
        "$where": soda.where[0],
    }
    assert ":@computed_region_efsh_h5xi" not in pages[0].rows[0]


def test_the_next_run_starts_two_days_before_the_newest_published_row():
    soda = Soda([*rows(2, "2026-11-19T07:00:00.000Z"), *rows(3)])
    nyc = source("nyc", soda)
    cursor = list(nyc.pages_updated_since(None, since=None, now=NOW))[-1].cursor
    assert (
        list(nyc.pages_updated_since(cursor, since=None, now=NOW + timedelta(minutes=10))) == []
    ), "the city publishes once a day"
    (page,) = nyc.pages_updated_since(cursor, since=None, now=NOW + timedelta(hours=2))
    assert soda.where[-1].endswith(":updated_at > '2026-11-20T07:00:00.000Z'")
    assert len(page.rows) == 3
    (page,) = nyc.pages_updated_since(cursor, since=datetime(2026, 11, 1, tzinfo=UTC), now=NOW)
    assert len(page.rows) == 5


def test_a_table_that_is_not_there_any_more_does_not_stop_the_other_years():
    def answer(url, params):
        if "h73f-gn57" in url:
            return answer_of(
                {"message": "dataset.missing", "errorCode": "dataset.missing"}, url, 404
            )
        return answer_of([], url)

    network = Network(answer)
    with pytest.raises(
        SourceError, match=r"table h73f-gn57: the city answered 404: .*dataset\.missing"
    ):
        list(source("losangeles", network).pages_updated_since(None, since=None, now=NOW))
    assert len(network.urls) == 4


def test_single_cases_are_asked_for_by_the_column_that_the_years_table_has():
    def answer(url, params):
        column, number = ("srnumber", "1-2024") if "b7dx-7gc3" in url else ("casenumber", "2-2026")
        if not params["$where"].startswith(f"{column} in "):
            return answer_of(
                {"message": "No such column", "errorCode": "query.soql.no-such-column"}, url, 400
            )
        return answer_of(
            [{column: number}] if f"'{number}'" in params["$where"] and "73a2" not in url else [],
            url,
        )

    pages = source("losangeles", Network(answer)).pages_of_cases(
        ["1-2024", "2-2026", "it's gone"], now=NOW
    )
    assert [row for page in pages for row in page.rows] == [
        {"casenumber": "2-2026"},
        {"srnumber": "1-2024"},
    ]


def test_a_table_without_any_column_of_the_number_is_named():
    body = {"message": "No such column", "errorCode": "query.soql.no-such-column"}
    live = source("losangeles", Network(lambda url, _: answer_of(body, url, 400)))
    with pytest.raises(
        SourceError, match=r"table 2cy6-i7zn: the city answered 400: .*no-such-column"
    ):
        list(live.pages_of_cases(["1"], now=NOW))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<html>Down for maintenance", "HTML instead of JSON"),
        ({"message": "odd"}, "the answer is no list of rows"),
        ("[1]", "the answer is no list of rows"),
        ('[{"unique_key": "1"}, {"uni', r"Unterminated string starting at: line 1 column 24"),
        ('[{"city": "Café"}]'.encode("latin-1"), r"can't decode byte 0xe9 in position 14"),
    ],
)
def test_an_answer_that_is_no_answer_is_refused(body, words):
    with pytest.raises(SourceError, match=words):
        list(
            source("nyc", Network(lambda url, _: answer_of(body, url))).pages_updated_since(
                None, since=None, now=NOW
            )
        )


def test_a_server_that_ignores_where_we_are_does_not_keep_us_for_ever():
    with pytest.raises(SourceError, match="the same page comes again and again") as refused:
        list(
            source("nyc", Network(lambda url, _: answer_of(rows(10_000), url))).pages_updated_since(
                None, since=None, now=NOW
            )
        )
    assert refused.value.reason == "endless_page"


@pytest.mark.realdata
def test_the_recorded_answer_of_new_york_is_read(real_data):
    recorded = json.loads(
        (real_data / "feeds" / "soda2_nyc_erm2-nwe9_1000_2024-05-27.json").read_text()
    )
    nyc = source("nyc", Network(lambda url, _: answer_of(recorded, url)))
    (page,) = nyc.pages_updated_since(None, since=None, now=NOW)
    cases = [nyc.to_case(row, page.as_of) for row in page.rows]
    assert Counter(case.status for case in cases) == {"closed": 677, "in_progress": 294, "open": 29}
    assert sum(case.lat is None for case in cases) == 12
    assert max(case.opened_at for case in cases) == datetime(2024, 5, 27, 6, 8, 51, tzinfo=UTC)


@pytest.mark.realdata
def test_real_exports_are_read_without_a_row_refused(real_data):
    nyc = cases_of_file(source("nyc"), real_data / "nyc" / "nyc_soda_2026-04_newcols.csv")
    assert Counter(case.status for case in nyc) == {"closed": 997, "in_progress": 2, "open": 1}
    assert sum(case.target_at is not None for case in nyc) == 3
    losangeles = cases_of_file(source("losangeles"), real_data / "la" / "la_10k_2018.csv")
    assert Counter(case.status for case in losangeles) == {
        "closed": 9_971,
        "open": 16,
        "in_progress": 13,
    }
    assert losangeles[0].opened_at == datetime(2019, 1, 1, 7, 55, 30, tzinfo=UTC)
    chicago = cases_of_file(source("chicago"), real_data / "chicago" / "chicago_5k_2021_full.csv")
    assert Counter(case.status for case in chicago) == {"closed": 4_988, "open": 12}
    assert [case.parent_id for case in chicago if case.parent_id][:2] == [
        "SR20-05727135",
        "SR20-05697092",
    ]
    assert sum(case.parent_id is not None for case in chicago) == 175


@pytest.mark.realdata
def test_chicagos_call_center_and_airport_are_no_places(real_data):
    city = jurisdictions.load("chicago")
    cases = cases_of_file(source("chicago"), real_data / "chicago" / "chicago_5k_2021_full.csv")
    nowhere = [
        case
        for case in cases
        if case.lat is not None and case.lon is not None and city.is_no_place(case.lat, case.lon)
    ]
    assert len(nowhere) == 2_837 + 688
    assert (
        sum(not city.rule_for(case.service_code, case.service_name).public for case in cases)
        == 2_882
    )
