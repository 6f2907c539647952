"""How the city responds: the page, its numbers, and the lists that they lead to."""

from __future__ import annotations

import re
from datetime import UTC, timedelta

import pytest
from lxml import html

from app import create_app
from portal.domain.filters import CaseFilter
from portal.facts.history_schema import REOPENED
from portal.facts.reader import Facts
from portal.filter_sql import Selection
from portal.queries.performance.overview import find_period, read_overview
from tests.conftest import NOW
from tests.support.pages import database, publish  # noqa: F401

PATH = "/performance"


@pytest.fixture
def client(portal):
    return create_app(portal.settings, portal, clock=NOW.timestamp).server.test_client()


@pytest.fixture
def read(client):
    def get(address: str = PATH):
        answer = client.get(address)
        assert answer.status_code == 200, answer.text[:500]
        return html.fromstring(answer.get_data(as_text=True))

    return get


@pytest.fixture
def autumn(add_case, publish):  # noqa: F811
    """Eighty cases of two types in two places, every second one closed after two days."""
    for number in range(80):
        opened = NOW.astimezone(UTC) - timedelta(days=number + 3)
        closed = (opened + timedelta(days=1, hours=5)).isoformat() if number % 2 else None
        add_case(
            str(1000 + number),
            opened=opened.isoformat(),
            closed=closed,
            service=("Pothole", "Graffiti")[number % 4 // 2],
            neighborhood=("Roxbury", "Dorchester")[number % 4 // 2],
            department=("Roads", "Parks")[number % 4 // 2],
            target_at=int((opened + timedelta(days=5)).timestamp()),
        )
    publish()


def figures(page) -> dict[str, str]:
    return {
        part.xpath("./dt")[0].text_content(): part.xpath("./dd")[0].text_content()
        for part in page.xpath("//dl[contains(@class, 'figures-of-scope')]/div")
    }


def links(page) -> dict[str, str]:
    return {
        part.xpath("./dt")[0].text_content(): part.xpath("./dd[1]/a/@href")[0]
        for part in page.xpath("//dl[contains(@class, 'figures-of-scope')]/div")
        if part.xpath("./dd[1]/a")
    }


def test_the_numbers_of_the_city(read, autumn):
    shown = figures(read())
    assert shown["Opened"] == "80" and shown["Closed"] == "40"
    assert shown["Not closed yet"] == "40"
    assert shown["Half closed within"] == "2 days"
    assert shown["Nine in ten closed within"] == "–"
    assert shown["In time, by the city’s target"].endswith("%")


@pytest.mark.parametrize(
    "address", [PATH, f"{PATH}?neighborhood=roxbury", f"{PATH}?start=2026-11-01"]
)
def test_each_number_leads_to_as_many_cases(read, autumn, address):
    page = read(address)
    for name, link in links(page).items():
        listed = read(link).xpath("//h1")[0].text_content()
        assert figures(page)[name] == re.search(r"[\d,]+", listed)[0], name


def test_an_area_a_department_and_a_type_have_pages_beside_the_whole_city(read, autumn, subtests):
    for path in ("neighborhoods/roxbury", "departments/roads", "services/pothole"):
        with subtests.test(path):
            page = read(f"{PATH}/{path}")
            assert figures(page)["Opened"] == "40"
            assert "The whole city: 80" in page.xpath("//main")[0].text_content()


def test_a_table_leads_on_to_what_it_names(read, autumn):
    rows = read().xpath("//details[summary/h2='By department']//tbody/tr")
    assert [row.xpath("./th")[0].text_content() for row in rows] == ["Parks", "Roads"]
    address = rows[1].xpath("./th//a/@href")[0]
    assert figures(read(address))["Opened"] == "40"


def test_a_year_earlier_stands_beside_it(read, add_case, publish):  # noqa: F811
    for back in (*range(1, 40), *range(360, 440), 900):
        opened = NOW.astimezone(UTC) - timedelta(days=back)
        closed = opened + timedelta(days=back % 7 + 1)
        add_case(str(1000 + back), opened=opened.isoformat(), closed=closed.isoformat())
    publish()
    said = read(f"{PATH}?start=2026-10-24&end=2026-11-22").xpath("//main")[0].text_content()
    assert "A year earlier: " in said


def test_cases_that_the_portal_saw_open_again_are_counted_once(read, portal, city, autumn):
    assert figures(read())["Opened again after closing"] == "0"
    facts = portal.facts(city.id)
    selection = Selection(CaseFilter(), city.zone)
    keys = [key for (key,) in facts.rows("select id from cases order by id limit 2")]
    added = ", ".join(f"(1, {REOPENED}, {key})" for key in (keys[0], keys[0], keys[1]))
    with_changes = FactsWith(facts, f"select * from (values {added}) as t(seen_at, kind, id)")
    period = find_period(facts, selection)
    assert read_overview(with_changes, selection, period).reopened.cases == 2


class FactsWith:
    """Facts in which `changes` are others."""

    def __init__(self, facts: Facts, changes: str) -> None:
        self._facts, self._changes = facts, changes

    def __getattr__(self, name: str):
        return getattr(self._facts, name)

    def rows(self, sql: str, parameters=()):
        return self._facts.rows(sql.replace("from changes", f"from ({self._changes})"), parameters)


def test_few_cases_get_no_days_and_no_share(read, add_case, publish):  # noqa: F811
    add_case("101", opened="2026-11-20", closed="2026-11-21", target_at=int(NOW.timestamp()))
    publish()
    shown = figures(read())
    assert (shown["Opened"], shown["Half closed within"]) == ("1", "–")
    assert "too few cases to say" in read().xpath("//main")[0].text_content()


def test_where_all_are_open_and_none_has_a_target_it_says_so(read, add_case, publish):  # noqa: F811
    for number in range(31):
        add_case(str(1000 + number), opened="2026-11-20")
    publish()
    said = read().xpath("//main")[0].text_content()
    assert "no case had a target" in said and "not reached yet" in said
    assert "31 cases are open now" in said


def test_days_without_a_case_are_a_sentence(read, autumn):
    for query in ("?start=2030-01-01", "?end=2001-01-01", "?neighborhood=nowhere"):
        page = read(PATH + query)
        assert "No case was opened in these days." in page.xpath("//main")[0].text_content()
        assert not page.xpath("//main//figure")


def test_a_city_without_a_case_says_so(client, publish):  # noqa: F811
    assert client.get(PATH).status_code in (200, 503)


def test_what_there_is_not_is_not_found(client, autumn):
    for path in ("services/nothing", "moons/roxbury", "services/roxbury"):
        assert client.get(f"{PATH}/{path}").status_code == 404


def test_a_filter_that_is_no_filter_is_refused_as_everywhere(client, autumn):
    assert client.get(f"{PATH}?status=odd").status_code == 400


def test_every_drawing_has_its_numbers_in_a_table(read, autumn):
    page = read()
    drawn = page.xpath("//figure[@class='chart']")
    assert len(drawn) == 3
    for one in drawn:
        assert one.xpath(".//figcaption/h2") and one.xpath(".//details//table")
        assert len(one.xpath(".//svg")) == 2


def test_no_page_holds_a_number_that_is_none(client, autumn):
    text = client.get(PATH).text
    assert "NaN" not in text and ">None<" not in text
