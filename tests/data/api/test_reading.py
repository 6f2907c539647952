"""What the JSON API answers: the rows that we publish, page by page, and nothing private."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from portal.domain.published_columns import CASE_COLUMN_NAMES
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from portal.store import data_version
from tests.conftest import NOW
from tests.data.api.conftest import API, BOTH
from tests.support.reports import POTHOLE
from tests.sync.support import record, save

BASE = "http://127.0.0.1:8050"


def walk(read, path: str) -> list[str]:
    """The numbers of all pages of a list."""
    found = []
    while path:
        page = read(path)
        found += [case["case_id"] for case in page["cases"]]
        path = (page["next"] or "").removeprefix(BASE + API)
    return found


@BOTH
def test_the_api_has_exactly_the_rows_and_values_of_the_file(client, read, cases):
    lines = map(json.loads, client.get("/cases.jsonl").data.splitlines())
    page = read("/cases")
    assert page["cases"] == list(lines)
    assert list(page["cases"][0]) == list(CASE_COLUMN_NAMES)
    assert page["next"] is None and page["permalink"] == f"{BASE}/cases"
    assert page["data_as_of"] == "2026-11-23T12:00:00Z" and page["data_version"] == 3


@BOTH
def test_pages_follow_each_other_in_every_order(read, add_case, publish):
    for number in range(1, 8):
        add_case(f"10{number}", opened=f"2026-11-0{number}", followers=number % 3)
    publish()
    newest = [f"10{number}" for number in range(7, 0, -1)]
    assert walk(read, "/cases?limit=3") == newest
    assert walk(read, "/cases?limit=3&photo=no") == newest
    assert walk(read, "/cases?limit=2&sort=oldest") == newest[::-1]
    assert walk(read, "/cases?limit=4&sort=followed")[:2] == ["105", "102"]
    assert walk(read, "/cases?limit=4&sort=closest&lat=42.32&lon=-71.07") == newest[::-1]


def test_a_page_goes_on_where_it_ended_while_cases_come_and_go(
    portal, read, numbers, add_case, publish
):
    for number in range(1, 7):
        add_case(f"10{number}", opened=f"2026-11-0{number}")
    publish()
    after = read("/cases?limit=2")["next"].removeprefix(BASE + API)
    add_case("107", opened="2026-11-07")
    with portal.transaction() as connection:
        connection.execute(text("update cases set visibility = 'held' where case_id = '105'"))
    assert numbers(after) == ["104", "103"]


def test_a_page_whose_cases_were_all_hidden_is_not_the_last(portal, numbers, add_case, publish):
    for number in range(1, 5):
        add_case(f"10{number}", opened=f"2026-11-0{number}")
    publish()
    with portal.transaction() as connection:
        hide = "update cases set visibility = 'held' where case_id in ('104', '103')"
        connection.execute(text(hide))
    assert numbers("/cases?limit=1&photo=no") == ["102"]


def test_filters_and_fields_are_those_of_pages_and_files(read, numbers, cases):
    assert numbers("/cases?status=open,in_progress&service=graffiti") == ["102"]
    assert numbers("/cases?q=deep+pothole&neighborhood=roxbury") == ["101"]
    assert numbers("/cases?bbox=-71.08,42.31,-71.06,42.33&end=2026-11-20") == ["101"]
    page = read("/cases?fields=status,case_id&status=closed")
    assert page["cases"] == [{"status": "closed", "case_id": "101"}]
    assert page["permalink"] == f"{BASE}/cases?status=closed"


def test_geojson_comes_by_the_header_or_by_the_address(ask, cases):
    by_header = ask("/cases?fields=service", headers={"Accept": "application/geo+json"})
    by_address = ask("/cases?fields=service&format=geojson")
    assert by_header.mimetype == by_address.mimetype == "application/geo+json"
    first, second, _third = by_header.get_json(force=True)["features"]
    assert first["geometry"] == {"type": "Point", "coordinates": [-71.07, 42.32]}
    assert first["properties"] == {"service": "Pothole", "case_id": "103"}
    assert second["geometry"] is None and second["id"] == "102"
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    assert ask("/cases", headers=browser).mimetype == "application/json"


@BOTH
def test_a_case_has_its_changes_notes_and_all_that_happened(portal, city, read, publish):
    save(portal, city, record("101", opened_at=NOW.replace(day=18), target_at=NOW))
    closed_at = NOW.replace(day=22)
    done = {"status": "closed", "closed_at": closed_at, "closure_reason": "Filled."}
    opened = {"opened_at": NOW.replace(day=18)}
    save(portal, city, record("101", updated_at=closed_at, **opened, **done))
    publish()
    answer = read("/cases/%23%20101")
    case = answer["case"]
    assert answer["permalink"] == f"{BASE}/cases/101"
    assert {name: case[name] for name in CASE_COLUMN_NAMES} == read("/cases")["cases"][0]
    revisions = read("/cases/101/revisions")["revisions"]
    assert revisions == read("/revisions")["revisions"]
    changed = {one["field"]: (one["old_value"], one["new_value"]) for one in revisions}
    assert changed["status"] == ("open", "closed")
    assert changed["closed_at"] == (None, "2026-11-22T12:00:00Z")
    assert changed["target_at"] == ("2026-11-23T12:00:00Z", None)
    kinds = [event["kind"] for event in case["timeline"]]
    assert kinds[0] == "opened" and {"closed", "changed"} == set(kinds[1:])


def test_revisions_come_in_pages_and_later_from_the_last_mark(portal, city, read, publish):
    save(portal, city, record("101"), record("102"))
    later = NOW.replace(hour=13)
    for number in ("101", "102"):
        moved = record(number, updated_at=later, address="9 Elm St", department="Parks")
        save(portal, city, moved)
    publish()
    first = read("/revisions?limit=1")
    seen = first["revisions"]
    while first["next"]:
        first = read(first["next"].removeprefix(BASE + API))
        seen += first["revisions"]
    assert len(seen) == 4 and seen == read("/revisions")["revisions"]
    assert read("/revisions?since=2026-11-24")["revisions"] == []
    nothing = read(f"/revisions?after={first['after']}")
    assert nothing["revisions"] == [] and nothing["after"] == first["after"]
    much_later = NOW.replace(hour=15)
    save(portal, city, record("101", updated_at=much_later, address="1 Oak St"))
    publish()
    fields = [one["field"] for one in read(f"/revisions?after={first['after']}")["revisions"]]
    assert "address" in fields


def test_revisions_go_on_past_a_page_of_which_none_is_told(portal, city, read, add_case, publish):
    """A resident's own words are not told: a page of nothing else was taken for the last one."""
    add_case("100")
    number = submit(portal, city, POTHOLE, (), Signals(), int(NOW.timestamp())).case_id
    with portal.transaction() as connection:
        rev = data_version.advance(connection, city.id, int(NOW.timestamp()), is_public=True)
        connection.execute(
            text(
                "insert into case_revisions (jurisdiction_id, id, rev, field, old_value,"
                " new_value, seen_at, source_updated_at)"
                " select jurisdiction_id, id, :rev, 'note', 'Deep', 'Deeper', :now, :now"
                " from cases where case_id = :number"
            ),
            {"rev": rev, "now": int(NOW.timestamp()), "number": number},
        )
        connection.execute(text("update cases set rev = :rev"), {"rev": rev})
    save(portal, city, record("101"))
    save(portal, city, record("101", updated_at=NOW.replace(hour=13), address="9 Elm St"))
    publish()
    page = read("/revisions?limit=1")
    assert [one["field"] for one in page["revisions"]] == ["address"]


def test_counts_add_up_to_the_list(read, cases):
    by_place = read("/counts?group_by=neighborhood,status")
    assert by_place["cases"] == 3
    assert by_place["groups"][0] == {
        "neighborhood": "dorchester",
        "neighborhood_name": "Dorchester",
        "status": "open",
        "cases": 1,
        "open_cases": 1,
    }
    by_month = read("/counts?group_by=opened_month&status=closed")["groups"]
    assert by_month == [{"opened_month": "2026-11", "cases": 1, "open_cases": 0}]
    assert read("/counts?group_by=photo,closed_month&service=graffiti")["groups"] == [
        {"photo": "no", "closed_month": None, "cases": 1, "open_cases": 1}
    ]


def test_changes_count_what_the_city_did_day_by_day(portal, city, read, publish):
    save(portal, city, record("101", opened_at=NOW.replace(day=18)))
    closed = {"status": "closed", "closed_at": NOW.replace(day=22)}
    save(portal, city, record("101", opened_at=NOW.replace(day=18), updated_at=NOW, **closed))
    with portal.transaction() as connection:
        connection.execute(text("update case_revisions set seen_at = seen_at + 60"))
    publish()
    today, before = read("/changes?days=2")["days"]
    assert (today["day"], before["day"]) == ("2026-11-23", "2026-11-22")
    assert (today["changes"], today["imported_cases"]) == ({"closed": 1}, 1)
    assert before["changes"] == {} and read("/changes?until=2030-01-01")["days"][0] == today


def test_datasets_are_those_of_the_manifest(client, read, cases):
    listed = read("/datasets")
    manifest = client.get("/data/manifest.json").get_json()
    assert {name: listed[name] for name in manifest} == manifest and manifest["datasets"]


def test_services_and_places_name_what_filters_take(read, numbers, cases):
    services = {one["slug"]: one for one in read("/services")["services"]}
    assert services["graffiti"]["permalink"] == f"{BASE}/cases?service=graffiti"
    places = [(one["kind"], one["slug"], one["open_cases"]) for one in read("/places")["places"]]
    assert places == [
        ("neighborhood", "dorchester", 1),
        ("neighborhood", "roxbury", 0),
        ("district", "7", 0),
    ]


def test_an_answer_that_has_not_changed_is_not_sent_again(ask, cases):
    for path in ("/cases", "/cases/101", "/counts?group_by=status", "/openapi.json"):
        first = ask(path)
        assert first.headers["Cache-Control"] == "public, no-cache"
        again = ask(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


def test_scripts_of_any_site_may_read_answers_and_refusals(client, ask, cases):
    for path in ("/cases", "/cases/999", "/nothing", "/cases?limit=x"):
        assert ask(path).headers["Access-Control-Allow-Origin"] == "*"
    asked = client.options(f"{API}/cases", headers={"Access-Control-Request-Method": "GET"})
    assert asked.status_code == 200
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]


@BOTH
def test_a_private_case_is_as_absent_as_one_that_never_was(client, ask, cases):
    """Case 104 is held: in no list, count or change, and its own answer is that of no case."""
    paths = ("/cases/{}", "/cases/{}/revisions", "/cases/{}?format=geojson")
    for path in paths:
        hidden, unknown = ask(path.format("104")), ask(path.format("994"))
        assert hidden.status_code == unknown.status_code == 404
        assert hidden.data.replace(b"104", b"") == unknown.data.replace(b"994", b"")
        assert hidden.headers == unknown.headers
    everything = ("/cases", "/counts?group_by=service", "/revisions", "/services", "/places")
    assert all(b"SECRET" not in ask(path).data for path in everything)
    assert ask("/cases?after=0~104").data == ask("/cases?after=0~994").data


@pytest.mark.parametrize("path", ["/cases", "/cases?photo=no", "/cases?sort=oldest&limit=1"])
def test_head_says_what_get_would(client, cases, path):
    head, full = client.head(API + path), client.get(API + path)
    assert (head.status_code, head.data, head.headers) == (200, b"", full.headers)
