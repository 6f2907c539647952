"""Repeats: by hand on a few cases, on none, on both databases, and on the page and in its file."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from lxml import html

from app import create_app
from callbacks.performance.repeats import ask_repeats
from portal.domain.filters import CaseFilter
from portal.domain.intervals import share_interval
from tests.conftest import NOW
from tests.support.pages import publish  # noqa: F401

PATH = "/performance/repeats"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def client(portal):
    return create_app(portal.settings, portal, clock=NOW.timestamp).server.test_client()


@pytest.fixture
def add_many(add_case):
    """Problems of Roxbury: open from November 2 to 12, none of them repeated."""

    def add(count: int, **columns) -> None:
        for number in range(count):
            words = {"neighborhood": "Roxbury", "closed": "2026-11-12"} | columns
            add_case(f"{words.get('service', 'P')}-{number}", opened="2026-11-02", **words)

    return add


@pytest.fixture
def roxbury(add_case, add_many):
    """Sixty, and one more to which two were joined; one says duplicate; one is from Dorchester."""
    add_many(60)
    add_case("first", opened="2026-11-02", closed="2026-11-12", neighborhood="Roxbury")
    for number, opened in (("while", "2026-11-05"), ("after", "2026-11-15")):
        add_case(
            number,
            opened=opened,
            closed="2026-11-16",
            parent_case_id="first",
            neighborhood="Dorchester",
            closure_reason="Already reported",
        )
    add_case(
        "said",
        opened="2026-11-05",
        closed="2026-11-06",
        neighborhood="Roxbury",
        closure_reason="Case Closed Case DUPLICATE of an existing case",
    )
    add_case("alone", opened="2026-11-05", neighborhood="Dorchester")


@pytest.fixture
def ask(portal, city, publish):  # noqa: F811
    def read(query: str = ""):
        publish()
        return ask_repeats(portal, city, CaseFilter.from_query_string(query))

    return read


def test_a_type_by_hand(ask, roxbury):
    found = ask()
    (pothole,) = found.types
    rows = {row.name: row for row in pothole.rows}
    assert set(rows) == {"Roxbury", "Dorchester"}
    roxbury, dorchester = rows["Roxbury"], rows["Dorchester"]
    assert (roxbury.incidents, roxbury.joined, roxbury.unjoined, roxbury.again) == (61, 1, 1, 2)
    assert roxbury.share == 2 / 61 and roxbury.interval == share_interval(2, 61)
    assert roxbury.average_days == 10
    assert (dorchester.incidents, dorchester.again, dorchester.share) == (1, 0, None)
    assert (pothole.total.incidents, pothole.total.again) == (62, 2)


def test_a_report_joined_by_the_city_counts_whichever_of_the_two_came_first(
    ask, add_case, add_many
):
    add_many(59)
    add_case("main", opened="2026-11-06", closed="2026-11-12")
    add_case("earlier", opened="2026-11-03", closed="2026-11-07", parent_case_id="main")
    assert ask().types[0].total.again == 1


def test_several_repeats_of_one_problem_are_one_problem_reported_again(ask, add_case, add_many):
    add_many(60)
    for number in range(5):
        add_case(f"r{number}", opened="2026-11-05", parent_case_id="P-7")
    (pothole,) = ask().types
    assert (pothole.total.incidents, pothole.total.again) == (60, 1)


def test_what_staff_report_is_neither_a_problem_nor_a_repeat(portal, city, ask, add_case, add_many):
    from dataclasses import replace

    add_many(60)
    add_case("staff", opened="2026-11-05", parent_case_id="P-1", channel="Patrol")
    add_case("resident", opened="2026-11-05", parent_case_id="P-2", channel="Phone")
    assert ask().types[0].total.again == 2
    strict = replace(city, staff_channels=("PATROL",))
    found = ask_repeats(portal, strict, CaseFilter())
    assert found and found.types[0].total.again == 1


def test_a_private_case_is_no_repeat_and_no_problem(ask, add_case, add_many):
    add_many(60)
    add_case("own", opened="2026-11-05", parent_case_id="P-1", visibility="reporter")
    add_case("other", opened="2026-11-05", parent_case_id="hidden")
    add_case("hidden", opened="2026-11-04", visibility="held")
    found = ask()
    assert not found.has_any and not found.types
    assert found.silent_types[0].total.incidents == 61


def test_what_cannot_be_true_is_left_out(ask, add_case, add_many):
    add_many(60)
    add_case("odd", opened="2026-11-05", closed="2026-11-02", parent_case_id="P-1")
    add_case("good", opened="2026-11-05", closed="2026-11-06", parent_case_id="P-2")
    assert ask().types[0].total.again == 1


def test_a_type_with_fifty_nine_problems_is_not_told_of(ask, add_case, add_many):
    add_many(59)
    add_case("again", opened="2026-11-05", parent_case_id="P-1")
    found = ask()
    assert found.has_any and not found.types and not found.silent_types


def test_a_filter_holds_and_repeats_from_elsewhere_count(ask, roxbury):
    (pothole,) = ask("neighborhood=roxbury").types
    assert [(row.name, row.incidents, row.again) for row in pothole.rows] == [("Roxbury", 61, 2)]
    assert ask("start=2026-11-10").types == ()


def test_repeats_are_never_more_than_the_problems(ask, add_case, add_many):
    add_many(60, neighborhood="Dorchester")
    add_case("one", opened="2026-11-02", neighborhood="Roxbury")
    for number in range(3):
        words = {"neighborhood": "Roxbury", "closure_reason": "duplicate"}
        add_case(f"d{number}", opened="2026-11-05", closed="2026-11-06", **words)
    rows = {row.name: row for row in ask().types[0].rows}
    assert (rows["Roxbury"].incidents, rows["Roxbury"].again) == (1, 1)


def test_the_page_and_its_file_have_the_same_numbers(client, ask, roxbury, add_many):
    add_many(60, service="Graffiti", neighborhood="Mattapan")
    ask()
    page = html.fromstring(client.get(PATH).text)
    said = page.xpath("//main")[0].text_content()
    assert "These are repeats, not need." in said
    assert "Of 62 problems of these types, 2 were reported again" in said
    assert "Of 1 type nothing was reported again" in said and "Graffiti" in said
    cells = [cell.text_content() for cell in page.xpath("//tr[th='Roxbury']/td")]
    assert cells == ["31–11", "2 of 61", "10.0"]
    rows = list(csv.DictReader(StringIO(client.get(f"{PATH}.csv").text)))
    row = next(row for row in rows if row["area"] == "Roxbury")
    assert (row["incidents"], row["joined_incidents"], row["unjoined_repeats"]) == ("61", "1", "1")
    assert (row["again_pct"], row["average_days_open"]) == ("3.3", "10.0")
    assert {row["service"] for row in rows} == {"Pothole", "Graffiti"}


def test_a_city_that_joins_no_cases_says_so(client, ask, add_many):
    add_many(60)
    ask()
    answer = client.get(PATH)
    assert "does not say which cases repeat another" in answer.text and "<table" not in answer.text
    assert len(client.get(f"{PATH}.csv").text.splitlines()) == 3


def test_too_few_and_no_cases_are_sentences(client, ask, add_case):
    add_case("1", opened="2026-11-05", closed="2026-11-06", closure_reason="Duplicate")
    ask()
    assert "No type has 60 problems or more here" in client.get(PATH).text
    assert "No type has 60" in client.get(f"{PATH}?neighborhood=nowhere").text


def test_a_city_without_a_case_says_so(client, publish):  # noqa: F811
    assert client.get(PATH).status_code == 503
    publish()
    assert client.get(PATH).status_code == 503
    assert client.get(f"{PATH}.csv").status_code == 404
