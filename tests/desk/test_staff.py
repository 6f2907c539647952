"""The staff's pages: sign in, work, and what forged requests get."""

from __future__ import annotations

import pytest

from data_sync.desk import accounts, store
from data_sync.desk.errors import DeskError

PASSWORD = "a long enough sentence"


def test_nobody_sees_the_queue_without_signing_in(client, pothole):
    for path in ("/staff", "/staff/", f"/staff/cases/{pothole}"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, "/staff/sign-in")
    assert client.post(f"/staff/cases/{pothole}/close", data={"reason": "Fixed"}).status_code == 303


def test_a_case_is_worked_through_with_forms_alone(staff, desk, pothole):
    assert b"Pothole \xc2\xb7 1 Elm St" in staff.get("/staff").data
    assert staff.post(f"/staff/cases/{pothole}/take").status_code == 303
    assert staff.post(f"/staff/cases/{pothole}/note", data={"words": "On <b>my</b> way", "public": "yes"}).status_code == 303
    assert b"On &lt;b&gt;my&lt;/b&gt; way" in staff.get(f"/staff/cases/{pothole}").data
    assert staff.post(f"/staff/cases/{pothole}/close", data={"reason": "Fixed", "words": "New asphalt"}).status_code == 303
    with desk.connect() as connection:
        assert store.case_row(connection, pothole).closure_reason == "Fixed. New asphalt"
    assert b"Nothing here" in staff.get("/staff").data
    assert staff.post(f"/staff/cases/{pothole}/reopen", data={"words": "Back again"}).status_code == 303


@pytest.mark.parametrize("verb", ["close", "note", "photo", "move", "dance"])
def test_an_empty_or_unknown_verb_is_told_kindly(staff, pothole, verb):
    answer = staff.post(f"/staff/cases/{pothole}/{verb}")
    assert answer.status_code == 400
    assert b'role="alert"' in answer.data


def test_a_form_of_another_site_is_refused(staff, desk, pothole):
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
        assert staff.post(f"/staff/cases/{pothole}/take", headers=headers).status_code == 403
    with desk.connect() as connection:
        assert store.case_row(connection, pothole).status == "open"


def test_wrong_passwords_are_slowed_down_and_forgotten_in_time(client, desk, clock):
    accounts.add_staff(desk, "Ana", PASSWORD)
    for _ in range(8):
        assert client.post("/staff/sign-in", data={"name": "Ana", "password": "guess"}).status_code == 403
    assert client.post("/staff/sign-in", data={"name": "Ana", "password": PASSWORD}).status_code == 429
    clock.pass_hours(1)
    assert client.post("/staff/sign-in", data={"name": "Ana", "password": PASSWORD}).status_code == 303


def test_a_short_password_is_refused(desk):
    with pytest.raises(DeskError, match="at least 15"):
        accounts.add_staff(desk, "Ana", "too short")


def test_overdue_comes_first_and_pages_go_on(staff, desk, clock):
    for _ in range(60):
        store.report_case(desk, service_code="light", now=clock(), actor="test")
    late = store.report_case(desk, service_code="pothole", now=clock(), actor="test")
    clock.pass_hours(72)
    page = staff.get("/staff").get_data(as_text=True)
    assert "61 cases" in page
    assert page.index(late) < page.index("26-00000001")
    following = page.split('class="more" href="')[1].split('"')[0].replace("&amp;", "&")
    assert staff.get(following).get_data(as_text=True).count("<li>") == 11
    assert "1 case" in staff.get("/staff?status=overdue").get_data(as_text=True)
    assert staff.get("/staff?after=x-1&status=zzz").status_code == 200


@pytest.mark.parametrize("path", ["/nope", "/staff/cases/nope", "/photos/../desk.sqlite", "/photos/nope.webp"])
def test_what_is_not_there_is_a_page_that_helps(staff, path):
    answer = staff.get(path)
    assert answer.status_code == 404
    assert b"Go to the queue" in answer.data


def test_headers_allow_nothing_from_outside(client):
    answer = client.get("/staff/sign-in")
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
