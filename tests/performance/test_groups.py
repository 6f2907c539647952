"""All districts, departments or types of a city: a small chart and a row for each."""

from __future__ import annotations

from datetime import date

import pytest
from lxml import html

from app import create_app
from portal.domain.filters import CaseFilter
from portal.filter_sql import Selection
from portal.queries.performance.groups import read_groups
from portal.queries.performance.overview import Period
from tests.conftest import NOW
from tests.support.pages import database, publish  # noqa: F401


@pytest.fixture
def read(portal):
    client = create_app(portal.settings, portal, clock=NOW.timestamp).server.test_client()

    def get(address: str, status: int = 200):
        answer = client.get(address)
        assert answer.status_code == status, answer.text[:500]
        return html.fromstring(answer.text)

    return get


@pytest.fixture
def autumn(add_case, publish):  # noqa: F811
    """District 3: one case in September and two in November; district 4: one in October."""
    for number, day, district in (
        (1, "2026-09-05", "3"),
        (2, "2026-11-05", "3"),
        (3, "2026-11-06", "3"),
        (4, "2026-10-05", "4"),
        (5, "2026-10-06", ""),
    ):
        place = {"district": district} if district else {}
        add_case(str(number), opened=day, department="Roads", **place)
    publish()


def test_months_by_hand(portal, city, autumn):
    period = Period(date(2026, 1, 1), date(2026, 11, 22))
    found = read_groups(
        portal.facts(city.id), Selection(CaseFilter(), city.zone), period, "district"
    )
    assert [str(month) for month in found.months] == ["2026-09", "2026-10", "2026-11"]
    assert found.opened == {"3": (1, 0, 2), "4": (0, 1, 0)}
    assert [(one.name, one.opened) for one in found.cohorts] == [("3", 3), ("4", 1)]


def test_each_has_a_drawing_and_a_row_that_lead_to_its_page(read, autumn):
    page = read("/performance/districts")
    drawn = page.xpath("//ul[@class='small-multiples']/li")
    assert [one.xpath("./a")[0].text_content() for one in drawn] == ["District 3", "District 4"]
    assert all(len(one.xpath(".//svg")) == 1 for one in drawn)
    rows = page.xpath("//section[h2='The numbers']//tbody/tr")
    assert [row.xpath("./td")[0].text for row in rows] == ["3", "1"]
    for link in rows[0].xpath("./th/a"):
        assert read(link.get("href")).xpath("//dd/a")[0].text == "3"


def test_all_small_charts_have_one_scale(read, autumn):
    drawn = read("/performance/districts").xpath("//ul[@class='small-multiples']//svg")
    assert len({tuple(one.xpath("./text[@text-anchor='end']/text()")[:3]) for one in drawn}) == 1


def test_days_without_a_case_are_a_sentence(read, autumn):
    said = read("/performance/departments?start=2030-01-01").xpath("//main")[0].text_content()
    assert "No case was opened in these days." in said


def test_what_is_no_kind_is_not_found(read, autumn):
    read("/performance/moons", status=404)


def test_a_city_without_a_case_says_so(read, publish):  # noqa: F811
    publish()
    read("/performance/districts", status=503)  # as everywhere before a case
