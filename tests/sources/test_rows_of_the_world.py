"""What a city's rows may hold: words for nothing, HTML, days without an hour, numbers of Excel."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data_sync.pull.checks import check_record
from portal.domain.case import DAY_ONLY
from portal.errors import SettingsError, SourceError
from tests.sources.conftest import NOW, cases_of_file

TABLE: dict[str, Any] = {
    "kind": "csv_file",
    "name": "export",
    "columns": {
        "case_id": "Ticket",
        "service_name": "Topic",
        "status": "State",
        "opened_at": "Reported",
        "closed_at": "Done",
        "target_at": "Due",
        "title": "Title",
        "address": "Address",
        "zipcode": "Zip",
        "lat": "Y",
        "lon": "X",
        "closure_reason": "Reason",
        "note": "Words",
        "neighborhood": "Hood",
        "department": "Office",
        "photo_url": "Photo",
    },
    "statuses": {"Open": "open", "Closed": "closed", "To be deleted": "hidden"},
}
PLAIN = {
    "Ticket": "B-1",
    "Topic": "Pothole",
    "State": "Open",
    "Reported": "2026-11-01 09:00:00",
    "Y": "42.33",
    "X": "-71.08",
}


@pytest.fixture
def read(source_of, tmp_path, city):
    """read(row, …, **keys) gives the checked cases of rows under a source's keys."""

    def read_rows(*rows: dict[str, str], **keys: Any) -> list[Any]:
        path = write(tmp_path / "cases.csv", rows)
        cases = cases_of_file(source_of(TABLE | keys), path)
        return [check_record(case, city, NOW).record for case in cases]

    return read_rows


def write(path: Path, rows: tuple[dict[str, str], ...]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*TABLE["columns"].values(), "Crew"])
        writer.writeheader()
        writer.writerows({**PLAIN, **row} for row in rows)
    return path


@pytest.mark.parametrize(
    "word", ["NULL", "null", "Null", "NA", "N/A", "n/a", "None", "none", "-", "--", "(null)", "\\N"]
)
def test_a_word_for_nothing_is_nothing_in_every_optional_field(read, word):
    names = ("Done", "Due", "Title", "Address", "Zip", "Y", "X", "Reason", "Words", "Hood")
    [case] = read(dict.fromkeys((*names, "Office", "Photo", "Crew"), word))
    assert [case.closed_at, case.target_at, case.title, case.address, case.zipcode] == [None] * 5
    assert [case.lat, case.lon, case.closure_reason, case.note] == [None] * 4
    assert [case.neighborhood, case.department, case.photo_url, case.extra] == [
        None,
        None,
        None,
        {},
    ]


@pytest.mark.parametrize(
    "date", ["0000-00-00", "0000-00-00 00:00:00", "1900-01-01", "1900-01-01 00:00:00.000"]
)
def test_a_date_that_databases_write_for_nothing_is_none(read, date):
    [case] = read({"Done": date, "Due": date})
    assert (case.closed_at, case.target_at, case.unreadable) == (None, None, ())


def test_a_city_can_name_more_words_for_nothing(read):
    [case] = read({"Hood": "Not Known", "Words": "not known"}, nothing=["not known"])
    assert (case.neighborhood, case.note) == (None, None)
    [case] = read({"Hood": "Not Known"})
    assert case.neighborhood == "Not Known"


def test_a_row_is_kept_without_the_optional_values_that_cannot_be_read(read):
    [case] = read({"Done": "N/A", "Due": "soon", "Y": "N/A", "X": "here"})
    assert (case.closed_at, case.target_at, case.lat, case.lon) == (None, None, None, None)
    assert sorted(case.unreadable) == ["closed_at", "lat", "lon", "target_at"]


@pytest.mark.parametrize("column", ["Ticket", "State", "Reported"])
def test_a_row_without_number_status_or_opening_is_refused(read, column):
    with pytest.raises(SourceError):
        read({column: "N/A"})


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            "Filled &amp; swept.<br/>Crew 7 says &quot;done&quot;",
            'Filled & swept. Crew 7 says "done"',
        ),
        ("Hole at Main &amp;amp; 3rd", "Hole at Main & 3rd"),
        ("<p style='color:red'>Fixed.</p>\n<p>Thanks!</p>", "Fixed.\nThanks!"),
        ("It&#39;s done&nbsp;now", "It's done\xa0now"),
        ("&lt;b&gt;Closed&lt;/b&gt;", "Closed"),
        ("<script>alert(1)</script>Closed", "Closed"),
        ("AT&T pole, 3 < 4, a <b> c, <3, i<j and k>l", "AT&T pole, 3 < 4, a c, <3, i<j and k>l"),
        ("see https://city.example/?a=1&copy=2", "see https://city.example/?a=1&copy=2"),
    ],
)
def test_a_text_is_shown_without_the_html_in_it(read, written, shown):
    [case] = read({"Reason": written, "Words": written})
    assert (case.closure_reason, case.note) == (shown, shown)


def test_names_and_addresses_are_shown_without_the_html_in_them(read):
    [case] = read({"Hood": "Old Town &amp; Harbor", "Address": "Elm St &amp; Oak St<br>Front"})
    assert (case.neighborhood, case.address) == ("Old Town & Harbor", "Elm St & Oak St Front")


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("2118", "02118"),
        ("2118.0", "02118"),
        ("02118", "02118"),
        ("10001-1234", "10001-1234"),
        ("021181234", "02118-1234"),
        ("0", None),
        ("00000", None),
        ("SW1A 1AA", "SW1A 1AA"),
    ],
)
def test_a_zip_code_is_as_on_a_letter(read, written, code):
    assert read({"Zip": written})[0].zipcode == code


def test_a_deadline_without_an_hour_is_the_end_of_its_day(read):
    [case] = read({"Due": "2026-11-10"})
    assert case.target_at == datetime(2026, 11, 11, 4, 59, 59, tzinfo=UTC)
    assert case.day_only == DAY_ONLY["target_at"]


def test_a_case_closed_on_the_day_of_its_opening_is_not_closed_before_it(read, source_of, city):
    [case] = read({"State": "Closed", "Reported": "2026-11-20 15:00:00", "Done": "2026-11-20"})
    clean = check_record(case, city, NOW)
    assert (clean.contradictions, clean.days_open) == (0, 0)
    assert case.closed_at == case.opened_at and case.day_only == DAY_ONLY["closed_at"]


@pytest.mark.parametrize(
    ("opened", "closed", "days"),
    [
        ("2026-11-01 23:00:00", "2026-11-02", 1),
        ("2026-11-01", "2026-11-02 01:00:00", 1),
        ("2026-11-01", "2026-11-01", 0),
        ("2026-11-01", "2026-11-04", 3),
        ("2026-11-01 23:00:00", "2026-11-02 01:00:00", 0),
    ],
)
def test_days_to_close_are_days_of_the_calendar_where_the_city_tells_days(
    read, city, opened, closed, days
):
    [case] = read({"State": "Closed", "Reported": opened, "Done": closed})
    assert check_record(case, city, NOW).days_open == days


def test_a_time_of_midnight_is_a_day_where_the_city_says_so(read):
    rows = {"Due": "2026-11-10 00:00:00"}, {"Ticket": "B-2", "Due": "2026-11-10 09:00:00"}
    assert [case.day_only for case in read(*rows)] == [0, 0]
    assert [case.day_only for case in read(*rows, days=["target_at"])] == [
        DAY_ONLY["target_at"],
        0,
    ]


def test_a_number_that_excel_has_shortened_is_refused_with_the_reason(read):
    with pytest.raises(SourceError, match="Excel has shortened this number") as refused:
        read({"Ticket": "1.01003E+11"})
    assert refused.value.reason == "shortened_number"
    assert read({"Ticket": "101003.0"})[0].case_id == "101003"
    assert read({"Ticket": "12E5"})[0].case_id == "12E5"


def test_a_status_can_hide_its_rows(read):
    assert [case.is_public for case in read({"State": "TO BE DELETED"}, {"Ticket": "B-2"})] == [
        False,
        True,
    ]


def test_a_name_is_written_as_the_citys_file_wants_it(read):
    keys = {
        "strip": {"department": "^PWDx?_"},
        "calm": ["service_name", "title"],
        "abbreviations": ["MBTA"],
        "renames": {"department": {"ISD": "Inspectional Services"}},
    }
    rows = (
        {"Topic": "HEAT/HOT WATER", "Office": "PWDx_Snow_Cases", "Title": "DOOR IN THE HALL"},
        {"Ticket": "B-2", "Topic": "MBTA STOP", "Office": "ISD"},
        {"Ticket": "B-3", "Topic": "Needle (TOXIC)", "Office": "PWD_"},
    )
    cases = read(*rows, **keys)
    assert [case.service_name for case in cases] == [
        "Heat/Hot Water",
        "MBTA Stop",
        "Needle (TOXIC)",
    ]
    assert [case.department for case in cases] == ["Snow Cases", "Inspectional Services", "PWD_"]
    assert cases[0].title == "Door in the Hall"


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"days": ["lat"]}, "days names 'lat'; times are"),
        ({"url": "http://gis.town/a.csv"}, "say allow_http = true"),
        ({"calm": ["topic"]}, "calm names 'topic'; fields are"),
        ({"renames": {"Topic": {}}}, "renames names 'Topic'; fields are"),
        ({"strip": {"queue": "("}}, "no regular expression"),
        ({"statuses": {"Gone": "deleted"}}, "use one of open, in_progress, closed, hidden"),
    ],
)
def test_a_mistake_in_these_keys_is_named(read, keys, words):
    with pytest.raises(SettingsError, match=words):
        read({}, **keys)


def test_a_source_inside_the_citys_own_network_may_have_an_http_address(source_of):
    assert source_of(TABLE | {"url": "http://gis.town/a.csv", "allow_http": True}).name == "export"
