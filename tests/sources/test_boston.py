"""Boston's two systems, live and from files."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from data_sync.sources import make_sources
from portal import jurisdictions
from portal.errors import SettingsError, SourceError
from tests.sources.conftest import NOW, Network, answer_of, cases_of_file

OLD = (
    "case_enquiry_id,open_dt,target_dt,closed_dt,ontime,case_status,closure_reason,case_title,"
    "subject,"
    "reason,type,queue,department,submittedphoto,closedphoto,location,fire_district,pwd_district,"
    "city_council_district,police_district,neighborhood,neighborhood_services_district,ward,"
    "precinct,"
    "location_street_name,location_zipcode,latitude,longitude,source"
)
OLD_ROW = (
    "101000295613,2011-07-01 01:32:33,2011-07-15 01:32:32,2011-07-01 05:06:58,ONTIME,Closed,"
    "Case Closed Case Resolved replaced fuse ,Street Light Outages,Public Works Department,"
    "Street Lights,Street Light Outages,PWDx_Street Light Outages,PWDx, ,,"
    "INTERSECTION of Groveland St & River St  Mattapan  MA  ,"
    "8,07,0,B3,Greater Mattapan,7,Ward 07,1714,Groveland St, ,42.2715,-71.0772,Employee Generated"
)
NEW = {
    "_id": 5,
    "_full_text": "'bcs':1",
    "case_id": "BCS-00000001",
    "open_date": "2025-10-14 13:00:00+00",
    "case_topic": "Street Lights",
    "service_name": "Street Light Outage",
    "assigned_department": "Public Works Department",
    "assigned_team": "Street Lighting",
    "case_status": "In progress",
    "closure_reason": None,
    "closure_comments": None,
    "close_date": None,
    "target_close_date": "2025-10-28 13:00:00+00",
    "on_time": "ONTIME",
    "report_source": "BOS311",
    "full_address": "1 Main St, Boston, MA 02129",
    "zip_code": "02129",
    "neighborhood": "Charlestown",
    "city_council_district": "1",
    "ward": "2",
    "longitude": "-71.0616",
    "latitude": "42.3736",
}


@pytest.fixture
def boston():
    return jurisdictions.load("boston")


def source(boston, network=None):
    return make_sources(boston, network or Network({}))[0]


def test_a_row_of_the_old_system_becomes_a_case(boston, tmp_path):
    (tmp_path / "2011.csv").write_text(f"{OLD}\n{OLD_ROW}\n")
    (case,) = cases_of_file(source(boston), tmp_path / "2011.csv")
    assert (case.case_id, case.service_name, case.service_group) == (
        "101000295613",
        "Street Light Outages",
        "Street Lights",
    )
    assert case.opened_at == datetime(2011, 7, 1, 5, 32, 33, tzinfo=UTC)
    assert case.closed_at == datetime(2011, 7, 1, 9, 6, 58, tzinfo=UTC)
    assert case.target_at == datetime(2011, 7, 15, 5, 32, 32, tzinfo=UTC)
    assert case.updated_at == case.closed_at, "the newest time in this file"
    assert (case.status, case.close_provenance, case.city_on_time) == ("closed", "source", True)
    assert (case.department, case.queue, case.channel) == (
        "Public Works",
        "Street Light Outages",
        "Employee Generated",
    )
    assert (case.neighborhood, case.district, case.ward) == ("Greater Mattapan", None, "7"), (
        "district 0 is none"
    )
    assert (case.lat, case.lon, case.zipcode, case.photo_url) == (42.2715, -71.0772, None, None)
    assert case.closure_reason == "Case Closed Case Resolved replaced fuse"
    assert case.extra["subject"] == "Public Works Department"


def test_every_spelling_of_the_old_columns_gives_the_same_case(boston, tmp_path):
    renames = {
        "target_dt": "sla_target_dt",
        "ontime": "on_time",
        "submittedphoto": "submitted_photo",
        "closedphoto": "closed_photo",
    }
    now_names = ",".join(renames.get(name, name) for name in OLD.split(","))
    shouted = OLD.upper().replace("ONTIME", "OnTime_Status")
    us_times = OLD_ROW.replace("2011-07-01 01:32:33", "07/01/2011 01:32:33 AM").replace(
        "2011-07-15 01:32:32", "07/15/2011 01:32:32 AM"
    )
    us_times = us_times.replace("2011-07-01 05:06:58", "07/01/2011 05:06:58 AM")
    cases = []
    for number, (header, row) in enumerate(
        [(OLD, OLD_ROW), (now_names, OLD_ROW), (shouted, OLD_ROW), (OLD, us_times)]
    ):
        path = tmp_path / f"{number}.csv"
        path.write_text(f"{header}\n{row}\n")
        cases += cases_of_file(source(boston), path)
    assert len(cases) == 4
    assert all(case == cases[0] for case in cases)


def test_a_row_of_the_new_system_becomes_a_case(boston):
    case = source(boston).to_case(NEW, NOW)
    assert (case.case_id, case.service_name, case.status, case.city_status) == (
        "BCS-00000001",
        "Street Light Outage",
        "in_progress",
        "In progress",
    )
    assert case.opened_at == datetime(2025, 10, 14, 13, 0, tzinfo=UTC)
    assert case.updated_at == NOW
    assert (case.lat, case.lon, case.zipcode, case.channel) == (
        42.3736,
        -71.0616,
        "02129",
        "BOS311",
    )
    assert case.closed_at is None and case.close_provenance is None
    assert case.extra == {}


def test_a_file_of_the_new_system_is_known_by_its_header(boston, tmp_path):
    names = [name for name in NEW if not name.startswith("_")]
    (tmp_path / "new.csv").write_text(
        ",".join(names) + "\n" + ",".join(f'"{NEW[name] or ""}"' for name in names) + "\n"
    )
    (case,) = cases_of_file(source(boston), tmp_path / "new.csv")
    assert (case.case_id, case.address) == ("BCS-00000001", "1 Main St, Boston, MA 02129")


def test_a_file_that_is_not_bostons_is_refused_by_its_header(boston, tmp_path):
    (tmp_path / "other.csv").write_text("id,when\n1,2011\n")
    with pytest.raises(
        SourceError, match=r"other\.csv: there is no column 'case_enquiry_id'; there are: id, when"
    ):
        cases_of_file(source(boston), tmp_path / "other.csv")


def test_an_old_file_imported_again_is_older_than_what_came_since(boston, tmp_path):
    """A case reopened in the newer file wins over its closing in the older, in either order."""
    closed, later = (
        OLD_ROW,
        OLD_ROW.replace("101000295613", "101000295614").replace(
            "2011-07-01 05:06:58", "2012-01-05 09:00:00"
        ),
    )
    reopened = OLD_ROW.replace(",2011-07-01 05:06:58,ONTIME,Closed,", ",,OVERDUE,Open,")
    (tmp_path / "older.csv").write_text(f"{OLD}\n{closed}\n")
    (tmp_path / "newer.csv").write_text(f"{OLD}\n{reopened}\n{later}\n")
    (old,) = cases_of_file(source(boston), tmp_path / "older.csv")
    new, _ = cases_of_file(source(boston), tmp_path / "newer.csv")
    assert (old.status, new.status) == ("closed", "open")
    assert old.updated_at < new.updated_at


class Ckan:
    """The city's datastore: datastore_search_sql over SQLite, which reads the same SQL."""

    def __init__(self, boston, **tables: list[dict]):
        (table,) = boston.sources
        self.names = {"new": table["new_system"], **table["years"]}
        self.store, self.sql = sqlite3.connect(":memory:"), []
        self.store.row_factory = sqlite3.Row
        for key, rows in tables.items():
            columns = list(rows[0])
            name = self.names[key.removeprefix("y")]
            self.store.execute(f'create table "{name}" ({", ".join(columns)})')
            marks = ",".join("?" * len(columns))
            self.store.executemany(
                f'insert into "{name}" values ({marks})', [tuple(row.values()) for row in rows]
            )

    def __call__(self, url, params=None, headers=None, json=None):
        sql = (params or {})["sql"]
        self.sql.append(sql)
        try:
            records = [dict(row) for row in self.store.execute(sql)]
        except sqlite3.OperationalError as problem:
            error = {"__type": "Validation Error", "query": [str(problem)]}
            return answer_of({"success": False, "error": error}, url, 409)
        return answer_of({"success": True, "result": {"records": records}}, url)


def old_rows(*changes: dict) -> list[dict]:
    base = dict(zip(OLD.split(","), OLD_ROW.split(","), strict=True))
    return [{**base, **change} for change in changes]


def walk(source, cursor=None, now=NOW, since=None):
    """All cases of a run, its last cursor, and its error if it had one."""
    cases, problem = [], None
    try:
        for page in source.pages_updated_since(cursor, since=since, now=now):
            cases += [source.to_case(row, page.as_of) for row in page.rows]
            cursor = page.cursor or cursor
    except SourceError as raised:
        problem = raised
    return cases, cursor, problem


def test_a_live_run_reads_every_table_and_names_the_one_that_fails(boston):
    ckan = Ckan(
        boston,
        new=[NEW],
        y2026=old_rows({"open_dt": "2026-11-20 08:00:00", "closed_dt": "2026-11-21 08:00:00"}),
    )
    cases, _, problem = walk(source(boston, ckan))
    assert {case.case_id for case in cases} == {"BCS-00000001", "101000295613"}
    assert problem is not None
    assert 'the city answered 409: Validation Error: ["no such table: 9d7c2214' in str(problem)


def test_the_next_run_asks_for_what_was_opened_or_closed_since_two_days_before(boston):
    rows = old_rows(
        {
            "case_enquiry_id": "1",
            "open_dt": "2026-11-20 05:00:00",
            "closed_dt": "",
            "case_status": "Open",
        },
        {
            "case_enquiry_id": "2",
            "open_dt": "2026-11-19 12:00:00",
            "closed_dt": "",
            "case_status": "Open",
        },
        {
            "case_enquiry_id": "3",
            "open_dt": "2026-03-01 08:00:00",
            "closed_dt": "2026-11-22 06:00:00",
        },
        {"case_enquiry_id": "4", "open_dt": "2026-11-21 08:00:00", "closed_dt": ""},
    )
    ckan = Ckan(boston, new=[NEW], y2026=rows)
    _, cursor, _ = walk(source(boston, ckan))
    ckan.sql.clear()
    cases, cursor, _ = walk(source(boston, ckan), cursor, NOW + timedelta(hours=1))
    assert [case.case_id for case in cases] == ["BCS-00000001", "3", "4"], (
        "newest is the closing of 3, on the 22nd at 06:00"
    )
    assert (
        """("open_dt" > '2026-11-20 06:00:00' OR "closed_dt" > '2026-11-20 06:00:00')"""
        in ckan.sql[1]
    ), "in the city's clock"
    assert (
        """("open_date" > '2025-10-12 13:00:00' OR "close_date" > '2025-10-12 13:00:00')"""
        in ckan.sql[0]
    ), "in UTC"
    cases, _, _ = walk(source(boston, ckan), cursor, NOW + timedelta(days=8))
    assert [case.case_id for case in cases] == ["BCS-00000001", "1", "2", "3", "4"], (
        "once a week every open case is read again"
    )


def test_tables_that_move_rest_minutes_and_past_years_a_day(boston):
    ckan = Ckan(
        boston,
        new=[NEW],
        y2026=old_rows({"open_dt": "2026-11-20 08:00:00"}),
        y2020=old_rows({"open_dt": "2020-05-01 08:00:00"}),
    )
    boston_source = source(boston, ckan)
    _, cursor, _ = walk(boston_source)
    for wait, tables in (
        (timedelta(minutes=5), ()),
        (timedelta(minutes=20), ("new", "2026")),
        (timedelta(hours=25), ("new", "2026", "2020")),
    ):
        ckan.sql.clear()
        walk(boston_source, cursor, NOW + wait)
        asked = [
            key for key, name in ckan.names.items() if any(f'"{name}"' in sql for sql in ckan.sql)
        ]
        assert [key for key in asked if key in ("new", "2026", "2020")] == sorted(
            tables, reverse=True
        )


@pytest.mark.parametrize("day", ["2026-01-01", "2026-11-23", "2026-12-31"])
def test_last_year_s_table_is_asked_as_often_as_this_year_s(boston, day):
    """Its cases are still being closed; a day's rest would show them open for a day longer."""
    now = datetime.fromisoformat(f"{day}T12:00:00+00:00")
    opened = {"open_dt": "2020-05-01 08:00:00", "closed_dt": "2020-05-02 08:00:00"}
    tables = {f"y{year}": old_rows(opened) for year in range(2023, 2027)}
    ckan = Ckan(boston, new=[NEW], **tables)
    boston_source = source(boston, ckan)
    _, cursor, _ = walk(boston_source, now=now)
    ckan.sql.clear()
    walk(boston_source, cursor, now + timedelta(minutes=20))
    asked = {key for key, name in ckan.names.items() if any(f'"{name}"' in q for q in ckan.sql)}
    assert asked & {"new", "2026", "2025", "2024", "2023"} == {"new", "2026", "2025"}


def test_single_cases_are_asked_for_in_every_table_until_all_are_found(boston):
    older = old_rows(*({"case_enquiry_id": str(number)} for number in range(2, 300)))
    ckan = Ckan(boston, new=[NEW], y2026=old_rows({"case_enquiry_id": "1"}), y2025=older)
    years = {
        year: table
        for year, table in boston.sources[0]["years"].items()
        if year in ("2025", "2026")
    }
    town = source(replace(boston, sources=({**boston.sources[0], "years": years},)), ckan)
    wanted = ["BCS-00000001", *map(str, range(1, 302))]
    pages = list(town.pages_of_cases(wanted, now=NOW))
    assert [len(page.rows) for page in pages] == [1, 1, 198, 100], (
        "in two questions of at most 200 numbers; 300 and 301 nobody knows"
    )
    asked = [
        next(key for key, name in ckan.names.items() if f'"{name}"' in sql) for sql in ckan.sql
    ]
    assert asked == ["new", "2026", "2025", "2025", "2026", "new"], (
        "the table that had the last ones is asked first"
    )


def test_an_answer_that_is_no_answer_is_refused_with_its_first_words(boston):
    for answer, words in (
        ("<html><h1>Maintenance</h1>", "HTML instead of JSON: '<html><h1>Maintenance"),
        ("", "instead of JSON"),
        ({"success": True, "result": {}}, "the answer has no records"),
        ({"success": True, "result": {"records": ["x"]}}, "the answer has no records"),
        (["x"], "the answer has no records"),
        ({"success": False, "error": "No"}, "error: No"),
    ):
        _, _, problem = walk(
            source(boston, Network(lambda url, _, answer=answer: answer_of(answer, url)))
        )
        assert words in str(problem)


def test_an_answer_of_another_host_is_refused(boston):
    _, _, problem = walk(
        source(
            boston, Network(answer_of({"result": {"records": []}}, "https://elsewhere.example/"))
        )
    )
    assert "answered by another host" in str(problem)


def test_a_year_that_is_none_is_named(boston):
    table = {**boston.sources[0], "years": {"last": "x"}}
    with pytest.raises(
        SettingsError,
        match=r"boston\.toml: source 'analyze-boston': years names 'last'; a year looks like 2026",
    ):
        source(replace(boston, sources=(table,)))


@pytest.mark.realdata
def test_the_real_file_of_2011_is_read_whole(boston, real_data):
    cases = cases_of_file(
        source(boston), real_data / "boston" / "boston_2011_311_service_requests.zip"
    )
    assert len(cases) == len({case.source_id for case in cases}) == 58_251
    assert Counter(case.status for case in cases) == {"closed": 54_570, "open": 3_681}
    assert Counter(case.channel for case in cases) == {
        "Constituent Call": 28_136,
        "Employee Generated": 17_925,
        "Self Service": 8_160,
        "Citizens Connect App": 3_907,
        "Maximo Integration": 120,
        "Twitter": 3,
    }
    assert sum(boston.is_no_place(case.lat, case.lon) for case in cases) == 4_775
    assert {case.updated_at for case in cases} == {datetime(2019, 10, 31, 19, 25, 56, tzinfo=UTC)}
    assert len({case.service_name for case in cases}) == 141
    assert min(case.opened_at for case in cases) == datetime(2011, 7, 1, 5, 32, 33, tzinfo=UTC)
    assert all(case.closed_at >= case.opened_at for case in cases if case.closed_at)


@pytest.mark.realdata
def test_a_hundred_real_rows_of_2022_are_read(boston, real_data):
    cases = cases_of_file(source(boston), real_data / "boston" / "boston_2022_100_rows.csv")
    assert Counter(case.status for case in cases) == {"closed": 85, "open": 15}
    assert sum(boston.is_no_place(case.lat, case.lon) for case in cases) == 19


@pytest.mark.realdata
def test_the_citys_recorded_answers_are_understood(boston, real_data):
    recorded = json.loads(
        (real_data / "feeds" / "ckan_boston_recorded_2026-08-23.json").read_text()
    )
    _, _, problem = walk(
        source(boston, Network(lambda url, _: answer_of(recorded["NON_DATASTORE_BODY"], url, 404)))
    )
    assert "the city answered 404: Not Found Error: Not found: Resource" in str(problem)
    failed = json.loads(
        (real_data / "feeds" / "ckan_boston_datastore_search_sql_error.json").read_text()
    )
    _, _, problem = walk(source(boston, Network(lambda url, _: answer_of(failed, url, 409))))
    assert 'the city answered 409: Validation Error: ["(ProgrammingError) relation' in str(problem)
    permits = json.loads(
        (real_data / "feeds" / "ckan_boston_datastore_search_sql_success.json").read_text()
    )
    permits_source = source(boston, Network(lambda url, _: answer_of(permits, url)))
    page = next(permits_source.pages_updated_since(None, since=None, now=NOW))
    with pytest.raises(SourceError, match="no case_id"):
        permits_source.to_case(
            page.rows[0], NOW
        )  # building permits: the envelope is the city's, the row is no case
