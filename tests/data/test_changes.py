"""What the city changed: by day, by kind, with its cases, as a feed, and each case's history."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from lxml import etree
from lxml import html as parser

from app import create_app
from portal.domain.filters import CaseFilter
from portal.filter_sql import Selection
from portal.queries.data.changes import changes_by_day
from portal.services.staff import moderation
from portal.services.staff.audit import Act
from tests.support.days import Teller, at_day
from tests.sync.support import record


@pytest.fixture
def client(settings, portal):
    return create_app(settings, portal).server.test_client()


def told(number, day, **fields):
    """A record that the city touched on a day of March; it was opened on February 26."""
    place = {"neighborhood": "Roxbury", "target_at": at_day(10), "lat": 42.32, "lon": -71.07}
    plain = {"opened_at": at_day(-2), "updated_at": at_day(day)} | place
    return record(number, **plain | fields)


@pytest.fixture
def tell(portal, city):
    """Five cases on March 1; what happened to them on the 3rd and the 5th is in the tests."""
    tell = Teller(portal, city)
    tell(1, *(told(str(number), 1) for number in range(101, 106)))
    tell(
        3,
        told("101", 3, status="closed", closed_at=at_day(3)),
        told("102", 3, target_at=at_day(20)),
        told("103", 3, service_code="Graffiti", service_name="Graffiti"),
        told("104", 3, lat=42.33, lon=-71.05),
        told("106", 3, neighborhood="Mattapan"),
        told("107", 3, opened_at=at_day(-60), neighborhood="Mattapan"),
    )
    tell.withdraw(4, "105")
    tell(5, told("101", 5))
    return tell


def days(portal, city, first, last, **filters):
    selection = Selection(CaseFilter(**filters), city.zone)
    facts = portal.facts(city.id)
    counted = changes_by_day(facts, selection, date(2026, 3, first), date(2026, 3, last))
    return {changes.day.day: changes for changes in counted}


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_each_kind_of_change_is_counted_on_the_day_it_was_seen(portal, city, tell):
    by_day = days(portal, city, 1, 6)
    assert by_day[3].cases == {"new": 2, "closed": 1, "redated": 1, "retyped": 1, "moved": 1}
    assert by_day[3].late_cases == 1, "107 was opened in December"
    assert by_day[4].cases == {"withdrawn": 1}
    assert by_day[5].cases == {"reopened": 1}


def test_an_empty_day_is_there_and_empty(portal, city, tell):
    assert days(portal, city, 2, 6)[2].is_empty
    assert days(portal, city, 2, 6)[6].is_empty


def test_the_first_import_is_told_as_that_and_nothing_in_it_is_new(portal, city, tell):
    first = days(portal, city, 1, 1)[1]
    assert (first.is_first_import, first.imported_cases, first.cases) == (True, 4, {})


def test_a_filter_is_asked_of_cases_as_they_are_now_and_withdrawn_ones_are_not_told(
    portal, city, tell
):
    assert days(portal, city, 3, 4, neighborhood=("mattapan",))[3].cases == {"new": 2}
    assert days(portal, city, 3, 4, service=("graffiti",))[3].cases == {"retyped": 1}
    assert days(portal, city, 3, 4, neighborhood=("roxbury",))[4].is_empty


def test_a_day_ends_at_midnight_in_the_city(portal, city):
    tell = Teller(portal, city)
    tell(1, told("101", 1))
    late = at_day(3).replace(hour=4, minute=30)  # half past eleven at night on the 2nd
    closed = told("101", 2, status="closed", closed_at=late, updated_at=late)
    tell.at(late, closed)
    assert days(portal, city, 2, 3)[2].cases == {"closed": 1}
    assert days(portal, city, 2, 3)[3].is_empty


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_what_staff_hide_takes_its_changes_away_at_once(portal, city, tell):
    moderation.hold_case(portal, city, "101", Act("ana", "private", int(at_day(8).timestamp())))
    tell.publish()
    by_day = days(portal, city, 1, 9)
    assert "closed" not in by_day[3].cases
    assert by_day[5].is_empty
    assert by_day[8].is_empty, "hiding is no change of the city's"
    facts = portal.facts(city.id)
    for table in ("revisions", "past", "changes"):
        ((left,),) = facts.rows(
            f"select count(*) from {table} where id not in (select id from cases)"
        )
        assert left == 0, table


def test_what_changed_while_a_case_was_hidden_counts_when_it_is_shown(portal, city, tell):
    moderation.hold_case(portal, city, "102", Act("ana", "look", int(at_day(6).timestamp())))
    tell(7, told("102", 7, target_at=at_day(20), status="closed", closed_at=at_day(7)))
    tell.publish()
    assert days(portal, city, 7, 8)[7].is_empty
    moderation.release_case(portal, city, "102", Act("ana", "fine", int(at_day(8).timestamp())))
    tell.publish()
    by_day = days(portal, city, 7, 8)
    assert by_day[7].is_empty
    assert by_day[8].cases == {"closed": 1}


def test_a_case_that_the_city_shows_again_is_back(portal, city, tell):
    tell(6, told("105", 6))
    assert days(portal, city, 4, 6)[6].cases == {"returned": 1}
    assert days(portal, city, 4, 6)[4].cases == {"withdrawn": 1}, "that it was withdrawn stays true"


def page(client, path, status=200):
    answer = client.get(path)
    assert answer.status_code == status, path
    return parser.fromstring(answer.data)


def words(root):
    return " ".join(" ".join(root.xpath("//main//text()")).split())


def test_the_days_lead_to_their_cases(client, tell):
    root = page(client, "/changes?after=2026-03-06")
    assert "First import: 4 cases" in words(root)
    assert "/changes/2026-03-03" in root.xpath("//main//a/@href")
    day = page(client, "/changes/2026-03-03")
    numbers = {link[7:10] for link in day.xpath("//article//h3/a/@href")}
    assert numbers == {"101", "102", "103", "104", "106", "107"}
    only = page(client, "/changes/2026-03-03/redated")
    assert only.xpath("//article//h3/a/@href") == ["/cases/102"]
    assert "target changed from" in words(only)


def test_a_withdrawn_case_is_a_number_without_a_list(client, tell):
    root = page(client, "/changes/2026-03-04")
    assert "1 Withdrawn" in words(root)
    assert "105" not in words(root)
    page(client, "/changes/2026-03-04/withdrawn", status=404)


def test_pages_keep_the_filter(client, tell):
    root = page(client, "/changes/2026-03-03?neighborhood=mattapan")
    links = [link for link in root.xpath("//main//a/@href") if link.startswith("/changes/")]
    assert [link for link in links if "neighborhood=mattapan" not in link] == [
        "/changes/2026-03-03"
    ], "only Clear leaves it"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/changes/2026-02-20", 404),
        ("/changes/2099-01-01", 400),
        ("/changes/yesterday", 400),
        ("/changes/2026-03-03/eaten", 404),
        ("/changes/2026-03-03?after=x", 400),
        ("/changes.atom?as_of=2026-03-03", 400),
        ("/changes.atom?statsu=open", 400),
    ],
)
def test_what_cannot_be_asked_is_refused(client, tell, path, status):
    assert client.get(path).status_code == status


def test_many_changes_of_a_day_are_pages(client, portal, city):
    tell = Teller(portal, city)
    numbers = [str(number) for number in range(101, 171)]
    tell(1, *(told(number, 1) for number in numbers))
    tell(2, *(told(number, 2, target_at=at_day(20)) for number in numbers))
    first = page(client, "/changes/2026-03-02/redated")
    (more,) = first.xpath("//a[@rel='next']/@href")
    shown = first.xpath("//article//h3/a/@href") + page(client, more).xpath("//article//h3/a/@href")
    assert sorted(shown) == [f"/cases/{number}" for number in numbers]


def test_the_feed_is_atom_with_what_changed(settings, portal, city, tell):
    server = create_app(settings, portal, clock=at_day(6).timestamp).server
    answer = server.test_client().get("/changes.atom?neighborhood=roxbury")
    assert answer.mimetype == "application/atom+xml"
    feed = etree.fromstring(answer.data)
    names = {"a": "http://www.w3.org/2005/Atom"}
    titles = feed.xpath("//a:entry/a:title/text()", namespaces=names)
    assert titles[0].startswith("Reopened: Pothole")
    assert len(titles) == 5, "101 on two days, and three others"
    ids = feed.xpath("//a:entry/a:id/text()", namespaces=names)
    assert len(set(ids)) == len(ids)


def test_a_case_has_its_history_as_files(client, tell):
    rows = list(csv.DictReader(io.StringIO(client.get("/cases/102/history.csv").text)))
    assert rows == [
        {
            "seen_at": "2026-03-03T15:00:00Z",
            "field": "target_at",
            "from": "2026-03-10T15:00:00Z",
            "to": "2026-03-20T15:00:00Z",
            "city_updated_at": "2026-03-03T15:00:00Z",
        }
    ]
    told_json = client.get("/cases/102/history.json").json
    assert told_json["case_id"] == "102"
    assert told_json["changes"][0]["to"] == "2026-03-20T15:00:00Z"
    links = page(client, "/cases/102").xpath("//main//a/@href")
    assert {"/cases/102/history.csv", "/cases/102/history.json"} <= set(links)
    assert client.get("/cases/999/history.csv").status_code == 404


def test_no_text_of_a_history_is_a_formula(client, portal, city, tell):
    tell(6, told("104", 6, lat=42.33, lon=-71.05, note="=HYPERLINK(1)"))
    rows = list(csv.DictReader(io.StringIO(client.get("/cases/104/history.csv").text)))
    values = {row["field"]: (row["from"], row["to"]) for row in rows}
    assert values["note"] == ("", "'=HYPERLINK(1)")
    assert values["lon"] == ("-71.07", "-71.05")
