"""The staff's pages: sign in, work, and what forged requests get."""

from __future__ import annotations

import io
import re

import pytest

from data_sync.desk import accounts, store
from data_sync.desk.errors import DeskError
from data_sync.desk.records import NewCase
from tests.desk.conftest import PASSWORD
from tests.support.other_sites import OTHER_SITES


def row(desk, request_id):
    with desk.connect() as connection:
        return store.case_row(connection, request_id)


def sign_in(window, name="Ana", password=PASSWORD, **options):
    return window.post("/staff/sign-in", data={"name": name, "password": password}, **options)


def links(page):
    return re.findall(r'<h2><a href="/staff/cases/([^"]+)"', page)


def test_nobody_sees_the_queue_without_signing_in(visitor, desk, pothole):
    for path in ("/staff", "/staff/", f"/staff/cases/{pothole}"):
        answer = visitor.get(path)
        assert (answer.status_code, answer.location) == (303, "/staff/sign-in")
    assert (
        visitor.post(f"/staff/cases/{pothole}/close", data={"reason": "Fixed"}).location
        == "/staff/sign-in"
    )
    assert row(desk, pothole).status == "open"


def test_signing_in_leads_to_where_one_wanted_to_go(visitor, desk, pothole):
    accounts.add_staff(desk, "Ana", PASSWORD)
    visitor.get(f"/staff/cases/{pothole}?x=//evil.example")
    assert sign_in(visitor, "Ana", "wrong").status_code == 403
    assert sign_in(visitor).location == f"/staff/cases/{pothole}?x=//evil.example"


def test_a_case_is_worked_through_with_forms_alone(staff, desk, pothole, jpeg):
    assert links(staff.get("/staff").get_data(as_text=True)) == [pothole]
    assert staff.post(f"/staff/cases/{pothole}/take").status_code == 303
    assert "The case is yours." in staff.get(f"/staff/cases/{pothole}").get_data(as_text=True)
    assert (
        staff.post(
            f"/staff/cases/{pothole}/note", data={"words": "On <b>my</b> way", "seen_by": "public"}
        ).status_code
        == 303
    )
    assert b"On &lt;b&gt;my&lt;/b&gt; way" in staff.get(f"/staff/cases/{pothole}").data
    assert (
        staff.post(
            f"/staff/cases/{pothole}/photo", data={"photo": (io.BytesIO(jpeg), "x.jpg")}
        ).status_code
        == 303
    )
    done = {"reason": "Fixed", "words": "New asphalt", "photo": (io.BytesIO(jpeg), "y.jpg")}
    assert staff.post(f"/staff/cases/{pothole}/close", data=done).status_code == 303
    case = row(desk, pothole)
    assert (case.closure_reason, case.taken_by) == ("Fixed. New asphalt", "Ana")
    assert case.media_url and case.closed_media_url and case.media_url != case.closed_media_url
    assert "All is done." in staff.get("/staff").get_data(as_text=True)
    assert (
        staff.post(f"/staff/cases/{pothole}/reopen", data={"words": "Back again"}).status_code
        == 303
    )
    assert staff.post(f"/staff/cases/{pothole}/move", data={"queue": "Lights"}).status_code == 303
    assert (row(desk, pothole).status, row(desk, pothole).department) == ("open", "Lighting")


def test_a_note_is_for_the_staff_unless_they_say_otherwise(staff, client, pothole):
    staff.post(f"/staff/cases/{pothole}/note", data={"words": "Caller was upset"})
    staff.post(
        f"/staff/cases/{pothole}/note", data={"words": "We come on Tuesday", "seen_by": "public"}
    )
    body = client.get(f"/open311/v2/requests/{pothole}.json?extensions=true").get_data(as_text=True)
    assert "We come on Tuesday" in body
    assert "Caller was upset" not in body


@pytest.mark.parametrize(
    ("verb", "form"),
    [
        ("close", {}),
        ("close", {"reason": "Because"}),
        ("note", {"words": " "}),
        ("photo", {}),
        ("move", {}),
        ("move", {"queue": "Nowhere"}),
        ("dance", {}),
    ],
)
def test_an_empty_forged_or_unknown_verb_is_told_kindly_and_changes_nothing(
    staff, desk, pothole, verb, form
):
    before = row(desk, pothole)
    answer = staff.post(f"/staff/cases/{pothole}/{verb}", data=form)
    assert answer.status_code == 400
    assert answer.get_data(as_text=True).count('role="alert"') == 1
    assert row(desk, pothole) == before


def test_what_was_typed_is_not_lost_when_a_form_is_refused(staff, pothole, tmp_path):
    form = {
        "reason": "Fixed",
        "words": "Long & careful words",
        "photo": (io.BytesIO(b"no photo"), "x.jpg"),
    }
    page = staff.post(f"/staff/cases/{pothole}/close", data=form).get_data(as_text=True)
    assert "Long &amp; careful words</textarea>" in page
    assert "<option selected>Fixed</option>" in page


def test_two_who_close_at_once_the_second_is_told(staff, desk, clock, pothole):
    store.close_case(desk, pothole, "Fixed", actor="Ben", now=clock())
    answer = staff.post(
        f"/staff/cases/{pothole}/close", data={"reason": "Fixed", "words": "New asphalt"}
    )
    assert answer.status_code == 409
    assert "is closed. Reopen it first." in answer.get_data(as_text=True)
    assert "You had written: New asphalt" in answer.get_data(as_text=True)


def test_a_verb_on_a_case_that_is_not_there_is_404(staff):
    assert staff.post("/staff/cases/26-99999999/take").status_code == 404


@pytest.mark.parametrize("headers", [*OTHER_SITES, {}], ids=str)
def test_a_form_of_another_site_is_refused(staff, desk, pothole, headers):
    del staff.environ_base["HTTP_SEC_FETCH_SITE"]
    assert staff.post(f"/staff/cases/{pothole}/take", headers=headers).status_code == 403
    assert sign_in(staff, headers=headers).status_code == 403
    assert row(desk, pothole).status == "open"


@pytest.mark.parametrize("origin", ["http://localhost", "http://desk.test"])
def test_an_old_browser_is_known_by_its_origin(staff, desk, pothole, origin):
    del staff.environ_base["HTTP_SEC_FETCH_SITE"]
    assert staff.post(f"/staff/cases/{pothole}/take", headers={"Origin": origin}).status_code == 303


def test_nothing_changes_on_a_get(staff, desk, pothole):
    assert staff.get(f"/staff/cases/{pothole}/take").status_code == 405
    assert staff.get("/staff/sign-out").status_code == 405
    assert row(desk, pothole).status == "open"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visitor, desk):
    accounts.add_staff(desk, "Ana", PASSWORD)
    cookie = sign_in(visitor).headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie


def test_a_forged_cookie_is_nobody(visitor, desk):
    accounts.add_staff(desk, "Ana", PASSWORD)
    visitor.set_cookie("desk", "eyJzdGFmZiI6IkFuYSJ9.aSLVYg.forged")
    assert visitor.get("/staff").location == "/staff/sign-in"


def test_signing_out_a_new_password_and_a_removed_account_end_the_session(staff, desk):
    assert staff.get("/staff").status_code == 200
    accounts.add_staff(desk, "Ana", "another long sentence")
    assert staff.get("/staff").status_code == 303
    sign_in(staff, password="another long sentence")
    assert staff.get("/staff").status_code == 200
    staff.post("/staff/sign-out")
    assert staff.get("/staff").status_code == 303
    sign_in(staff, password="another long sentence")
    accounts.remove_staff(desk, "Ana")
    assert staff.get("/staff").status_code == 303


def test_wrong_passwords_are_slowed_down_and_forgotten_in_time(visitor, desk, clock):
    accounts.add_staff(desk, "Ana", PASSWORD)
    for _ in range(8):
        assert sign_in(visitor, password="guess").status_code == 403
    assert sign_in(visitor).status_code == 429
    clock.pass_hours(1)
    assert sign_in(visitor).status_code == 303


def test_who_guesses_elsewhere_does_not_shut_the_staff_out(visitor, desk):
    accounts.add_staff(desk, "Ana", PASSWORD)
    for _ in range(9):
        sign_in(visitor, password="guess", environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert sign_in(visitor).status_code == 303


def test_an_unknown_name_sounds_like_a_wrong_password(visitor, desk):
    accounts.add_staff(desk, "Ana", PASSWORD)
    wrong, unknown = sign_in(visitor, "Ana", "guess"), sign_in(visitor, "Nobody", "guess")
    assert wrong.data.replace(b"Ana", b"Nobody") == unknown.data


@pytest.mark.parametrize(
    ("name", "password", "words"),
    [("Ana", "too short", "at least 15"), ("  ", PASSWORD, "needs a name")],
)
def test_an_account_needs_a_name_and_a_long_password(desk, name, password, words):
    with pytest.raises(DeskError, match=words):
        accounts.add_staff(desk, name, password)


def test_overdue_comes_first_and_pages_go_on_to_the_end(staff, desk, clock):
    lights = [
        store.report_case(desk, NewCase(service_code="light"), now=clock(), actor="test")
        for _ in range(60)
    ]
    late = store.report_case(desk, NewCase(service_code="pothole"), now=clock(), actor="test")
    clock.pass_hours(72)
    first = staff.get("/staff").get_data(as_text=True)
    following = first.split('class="next" href="')[1].split('"')[0].replace("&amp;", "&")
    second = staff.get(following).get_data(as_text=True)
    assert links(first) + links(second) == [late, *lights]
    assert "24 hours over its target" in first
    assert 'class="next"' not in second


def test_tabs_count_what_they_lead_to(staff, desk, clock, pothole):
    light = store.report_case(
        desk, NewCase(service_code="light", address="2 Elm St"), now=clock(), actor="test"
    )
    store.take_case(desk, light, actor="Ben", now=clock())
    clock.pass_hours(72)
    for query, counts in (
        ("", "2 1 1 0"),
        ("?queue=Lights", "1 0 1 0"),
        ("?words=1+elm", "1 1 0 0"),
        ("?words=%25", "0 0 0 0"),
    ):
        page = staff.get(f"/staff{query}").get_data(as_text=True)
        assert re.findall(r'class="count">([\d,]+)<', page) == counts.split()
    assert links(staff.get("/staff?status=overdue").get_data(as_text=True)) == [pothole]
    assert links(staff.get("/staff?status=in_progress&queue=Lights").get_data(as_text=True)) == [
        light
    ]


def test_closed_cases_come_newest_first(staff, desk, clock):
    ids = [
        store.report_case(desk, NewCase(service_code="light"), now=clock(), actor="test")
        for _ in range(52)
    ]
    for request_id in ids:
        clock.pass_hours(1)
        store.close_case(desk, request_id, "Fixed", actor="Ben", now=clock())
    first = staff.get("/staff?status=closed").get_data(as_text=True)
    following = first.split('class="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert links(first) + links(staff.get(following).get_data(as_text=True)) == ids[::-1]


@pytest.mark.parametrize(
    "query",
    [
        "after=x_1",
        "after=1_2_3",
        "after=99999999999999999999_1",
        "after=-1_-1",
        "status=zzz",
        "queue=%00",
        "words=%27",
    ],
)
def test_no_query_makes_the_queue_fail(staff, pothole, query):
    assert staff.get(f"/staff?{query}").status_code == 200


def test_reporter_and_private_cases_are_shown_to_the_staff(staff, desk, clock):
    fields = {
        "reporter_name": "Zoe Quill",
        "reporter_email": "zoe@example.org",
        "reporter_phone": "617 555 0100",
    }
    request_id = store.report_case(
        desk, NewCase(service_code="light", is_public=False, **fields), now=clock(), actor="test"
    )
    page = staff.get(f"/staff/cases/{request_id}").get_data(as_text=True)
    assert all(value in page for value in [*fields.values(), "staff alone (private)"])


@pytest.mark.parametrize(
    "path", ["/nope", "/staff/cases/nope", "/photos/../desk.sqlite", "/photos/nope.webp"]
)
def test_what_is_not_there_is_a_page_that_helps(staff, path):
    answer = staff.get(path)
    assert answer.status_code == 404
    assert b"Go to the queue" in answer.data


def test_headers_allow_nothing_from_outside(visitor):
    answer = visitor.get("/staff/sign-in")
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_desk_that_is_locked_says_so_and_changes_nothing(staff, desk, pothole):
    with desk.execution_options(writes=True).begin():
        with desk.connect() as impatient:  # the pool hands it to the request below
            impatient.exec_driver_sql("pragma busy_timeout = 1")
        answer = staff.post(f"/staff/cases/{pothole}/take")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "The desk is busy" in answer.get_data(as_text=True)
