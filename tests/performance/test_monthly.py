"""The monthly report: by hand on a few cases, whole, and the same on the page and in its files."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from io import BytesIO, StringIO

import pytest
from lxml import html
from openpyxl import load_workbook

from app import create_app
from portal.domain.filters import CaseFilter
from portal.domain.month import Month, month_of, parse_month
from portal.filter_sql import Selection
from portal.queries.performance.monthly import read_monthly, read_newest_month
from portal.queries.performance.monthly_files import COLUMNS, write_csv
from tests.conftest import NOW
from tests.support.pages import database, publish  # noqa: F401

OCTOBER = Month(2026 * 12 + 9)
PATH = "/performance/report/2026-10"


@pytest.fixture
def client(portal):
    return create_app(portal.settings, portal, clock=NOW.timestamp).server.test_client()


@pytest.fixture
def autumn(add_case, publish):  # noqa: F811
    """Roxbury's forty of October, a day each, ten not closed; older and newer ones beside them."""
    for number in range(40):
        day = number % 30 + 1
        add_case(
            str(1000 + number),
            opened=f"2026-10-{day:02d}T15:00:00Z",
            closed=None if number < 10 else f"2026-10-{day + 1:02d}T14:00:00Z",
            neighborhood="Roxbury",
            zipcode="02119",
            target_at=int(datetime(2026, 11, 5, tzinfo=UTC).timestamp()),
        )
    add_case("2001", opened="2026-09-02", closed="2026-10-05", neighborhood="Roxbury")
    add_case("2002", opened="2026-09-03", neighborhood="Dorchester", zipcode="02122")
    add_case("2003", opened="2026-09-04", closed="2026-11-02", neighborhood="Dorchester")
    add_case("2004", opened="2026-10-09", closed="2026-10-09T20:00:00Z", zipcode="")
    add_case("2005", opened="2026-11-01T15:00:00Z", neighborhood="Mattapan")
    publish()


@pytest.fixture
def ask(portal, city):
    def read(month: Month = OCTOBER, query: str = ""):
        selection = Selection(CaseFilter.from_query_string(query), city.zone)
        return read_monthly(portal.facts(city.id), selection, month)

    return read


def numbers(rows) -> dict[str | None, tuple[int, int, int]]:
    return {row.name: (row.received, row.closed, row.still_open) for row in rows}


def test_a_month_by_hand(ask, autumn):
    report = ask()
    assert numbers([report.total]) == {"": (41, 32, 12)}
    assert numbers(report.parts["neighborhood"]) == {
        "Dorchester": (0, 0, 2),
        "Mattapan": (0, 0, 0),
        "Roxbury": (40, 31, 10),
        None: (1, 1, 0),
    }
    roxbury = report.parts["neighborhood"][2].cases
    assert roxbury.days_until(50) == 1
    assert (roxbury.on_time, roxbury.late) == (30, 10)
    assert report.is_over


def test_the_rows_of_a_kind_add_up_to_the_total(ask, autumn, subtests):
    for month in (OCTOBER.former, OCTOBER, OCTOBER.next, Month(24_000)):
        report = ask(month)
        total = numbers([report.total])[""]
        for kind, rows in report.parts.items():
            with subtests.test(f"{month} {kind}"):
                summed = zip(*numbers(rows).values(), strict=True) if rows else [(0,)] * 3
                assert tuple(map(sum, summed)) == total


def test_a_zip_code_without_a_case_in_the_month_has_its_row(ask, autumn):
    rows = numbers(ask().parts["zipcode"])
    assert list(rows) == ["02119", "02122", None]  # those without one are together, last
    assert rows["02122"] == (0, 0, 1)


def test_a_filter_holds_and_its_days_do_not(ask, autumn):
    assert ask(query="neighborhood=roxbury&start=2026-10-20").total.received == 40


def test_a_month_that_is_not_over_says_so(client, ask, autumn):
    assert not ask(month_of(NOW.date())).is_over
    page = client.get("/performance/report/2026-11").text
    assert "This month is not over in the record." in page


def test_the_file_has_the_rows_of_the_page(client, autumn):
    answer = client.get(f"{PATH}.csv")
    rows = list(csv.DictReader(StringIO(answer.text)))
    assert list(rows[0]) == list(COLUMNS)
    whole, roxbury = rows[0], next(row for row in rows if row["area"] == "Roxbury")
    assert (whole["area_kind"], whole["received"]) == ("city", "41")
    assert (roxbury["received"], roxbury["closed"], roxbury["open_at_end"]) == ("40", "31", "10")
    assert (roxbury["median_days"], roxbury["on_time_pct"]) == ("1", "75.0")
    page = html.fromstring(client.get(PATH).text)
    row = page.xpath("//tr[th='Roxbury']/td")
    assert [cell.text_content() for cell in row[:3]] == ["40", "31", "10"]
    assert next(row for row in rows if row["area"] == "Mattapan")["median_days"] == ""


def test_the_sheet_has_the_rows_of_the_csv(client, autumn):
    sheet = load_workbook(BytesIO(client.get(f"{PATH}.xlsx").data))["Report"]
    rows = list(csv.reader(StringIO(client.get(f"{PATH}.csv").text)))
    shown = [["" if cell is None else str(cell) for cell in row] for row in sheet.values]
    assert [row[:6] for row in shown] == [row[:6] for row in rows]


def test_a_name_that_a_spreadsheet_would_run_is_a_text(ask, add_case, publish):  # noqa: F811
    add_case("1", opened="2026-10-02", neighborhood="=1+1")
    publish()
    assert "'=1+1" in write_csv(ask()).decode()


def test_a_number_received_leads_to_as_many_cases(client, autumn):
    page = html.fromstring(client.get(PATH).text)
    for link in page.xpath("//table//td/a"):
        listed = html.fromstring(client.get(link.get("href")).text).xpath("//h1")[0]
        assert link.text == re.search(r"[\d,]+", listed.text_content())[0]


def test_the_bare_address_leads_to_the_newest_month_that_is_over(client, portal, city, autumn):
    answer = client.get("/performance/report")
    assert answer.status_code == 303 and answer.location.endswith(PATH)
    facts, selection = portal.facts(city.id), Selection(CaseFilter(), city.zone)
    assert read_newest_month(facts, selection) == OCTOBER


def test_months_without_a_case_are_empty_and_not_an_error(client, autumn):
    for month in ("1999-01", "2099-12"):
        page = client.get(f"/performance/report/{month}")
        assert page.status_code == 200 and "NaN" not in page.text
        assert ",0,0," in client.get(f"/performance/report/{month}.csv").text


@pytest.mark.parametrize(
    "path", ["2026-13", "2026-1", "0000-01", "9999-01", "x", "2026-10.pdf", "2026-00.csv"]
)
def test_what_is_no_month_is_not_found(client, autumn, path):
    assert client.get(f"/performance/report/{path}").status_code == 404


def test_a_city_without_a_case_says_so(client, publish):  # noqa: F811
    publish()
    assert client.get("/performance/report").status_code == 503  # as everywhere before a case
    assert client.get(PATH).status_code == 200
    assert client.get(f"{PATH}.csv").text.splitlines()[1].startswith("2026-10,city,,0,0,0")


def test_months_follow_one_another_across_the_year():
    december = parse_month("2026-12")
    assert december and str(december.next) == "2027-01" and december.next.former == december
    assert (december.first.isoformat(), december.last.isoformat()) == ("2026-12-01", "2026-12-31")
