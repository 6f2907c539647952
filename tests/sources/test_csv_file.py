"""A city that needs no code: a CSV and its columns in a TOML."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime

import pytest

from data_sync.sources import make_sources
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import SettingsError, SourceError
from portal.jurisdictions import parse
from tests.sources.conftest import NOW, Network, answer_of, cases_of_file

TOML = """
name = "Riverton"
zone = "Europe/Berlin"
bounds = { south = 50.0, west = 6.0, north = 51.0, east = 7.0 }

[[sources]]
kind = "csv_file"
name = "riverton"
delimiter = ";"
encoding = "cp1252"
time_formats = ["%d.%m.%Y %H:%M"]
ignored = ["sheet"]

[sources.columns]
case_id = "Number"
service_name = "Topic"
status = "State"
opened_at = "Reported"
closed_at = "Done"
target_at = "Due"
address = ["Address", ["Street", "Corner"]]
lat = "Y"
lon = "X"
ward = "Ward"
department = "Office"
note = "Text"

[sources.statuses]
"neu" = "open"
"in Arbeit" = "in_progress"
"erledigt" = "closed"

[sources.renames.department]
"66" = "Streets"
"""

HEADER = (
    "Number;Topic;State;Reported;Done;Due;Address;Street;Corner;Y;X;Ward;Office;Text;Sheet;Colour"
)


def riverton(**changes) -> Jurisdiction:
    """The city, its source changed; None leaves a key out."""
    table = tomllib.loads(TOML)
    whole = table["sources"][0] | changes
    table["sources"][0] = {key: value for key, value in whole.items() if value is not None}
    return parse("riverton", table)


def source(network=None, **changes):
    return make_sources(riverton(**changes), network or Network({}))[0]


def write(path, *rows: str, header: str = HEADER):
    path.write_bytes("\n".join([header, *rows, ""]).encode("cp1252"))
    return path


ROW = (
    "7;Straßenlicht;erledigt;01.07.2026 10:00;03.07.2026 12:30;05.07.2026 00:00;;Gärtnerweg;Hafen;"
    "50,9;6,9;Ward 03;66;Licht aus;4;rot"
)


def test_a_row_becomes_a_case_as_the_citys_file_maps_it(tmp_path):
    (case,) = cases_of_file(
        source(), write(tmp_path / "cases.csv", ROW.replace("50,9;6,9", "50.9;6.9"))
    )
    assert (case.case_id, case.source_id, case.service_name, case.service_code) == (
        "7",
        "7",
        "Straßenlicht",
        "Straßenlicht",
    )
    assert (case.status, case.city_status) == ("closed", "erledigt")
    assert case.opened_at == datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
    assert (case.closed_at, case.close_provenance) == (
        datetime(2026, 7, 3, 10, 30, tzinfo=UTC),
        "source",
    )
    assert case.target_at == datetime(2026, 7, 4, 22, 0, tzinfo=UTC)
    assert (case.address, case.lat, case.lon, case.ward) == ("Gärtnerweg & Hafen", 50.9, 6.9, "3")
    assert (case.department, case.note) == ("Streets", "Licht aus")
    assert case.extra == {"colour": "rot"}, (
        "a column nobody mapped is kept, one the file ignores is not"
    )


def test_a_row_was_last_changed_when_the_newest_time_of_its_file_was(tmp_path):
    rows = [
        "1;Licht;neu;01.07.2026 10:00;;;;;;;;;;;;",
        "2;Licht;erledigt;02.07.2026 10:00;09.07.2026 10:00;;;;;;;;;;;",
        "3;Licht;neu;01.01.2031 10:00;;;;;;;;;;;;",
    ]
    cases = cases_of_file(source(), write(tmp_path / "cases.csv", *rows))
    assert {case.updated_at for case in cases} == {datetime(2026, 7, 9, 8, 0, tzinfo=UTC)}, (
        "and not in the future"
    )


@pytest.mark.parametrize(
    ("row", "reason", "words"),
    [
        (
            ROW.replace("01.07.2026", "31.02.2026"),
            "bad_time",
            "case 7: opened_at is '31.02.2026 10:00'",
        ),
        (ROW.replace("01.07.2026 10:00", " "), "missing", "case 7: no opened_at"),
        (
            ROW.replace("erledigt", "vertagt"),
            "bad_status",
            "case 7: status is 'vertagt', which the city's file does not name",
        ),
        (ROW.replace("7;", ";", 1), "no_id", "no case_id"),
        (ROW + ";zu;viel", "bad_row", r"cases\.csv: line 2: 18 fields, the header has 16"),
    ],
)
def test_a_row_that_cannot_be_used_says_which_case_field_and_value(tmp_path, row, reason, words):
    (page,) = source().pages_from_file(write(tmp_path / "cases.csv", row), now=NOW)
    with pytest.raises(SourceError, match=words) as refused:
        source().to_case(page.rows[0], page.as_of)
    assert refused.value.reason == reason


def test_coordinates_with_a_decimal_comma_are_read(tmp_path):
    (case,) = cases_of_file(source(), write(tmp_path / "cases.csv", ROW))
    assert (case.lat, case.lon, case.unreadable) == (50.9, 6.9, ())


def test_the_key_of_a_refused_row_is_still_known(tmp_path):
    (page,) = source().pages_from_file(write(tmp_path / "cases.csv", ROW), now=NOW)
    assert source().source_id_of(page.rows[0]) == "7"


def test_a_missing_column_is_named_with_the_file_and_what_is_there(tmp_path):
    path = write(tmp_path / "cases.csv", header=HEADER.replace("Reported", "Received"))
    with pytest.raises(
        SourceError,
        match=r"cases\.csv: there is no column 'reported'; "
        "there are: Number, Topic, State, Received, Done",
    ) as refused:
        cases_of_file(source(), path)
    assert refused.value.reason == "missing_column"


def test_a_column_that_is_there_twice_is_refused_where_it_matters(tmp_path):
    with pytest.raises(SourceError, match="the column 'number' is there twice"):
        cases_of_file(
            source(), write(tmp_path / "cases.csv", header=HEADER.replace("Colour", "number"))
        )
    twice = write(
        tmp_path / "fine.csv",
        ROW.replace("50,9;6,9", ";"),
        header=HEADER.replace("Colour", "Sheet"),
    )
    assert cases_of_file(source(), twice)[0].extra == {"sheet_16": "rot"}


def test_a_closing_in_the_hour_that_clocks_show_twice_is_not_before_its_opening(tmp_path):
    # 02:50 summer time, 02:10 winter time
    row = "1;Licht;erledigt;25.10.2026 02:50;25.10.2026 02:10;;;;;;;;;;;"
    (case,) = cases_of_file(source(), write(tmp_path / "cases.csv", row))
    assert case.closed_at == datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert case.opened_at == datetime(2026, 10, 25, 0, 50, tzinfo=UTC)


def test_a_target_of_the_year_9999_is_no_target(tmp_path):
    (case,) = cases_of_file(
        source(),
        write(tmp_path / "cases.csv", "1;Licht;neu;01.07.2026 10:00;;9999-12-31;;;;;;;;;;"),
    )
    assert case.target_at is None


def test_a_live_csv_is_read_whole_when_it_has_changed_and_not_otherwise(tmp_path):
    path = write(tmp_path / "cases.csv", "1;Licht;neu;01.07.2026 10:00;;;;;;;;;;;;")
    live = source(path=str(path))
    pages = list(live.pages_updated_since(None, since=None, now=NOW))
    assert [len(page.rows) for page in pages] == [1]
    cursor = pages[-1].cursor
    assert list(live.pages_updated_since(cursor, since=None, now=NOW)) == []
    assert len(list(live.pages_updated_since(cursor, since=NOW, now=NOW))) == 1
    write(
        path, "1;Licht;neu;01.07.2026 10:00;;;;;;;;;;;;", "2;Licht;neu;01.07.2026 11:00;;;;;;;;;;;;"
    )
    assert [len(page.rows) for page in live.pages_updated_since(cursor, since=None, now=NOW)] == [2]


def test_only_the_last_page_of_a_live_csv_moves_the_cursor(tmp_path):
    path = write(
        tmp_path / "cases.csv",
        *(f"{number};Licht;neu;01.07.2026 10:00;;;;;;;;;;;;" for number in range(20_001)),
    )
    pages = list(source(path=str(path)).pages_updated_since(None, since=None, now=NOW))
    assert [len(page.rows) for page in pages] == [5_000, 5_000, 5_000, 5_000, 1]
    assert [page.cursor is None for page in pages] == [True, True, True, True, False]


def test_a_csv_behind_an_address_is_read_and_a_page_of_apology_is_not():
    csv = f"{HEADER}\n1;Licht;neu;01.07.2026 10:00;;;;;;;;;;;;\n".encode("cp1252")
    url = "https://riverton.example/export"
    (page,) = source(Network(answer_of(csv, url)), url=url).pages_updated_since(
        None, since=None, now=NOW
    )
    assert page.rows[0]["topic"] == "Licht"
    html = answer_of("<!DOCTYPE html><title>Back soon</title>", url, content_type="text/html")
    with pytest.raises(
        SourceError, match="answered 200 with HTML instead of CSV: '<!DOCTYPE html><title>Back soon"
    ):
        list(source(Network(html), url=url).pages_updated_since(None, since=None, now=NOW))
    with pytest.raises(SourceError, match="answered 503"):
        list(
            source(Network(answer_of("busy", url, 503)), url=url).pages_updated_since(
                None, since=None, now=NOW
            )
        )
    with pytest.raises(SourceError, match="answered by another host: https://evil.example/"):
        list(
            source(
                Network(answer_of(csv, "https://evil.example/x.csv")), url=url
            ).pages_updated_since(None, since=None, now=NOW)
        )


def test_a_city_without_path_or_address_is_fed_by_hand():
    assert list(source().pages_updated_since(None, since=None, now=NOW)) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"kind": "ftp"},
            "riverton.toml: source 'riverton': kind is 'ftp'; "
            "it is one of boston, csv_file, open311, socrata",
        ),
        ({"colour": "red"}, "riverton.toml: source 'riverton': unknown key 'colour'"),
        ({"name": None}, "the key 'name' is missing"),
        ({"delimiter": "tab"}, "delimiter is 'tab'; it is one character"),
        ({"encoding": "ebcdic"}, "encoding is 'ebcdic'; it is one of utf-8, cp1252, latin-1"),
        ({"columns": {"case_id": "Number"}}, "columns lacks 'service_name'"),
        ({"columns": {"case_nr": "Number"}}, "columns has an unknown field 'case_nr'"),
        (
            {"columns": {"case_id": "a", "service_name": "b", "status": "c", "opened_at": []}},
            "columns.opened_at is ",
        ),
        (
            {"statuses": {"neu": "fresh"}},
            "statuses.'neu' is 'fresh'; use one of open, in_progress, closed",
        ),
        ({"path": "a.csv", "url": "https://b.example/a.csv"}, "has both path and url"),
        ({"ignored": "sheet"}, "ignored is 'sheet'; it must be a list"),
        (
            {"delimiter": "tab", "statuses": None},
            "riverton.toml: source 'riverton': delimiter is 'tab'; "
            "it is one character, such as ';' or a tab\n"
            "riverton.toml: source 'riverton': the key 'statuses' is missing",
        ),
    ],
)
def test_a_mistake_in_the_citys_file_is_named(changes, words):
    with pytest.raises(SettingsError) as refused:
        source(**changes)
    assert words in str(refused.value)


def test_two_sources_of_one_name_are_refused():
    table = tomllib.loads(TOML)
    table["sources"] *= 2
    with pytest.raises(SettingsError, match="two sources are named 'riverton'"):
        make_sources(parse("riverton", table), Network({}))
