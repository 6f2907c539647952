"""The files beside a list: the list's rows, in every format alike, and nothing else."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime

import duckdb
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest

from portal.domain.published_columns import BULK_COLUMNS, CASE_COLUMN_NAMES, CASE_COLUMNS
from portal.publication import case_rows, parquet_file, xlsx_file
from portal.publication.formats import FORMATS
from portal.publication.turns import AT_ONCE, AT_ONCE_FOR_ONE

TIMES = [column.name for column in CASE_COLUMNS if column.kind == "timestamp"]
DAYS = [column.name for column in CASE_COLUMNS if column.kind == "date"]


def rows_of(client, suffix: str, query: str = "") -> list[dict]:
    """A file's rows as it has them, with times as aware datetimes and None for unknown."""
    answer = client.get(f"/cases.{suffix}{query}")
    assert answer.status_code == 200
    return READERS[suffix](answer.data)


def read_csv(data: bytes) -> list[dict]:
    frame = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False)
    return [typed(row) for row in frame.to_dict("records")]


def typed(row: dict) -> dict:
    """A row of texts in the columns' own types."""
    return {
        column.name: FROM_TEXT[column.kind](row[column.name]) if row[column.name] != "" else None
        for column in CASE_COLUMNS
    }


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


FROM_TEXT = {
    "text": str,
    "integer": int,
    "number": float,
    "timestamp": moment,
    "date": date.fromisoformat,
    "boolean": lambda text: text == "true",
}


def read_json(row: dict) -> dict:
    return row | {
        name: None if row[name] is None else read(row[name])
        for names, read in ((TIMES, moment), (DAYS, date.fromisoformat))
        for name in names
    }


def read_json_lines(data: bytes) -> list[dict]:
    return [read_json(json.loads(line)) for line in data.splitlines()]


def read_geojson(data: bytes) -> list[dict]:
    rows = []
    for feature in json.loads(data)["features"]:
        place = feature["geometry"]
        longitude, latitude = place["coordinates"] if place else (None, None)
        row = read_json(feature["properties"]) | {"latitude": latitude, "longitude": longitude}
        rows.append({name: row[name] for name in CASE_COLUMN_NAMES})
    return rows


def read_parquet(data: bytes) -> list[dict]:
    return pq.read_table(io.BytesIO(data)).drop(["geometry"]).to_pylist()


def read_xlsx(data: bytes) -> list[dict]:
    sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True)["Cases"]
    names, *rows = list(sheet.iter_rows(values_only=True))
    found = []
    for values in rows:
        row = dict(zip(names, values, strict=True))
        row |= {name: row[name] and row[name].replace(tzinfo=UTC) for name in TIMES}
        row |= {name: row[name] and row[name].date() for name in DAYS}
        found.append(row)
    return found


READERS = {
    "csv": read_csv,
    "jsonl": read_json_lines,
    "geojson": read_geojson,
    "parquet": read_parquet,
    "xlsx": read_xlsx,
}


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_all_formats_have_the_same_rows_and_none_has_a_private_one(client, cases, subtests):
    rows = rows_of(client, "csv")
    assert [row["case_id"] for row in rows] == ["103", "102", "101"]
    for suffix in READERS:
        with subtests.test(suffix):
            assert rows_of(client, suffix) == rows


def test_a_row_says_all_that_is_published_of_a_case(client, cases):
    row = rows_of(client, "csv", "?status=closed")[0]
    assert row == dict.fromkeys(CASE_COLUMN_NAMES) | {
        "case_id": "101",
        "status": "closed",
        "city_status": "Closed",
        "opened_at": datetime(2026, 11, 20, tzinfo=UTC),
        "closed_at": datetime(2026, 11, 22, tzinfo=UTC),
        "target_at": datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC),
        "updated_at": row["updated_at"],
        "first_seen_at": row["first_seen_at"],
        "opened_on": date(2026, 11, 19),  # midnight in UTC is the evening before in Boston
        "closed_on": date(2026, 11, 21),
        "days_open": 2,
        "close_provenance": "source",
        "city_on_time": True,
        "service": "Pothole",
        "service_code": row["service_code"],
        "department": "Public Works",
        "channel": "Phone",
        "neighborhood": "Roxbury",
        "district": "7",
        "address": "12 Adams St",
        "zipcode": "02119",
        "latitude": 42.32,
        "longitude": -71.07,
        "place_precision": "exact",
        "title": "Deep pothole, left lane",
        "note": 'Deep, "very" deep\nand wide',
        "closure_reason": "Filled.",
        "has_photo": False,
        "followers": 3,
    }


def test_what_cannot_be_true_of_a_row_is_said_in_words(client, cases):
    row = rows_of(client, "csv", "?neighborhood=dorchester")[0]
    assert row["contradictions"] == "closed_before_opened outside_city"
    assert row["day_only"] == "opened_at closed_at"


def test_bulk_is_the_open311_format(client, cases):
    answer = client.get("/cases.bulk.csv?status=closed")
    frame = pd.read_csv(io.BytesIO(answer.data), dtype=str, keep_default_na=False)
    assert list(frame.columns) == [column.name for column in BULK_COLUMNS]
    assert frame.to_dict("records") == [
        {
            "service_request_id": "101",
            "requested_datetime": "2026-11-20T00:00:00Z",
            "updated_datetime": "2026-11-22T00:00:00Z",
            "closed_date": "2026-11-22T00:00:00Z",
            "status_description": "closed",
            "status_notes": "Filled.",
            "source": "Phone",
            "service_name": "Pothole",
            "service_subtype": "",
            "description": 'Deep, "very" deep\nand wide',
            "agency_responsible": "Public Works",
            "address": "12 Adams St, Roxbury, 02119",
            "lat": "42.32",
            "long": "-71.07",
        }
    ]


def test_a_filter_without_a_case_gives_files_that_can_be_read(client, cases, subtests):
    for suffix in READERS:
        with subtests.test(suffix):
            assert rows_of(client, suffix, "?service=pothole&status=in_progress") == []
    assert client.get("/cases.csv?status=in_progress").data.decode().strip() == ",".join(
        CASE_COLUMN_NAMES
    )


def test_maps_open_the_geographic_files(client, cases, tmp_path):
    for suffix in ("geojson", "parquet"):
        path = tmp_path / f"cases.{suffix}"
        path.write_bytes(client.get(f"/cases.{suffix}").data)
    _, _, points, _ = pyogrio.raw.read(tmp_path / "cases.geojson")
    assert [point is None for point in points] == [False, True, False]
    metadata = json.loads(pq.read_schema(tmp_path / "cases.parquet").metadata[b"geo"])
    assert metadata["columns"][metadata["primary_column"]]["encoding"] == "WKB"
    geometry = pq.read_table(tmp_path / "cases.parquet")["geometry"].to_pylist()
    assert [bytes(point) if point else None for point in points] == geometry
    found = duckdb.sql(f"select count(*), count(opened_at) from '{tmp_path}/cases.parquet'")
    assert found.fetchall() == [(3, 3)]


DANGEROUS = (
    '=HYPERLINK("http://evil.example","x")',
    "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\u00a0=1", "\u200f=1", "\ufeff=1", "＝1", "＋1", "－1",
    "＠x",
)  # fmt: skip
HARMLESS = ("12 Adams St", "é", "#4", "“quoted”", "1=1", "a-b")


def test_no_cell_of_a_spreadsheet_is_a_formula(client, add_case, publish):
    texts = DANGEROUS + HARMLESS
    for number, text in enumerate(texts):
        add_case(str(200 + number), note=text, title=text)
    publish()
    csv = {row["case_id"]: row["note"] for row in rows_of(client, "csv")}
    assert [csv[str(200 + number)] for number in range(len(texts))] == [
        *(f"'{text}" for text in DANGEROUS),
        *HARMLESS,
    ]
    book = openpyxl.load_workbook(io.BytesIO(client.get("/cases.xlsx").data))
    cells = [cell for row in book["Cases"].iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d", "b"}
    assert not [cell for cell in cells if cell.hyperlink]
    lines = {row["case_id"]: row["note"] for row in rows_of(client, "jsonl")}
    assert [lines[str(200 + number)] for number in range(len(texts))] == list(texts)


def test_what_residents_wrote_to_us_is_in_no_file(client, add_case, publish, subtests):
    add_case("201", source="portal", note="I live at number five")
    publish()
    for suffix in FORMATS:
        with subtests.test(suffix):
            assert b"number five" not in client.get(f"/cases.{suffix}").data
    assert rows_of(client, "csv")[0]["note"] is None


def test_a_file_says_what_it_is(client, cases):
    about = client.get("/cases.meta.json?status=closed&utm_source=x").get_json()
    assert about["title"] == "1 closed case in Smallville"
    assert about["permalink"] == "http://127.0.0.1:8050/cases?status=closed"
    assert (about["rows"], about["filter"]) == (1, "status=closed")
    assert [field["name"] for field in about["schema"]["fields"]] == list(CASE_COLUMN_NAMES)
    geojson = client.get("/cases.geojson?status=closed").get_json()
    parquet = pq.read_schema(io.BytesIO(client.get("/cases.parquet?status=closed").data))
    for told in (geojson["metadata"], json.loads(parquet.metadata[b"citizens_connect"])):
        assert told.items() <= about.items()
    book = openpyxl.load_workbook(io.BytesIO(client.get("/cases.xlsx?status=closed").data))
    assert book["About"]["B1"].value == about["title"]


def test_the_answer_names_its_rows_its_age_and_its_description(client, cases):
    answer = client.get("/cases.csv?status=closed")
    assert answer.headers["X-Result-Count"] == "1"
    assert answer.headers["Link"].startswith("</cases.meta.json?status=closed>")
    name = "smallville-cases-2026-11-23-closed.csv"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert "Content-Length" not in answer.headers
    again = client.get(
        "/cases.csv?status=closed", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status_code, again.data) == (304, b"")
    head = client.head("/cases.csv?status=closed")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["X-Result-Count"] == "1"


def test_bad_questions_are_refused_with_a_sentence(client, cases, subtests):
    refused = {
        "/cases.pdf": (404, "csv, xlsx, geojson"),
        "/cases.csv?statsu=open": (400, "statsu"),
        "/cases.csv?start=2026-05-01&end=2026-04-01": (400, "swap the two dates"),
        "/cases.csv?status=odd": (400, "odd"),
    }
    for address, (status, words) in refused.items():
        with subtests.test(address):
            answer = client.get(address)
            assert answer.status_code == status
            assert words in answer.get_data(as_text=True)


def test_the_oldest_cases_are_those_of_the_list(client, cases):
    open_rows = rows_of(client, "csv", "?status=open,in_progress")
    assert rows_of(client, "csv", "?sort=oldest") == open_rows
    assert len(open_rows) == 2


def test_a_list_offers_its_own_files(client, cases):
    page = client.get("/cases?status=closed").get_data(as_text=True)
    assert "Download this case" in page
    for suffix in FORMATS:
        assert f'href="/cases.{suffix}?status=closed"' in page
    assert "Download th" not in client.get("/cases?status=in_progress").get_data(as_text=True)


def test_a_place_offers_its_files(client, cases):
    page = client.get("/places/roxbury").get_data(as_text=True)
    assert 'href="/cases.csv?neighborhood=roxbury"' in page


def test_a_file_made_in_parts_has_the_same_rows(client, add_case, publish, monkeypatch, subtests):
    for number in range(40):
        add_case(str(500 + number), opened=f"20{10 + number % 9}-01-0{1 + number % 5}")
    publish()
    whole = {suffix: rows_of(client, suffix) for suffix in READERS}
    monkeypatch.setattr(case_rows, "SORTED_CASES", 5)
    monkeypatch.setattr(case_rows, "PART", 7)
    monkeypatch.setattr(parquet_file, "ROW_GROUP", 7)  # nothing is left over after the last part
    for suffix, rows in whole.items():
        with subtests.test(suffix):
            parts = rows_of(client, suffix)
            assert sorted(parts, key=by_number) == sorted(rows, key=by_number)
            assert parts != rows


def by_number(row: dict) -> str:
    return row["case_id"]


def test_a_file_that_was_read_to_its_end_makes_room_for_the_next(client, cases):
    for _ in range(2 * AT_ONCE):
        assert client.get("/cases.csv").data


def test_too_many_files_at_once_are_refused_and_one_household_sooner(client, cases):
    def ask(address: str):
        return client.get("/cases.csv", environ_base={"REMOTE_ADDR": address})

    open_files = [ask("93.184.216.34") for _ in range(AT_ONCE_FOR_ONE)]
    refused = ask("93.184.216.34")
    assert (refused.status_code, "still running" in refused.get_data(as_text=True)) == (429, True)
    open_files += [ask(f"93.184.217.{n}") for n in range(AT_ONCE - AT_ONCE_FOR_ONE)]
    full = ask("93.184.218.1")
    assert (full.status_code, full.headers["Retry-After"]) == (503, "30")
    open_files[0].close()
    assert ask("93.184.216.34").data


def test_excel_stops_at_the_newest_and_says_so(client, cases, monkeypatch):
    monkeypatch.setattr(xlsx_file, "MOST_ROWS", 2)
    monkeypatch.setattr(case_rows, "SORTED_CASES", 1)
    assert {row["case_id"] for row in rows_of(client, "xlsx")} == {"103", "102"}
