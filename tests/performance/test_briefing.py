"""The briefing: a district's week by hand, the cases behind its sentences, and odd weeks."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from lxml import html

from app import create_app
from portal.domain.filters import CaseFilter
from portal.domain.findings import Drift, Findings, Name, Outcome, Shares
from portal.domain.week import Week, parse_week, week_of
from portal.filter_sql import Selection
from portal.findings.keep import save_findings
from portal.queries.performance.briefing import find_week, read_briefing
from tests.conftest import NOW
from tests.support.pages import publish  # noqa: F401

WEEK = Week(date(2026, 11, 16))
PATH = "/performance/briefing"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return request.param


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
    """District 3 has two potholes a week for twenty weeks, one closed the next day; in the week of
    November 16 also three graffiti. District 4 has one case, and one case is in none."""
    number = 0
    for back in range(20):
        for day in (1, 3):
            number += 1
            opened = datetime(2026, 11, 16, 15, tzinfo=UTC) + timedelta(days=day, weeks=-back)
            closed = (opened + timedelta(days=1)).isoformat() if day == 1 else None
            add_case(
                str(1000 + number),
                opened=opened.isoformat(),
                closed=closed,
                district="3",
                target_at=int((opened + timedelta(days=2)).timestamp()),
            )
    for number in range(3):
        add_case(str(2000 + number), opened="2026-11-18", district="3", service="Graffiti")
    add_case("3000", opened="2026-11-19T15:00:00Z", district="4")
    add_case("3001", opened="2026-11-19T15:00:00Z")
    publish()


@pytest.fixture
def ask(portal, city):
    def read(district: str = "3", week: Week = WEEK):
        asked = CaseFilter(district=(district,)) if district else CaseFilter()
        return read_briefing(portal.facts(city.id), Selection(asked, city.zone), week)

    return read


def test_a_week_by_hand(ask, autumn):
    found = ask()
    assert (found.this_week.opened, found.this_week.closed) == (5, 1)
    assert found.rank == (19, 19)
    assert [(one.name, one.opened) for one in found.types] == [("Graffiti", 3), ("Pothole", 2)]
    assert (found.quarter.opened, found.city.opened) == (29, 31)
    assert (found.waiting.opened, found.over_a_year) == (23, 0)
    assert found.year_ago is None and found.is_over


def test_every_case_of_twenty_weeks_is_in_one_of_them(ask, autumn):
    weeks = ask().weeks
    assert len(weeks) == 20
    assert sum(week.opened for week in weeks) == 43
    assert sum(week.closed for week in weeks) == 20


def test_a_week_begins_at_midnight_in_the_city(ask, add_case, publish):  # noqa: F811
    add_case("1", opened="2026-11-16T04:59:00Z", district="3")  # Sunday, 23:59 in Boston
    add_case("2", opened="2026-11-16T05:01:00Z", district="3")
    publish()
    assert [week.opened for week in ask().weeks] == [1, 1]


def test_each_sentence_leads_to_as_many_cases_as_it_says(read, autumn):
    page = read(f"{PATH}/3?week=2026-W47")
    links = page.xpath("//ul[contains(@class, 'briefing')]//a")
    assert len(links) == 6
    for link in links:
        listed = read(link.get("href")).xpath("//h1")[0].text_content()
        said = re.search(r"[\d,]+", link.text_content())[0]
        assert said == re.search(r"[\d,]+", listed)[0], link.text_content()


def test_the_page_says_the_week_in_five_sentences(read, autumn):
    said = read(f"{PATH}/3").xpath("//ul[contains(@class, 'briefing')]/li")
    assert [part.text_content() for part in said] == [
        "5 cases came in, more than in 19 of the 19 weeks before, and 1 were closed.",
        "The commonest types: Graffiti (3), Pothole (2).",
        "Of the 29 cases of the last 13 weeks, it cannot be said yet when half are closed.",
        "20 cases are past the city’s own target today.",
        "23 cases are open, 0 of them for over a year.",
    ]


@pytest.fixture
def drift():
    """Potholes of Roxbury are closed more slowly."""
    return Drift(
        Name("pothole", "Pothole"),
        Name("roxbury", "Roxbury"),
        is_better=False,
        days=7,
        first_day="2026-10-01",
        last_day="2026-11-22",
        cases=40,
        before=Shares(0.9, 0.9),
        since=Shares(0.4, 0.9),
        chance=0.001,
        parts=(),
        part_days=(),
    )


@pytest.mark.parametrize(
    ("district", "last_day", "said"),
    [
        ("3", "2026-11-22", "Pothole in Roxbury: 40%"),
        ("4", "2026-11-22", "Nothing stands out in its neighborhoods."),
        ("3", "2026-11-15", ""),
    ],
)
def test_what_got_worse_is_of_the_districts_neighborhoods_and_of_the_week(
    read,
    portal,
    city,
    add_case,
    publish,  # noqa: F811
    drift,
    district,
    last_day,
    said,
):
    for number, (where, place) in enumerate([("3", "Roxbury")] * 3 + [("4", "Mattapan")] * 3):
        add_case(str(number), opened="2026-11-18", district=where, neighborhood=place)
    publish()
    findings = Findings(Outcome.LOOKED_AT, 0, "2026-11-16", last_day, drifts=(drift,))
    with portal.transaction() as connection:
        save_findings(connection, city.id, findings, 1, int(NOW.timestamp()))
    page = read(f"{PATH}/{district}?week=2026-W47").xpath("//main")[0].text_content()
    assert ("What got worse beyond chance" in page) == bool(said) and said in page


def test_the_ten_oldest_open_cases_stand_oldest_first(read, autumn):
    rows = read(f"{PATH}/3").xpath("//table[caption='The 10 oldest open cases']/tbody/tr/th")
    assert [row.text_content() for row in rows][:2] == ["1040", "1038"]
    assert len(rows) == 10


def test_the_whole_city_has_one_and_leads_to_the_districts(read, autumn):
    page = read(PATH)
    links = page.xpath("//nav[contains(@class, 'briefing-others')]//a")
    assert [link.text_content() for link in links] == ["District 3", "District 4"]
    assert "7 cases came in" in page.xpath("//main")[0].text_content()


def test_the_newest_week_is_the_last_that_is_over(portal, city, autumn, ask):
    facts = portal.facts(city.id)
    assert find_week(facts, Selection(CaseFilter(), city.zone)) == WEEK
    assert not ask(week=WEEK.next).is_over


def test_weeks_before_and_after_the_record_are_sentences(read, autumn):
    for week in ("1999-W10", "2099-W01"):
        said = read(f"{PATH}/3?week={week}").xpath("//main")[0].text_content()
        assert "0 cases came in" in said and "NaN" not in said and "None" not in said


@pytest.mark.parametrize("week", ["2026-W54", "2026-48", "x", "0001-W01", "2026-W00", "2025-W53"])
def test_what_is_no_week_is_refused(read, autumn, week):
    read(f"{PATH}/3?week={week}", status=400)


def test_a_district_that_is_not_there_is_not_found(read, autumn):
    read(f"{PATH}/77", status=404)


def test_a_city_without_a_case_says_so(read, publish):  # noqa: F811
    publish()
    read(PATH, status=503)  # as everywhere before a case


def test_weeks_follow_one_another_across_the_year():
    last = parse_week("2026-W53")
    assert last and str(last.next) == "2027-W01" and last.next.back(1) == last
    assert week_of(date(2027, 1, 3)) == last and last.last == date(2027, 1, 3)
