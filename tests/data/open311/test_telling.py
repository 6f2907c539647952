"""Open311, POST servicerequestupdates: the city's program tells of reports made here."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import text

from portal.notifications.contacts import Recipient
from portal.services.data.key_requests import create_key
from portal.services.report.review import Signals
from portal.services.report.submit import submit
from tests.conftest import NOW
from tests.support.queries import rows_of
from tests.support.reports import POTHOLE

AT = int(NOW.timestamp())


@pytest.fixture
def report(portal, city, add_case):
    """report() is the number of a report of yesterday; there is a case of the city's, too."""
    add_case("101")

    def send(**changed) -> str:
        said = replace(POTHOLE, email="ana@example.org", **changed)
        return submit(portal, city, said, (), Signals(), AT - 86_400).case_id

    return send


@pytest.fixture
def tell(portal, city, client):
    """tell(number, status="CLOSED") with a key that may."""
    made = {}
    for scope in ("update", "report"):
        with portal.transaction() as connection:
            owner = Recipient("works@example.gov", "en")
            wanted = ("the city", ("read", scope), 100)
            made[scope] = create_key(connection, portal.settings, city.id, owner, wanted, AT)[1]

    def post(number: str, update_id: str = "u-1", scope: str = "update", **fields):
        fields |= {"update_id": update_id, "service_request_id": number, "api_key": made[scope]}
        return client.post("/open311/v2/servicerequestupdates.json", data=fields)

    return post


def kinds(portal) -> list[str]:
    query = text("select kind from alerts where kind <> 'received' order by rev")
    return [kind for (kind,) in rows_of(portal.core, query)]


def test_a_report_is_worked_on_noted_closed_and_opened_again(portal, report, tell, ask):
    number = report()
    steps = (
        {"status": "IN_PROGRESS", "description": "A crew comes. Call 617-555-0143."},
        {"status": "fixed", "description": "Filled."},
        {"status": "REOPEN", "description": "It has sunk."},
    )
    seen = []
    for step, fields in enumerate(steps):
        answer = tell(number, f"u-{step}", **fields)
        assert (answer.status_code, answer.get_json()) == (200, [{"update_id": f"u-{step}"}])
        (case,) = ask(f"requests/{number}.json", extensions="true").get_json()
        more = case["extended_attributes"]
        seen.append((case["status"], more["detailed_status"], more["closed_datetime"]))
    assert seen == [
        ("open", "in_progress", ""),
        ("closed", "closed", "2026-11-23T12:00:00Z"),
        ("open", "open", ""),
    ]
    said = [note["description"] for note in case["notes"]]
    assert "617" not in " ".join(said)
    assert said[-1] == "It has sunk."
    assert case["description"] == "Deep"
    assert case["address"] == "3 Adams St"
    assert kinds(portal) == ["message", "closed", "reopened"]
    told = ask("servicerequestupdates.json", service_request_id=number).get_json()
    assert {update["status"] for update in told} >= {"IN_PROGRESS", "CLOSED", "REOPEN"}


def test_the_same_update_is_applied_once(portal, report, tell):
    number = report()
    assert tell(number, status="CLOSED").status_code == 200
    again = tell(number, status="REOPEN")
    assert (again.status_code, "already exists" in again.text) == (400, True)
    assert kinds(portal) == ["closed"]


def test_a_private_report_stays_private(report, tell, ask):
    number = report(is_public=False)
    assert tell(number, status="CLOSED", description="Filled.").status_code == 200
    assert ask(f"requests/{number}.json").status_code == 404
    assert ask("servicerequestupdates.json", service_request_id=number).get_json() == []


def test_what_cannot_be_told_is_refused_and_changes_nothing(portal, report, tell, subtests):
    number = report()
    for to, fields, status in (
        ("999", {"status": "CLOSED"}, 404),
        ("101", {"status": "CLOSED"}, 400),
        (number, {"status": "LOST"}, 400),
        (number, {}, 400),
        (number, {"status": "CLOSED", "update_id": ""}, 400),
        (number, {"status": "CLOSED", "description": "x" * 4_001}, 400),
        (number, {"status": "CLOSED", "scope": "report"}, 403),
    ):
        with subtests.test(to=to, **{name: value[:10] for name, value in fields.items()}):
            assert tell(to, **fields).status_code == status
    assert kinds(portal) == []
