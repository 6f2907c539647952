"""The staff's pages are closed to everyone else, and every button does what it says."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from lxml import html as lxml_html
from sqlalchemy import insert, select, text

from portal.auth import accounts, one_time
from portal.domain.dispatch import Taken
from portal.domain.tracking_number import format_tracking_number
from portal.facts import publish
from portal.queries.cases.case_detail import case_by_id
from portal.services.report import sending
from portal.services.report.review import Signals, sign_start_time
from portal.services.report.submit import submit
from portal.services.staff import audit
from portal.services.staff.audit import Act, Subject
from portal.store.follower_models import Alert
from portal.store.models import Case
from tests.staff.conftest import NOON, PASSWORD
from tests.support.reports import POTHOLE
from tests.support.waiting import wait_until

DOUBTFUL = Signals(is_trap_filled=True)
REPORT = replace(POTHOLE, note="Deep; Bo Miller dug it")


@pytest.fixture
def database() -> str:
    """Pages are the same on every database; what they do is tried on both (test_moderation)."""
    return "sqlite"


@pytest.fixture
def number(portal, city, add_case) -> str:
    """A held report."""
    add_case("101")
    publish.update(portal.core, city, portal.facts_folder)
    return submit(portal, city, REPORT, (), DOUBTFUL, NOON).case_id


def page(client, path: str):
    answer = client.get(path)
    assert answer.status_code == 200, answer.data[:500]
    return lxml_html.fromstring(answer.data)


def press(client, path: str, button: str, **typed: str):
    """Fill in the form that has this button, as a browser does, and send it."""
    root = page(client, path)
    (form,) = [
        form
        for form in root.forms
        if any(found.text_content() == button for found in form.iter("button"))
    ]
    fields = {name: value or "" for name, value in form.form_values()}
    assert set(typed) <= set(form.fields), set(form.fields)
    return client.post(form.action, data=fields | typed, headers={"Sec-Fetch-Site": "same-origin"})


@pytest.mark.parametrize(
    "path",
    [
        "/staff",
        "/staff/outbox",
        "/staff/audit",
        "/staff/find?number=101",
        "/staff/cases/101",
        "/staff/cases/none",
        f"/staff/photos/{'a' * 32}.webp",
    ],
)
def test_who_is_not_signed_in_is_led_to_the_door_whatever_there_is(client, number, path):
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/sign-in")
    assert answer.headers["Cache-Control"] == "no-store"
    assert client.post(path, data={"do": "release", "reason": "x"}).status_code in (303, 405)


def test_the_door_says_nothing_of_what_is_wrong(client, enrol):
    enrol()
    for said in (
        {},
        {"name": "Ana"},
        {"name": "Bo", "password": PASSWORD, "code": "1"},
        {"name": "é", "password": "é" * 5_000},
    ):
        answer = client.post("/staff/sign-in", data=said)
        assert answer.status_code == 403
        assert "do not belong together" in answer.text
    assert PASSWORD not in answer.text


def test_the_cookie_is_of_this_folder_alone_and_no_script_reads_it(client, enrol, clock):
    made = enrol()
    said = {
        "name": "Ana",
        "password": PASSWORD,
        "code": one_time.compute_code(made.secret, NOON // 30),
    }
    cookie = client.post("/staff/sign-in", data=said).headers["Set-Cookie"]
    assert all(part in cookie for part in ("staff=", "Path=/staff", "HttpOnly", "SameSite=Strict"))


def test_a_form_of_another_site_does_nothing(signed_in, number, portal, city):
    client = signed_in()
    told = {"do": "release", "reason": "x"}
    assert (
        client.post(
            f"/staff/cases/{number}", data=told, headers={"Sec-Fetch-Site": "cross-site"}
        ).status_code
        == 403
    )
    assert (
        client.post("/staff/sign-out", headers={"Origin": "https://evil.example"}).status_code
        == 403
    )
    assert portal.cached(case_by_id, city.id, number) is None


def test_a_held_report_is_found_looked_at_and_released(signed_in, number, portal, city):
    client = signed_in()
    (link,) = page(client, "/staff").xpath(f"//a[@href='/staff/cases/{number}']")
    assert link.text_content() == "Pothole"
    path = f"/staff/cases/{number}"
    assert "Bo Miller" in page(client, path).text_content()
    assert press(client, path, "Release it", reason="a real one").headers["Location"] == path
    assert portal.cached(case_by_id, city.id, number).note == REPORT.note
    assert "a real one" in page(client, path).text_content()


def test_staff_open_any_case_by_the_number_that_its_resident_reads_out(signed_in, number):
    client, printed = signed_in(), format_tracking_number(number)
    for typed in (printed, printed.lower().replace("-", "‑"), f"Case {printed}", number):
        answer = client.get("/staff/find", query_string={"number": typed})
        assert (answer.status_code, answer.location) == (303, f"/staff/cases/{number}")
    mistyped = ("0" if number[0] != "0" else "1") + number[1:]
    offered = page(client, f"/staff/find?number={mistyped}").xpath("//main//li/a/@href")
    assert offered == [f"/staff/cases/{number}"]
    nothing = page(client, "/staff/find?number=404").text_content()
    assert "No case has this number." in nothing


def test_only_staff_see_why_a_report_is_held(signed_in, portal, city, number):
    client = signed_in()
    odd = replace(REPORT, idempotency_key="another form")
    signals = Signals(is_trap_filled=True, start_stamp=sign_start_time(portal.settings, NOON))
    mine = submit(portal, city, odd, (), signals, NOON)
    why = (
        "Held when it came: a field that no person sees was filled in;"
        " the form was filled in within a few seconds"
    )
    assert why in page(client, "/staff").text_content()
    path = f"/staff/cases/{mine.case_id}"
    assert why in page(client, path).text_content()
    own = client.get(f"/mine/{mine.token}").text
    assert "no person sees" not in own and "few seconds" not in own
    press(client, path, "Release it", reason="a real one")
    assert why not in page(client, path).text_content()
    assert "a field that no person sees was filled in" in page(client, path).text_content()
    assert "no person sees" not in client.get(f"/cases/{mine.case_id}").text


def test_who_held_a_case_last_says_why(signed_in, number):
    client, path = signed_in(), f"/staff/cases/{number}"
    press(client, path, "Release it", reason="a real one")
    press(client, path, "Hold it", reason="a name in the photo")
    assert "Held by staff: a name in the photo" in page(client, "/staff").text_content()


def test_words_are_hidden_by_the_form_and_what_is_wrong_is_said(signed_in, number, portal, city):
    client, path = signed_in(), f"/staff/cases/{number}"
    press(client, path, "Release it", reason="a real one")
    refused = client.post(
        path, data={"do": "hide words", "field": "note", "part": "not there", "reason": "x"}
    )
    assert refused.status_code == 400
    assert "do not stand in the text" in refused.text
    root = page(client, path)
    form = next(form for form in root.forms if form.fields.get("field") == "note")
    client.post(path, data={**dict(form.form_values()), "part": "Bo Miller", "reason": "a name"})
    assert portal.cached(case_by_id, city.id, number).note == "Deep; [hidden by the city] dug it"
    assert (
        "The public reads: Deep; [hidden by the city] dug it" in page(client, path).text_content()
    )


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"do": "everything"},
        {"do": "blur", "photo": "x", "left": "a"},
        {"do": "hide words", "field": "lat"},
        {"do": "hold"},
    ],
)
def test_what_cannot_be_done_is_said(signed_in, number, told):
    answer = signed_in().post(f"/staff/cases/{number}", data=told | {"reason": "x"})
    assert answer.status_code == 400
    assert "notice-warning" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/staff/cases/none",
        "/staff/cases/%00",
        f"/staff/photos/{'a' * 32}.webp",
        "/staff/photos/é.webp",
    ],
)
def test_what_there_is_not_is_not_found(signed_in, path):
    assert signed_in().get(path).status_code == 404


def test_what_is_on_its_way_is_shown_to_all_and_decided_by_managers(signed_in, number, portal):
    client = signed_in()
    root = page(client, "/staff/outbox")
    assert "a report" in root.text_content()
    assert [button.text_content() for button in root.iter("button")] == ["Sign out"]
    assert client.post("/staff/outbox", data={"do": "give up", "reason": "x"}).status_code == 403


def test_open_reports_that_no_rule_covers_are_shown_with_their_queue(signed_in, number, portal):
    client = signed_in()
    assert "No rule says whose" not in page(client, "/staff/outbox").text_content()
    with portal.transaction() as connection:
        connection.execute(text("update reports set is_unrouted = 1"))
    root = page(client, "/staff/outbox")
    (lost,) = root.xpath("//h2[contains(., 'No rule says whose')]/following-sibling::ul/li")
    assert lost.xpath(".//a/@href") == [f"/staff/cases/{number}"]
    with portal.transaction() as connection:
        connection.execute(text("update cases set is_open = 0"))
    assert "No rule says whose" not in page(client, "/staff/outbox").text_content()


def test_a_manager_sends_again_and_gives_up_with_a_reason(signed_in, number, portal):
    client = signed_in("manager")
    with portal.transaction() as connection:
        connection.execute(
            text("update outbox set state = 'refused', answer = '400: no such type'")
        )
    assert "400: no such type" in page(client, "/staff/outbox").text_content()
    assert (
        press(client, "/staff/outbox", "Send again now", reason="the type is there now").status_code
        == 303
    )
    assert press(client, "/staff/outbox", "Never send it", reason="").status_code == 400
    assert (
        press(client, "/staff/outbox", "Never send it", reason="told by telephone").status_code
        == 303
    )
    assert "Everything has arrived." in page(client, "/staff/outbox").text_content()
    with portal.core.connect() as connection:
        lines = connection.execute(
            text("select action, reason from audit_lines order by number")
        ).all()
    assert [tuple(line) for line in lines] == [
        ("outbox retry", "the type is there now"),
        ("outbox give up", "told by telephone"),
    ]


def wait_until_a_connection_waits(portal) -> None:
    waits = text(
        "select count(*) from pg_stat_activity"
        " where wait_event_type = 'Lock' and datname = current_database()"
    )

    def is_waited() -> bool:
        with portal.core.connect() as connection:  # within a transaction every look sees the same
            return bool(connection.execute(waits).scalar_one())

    wait_until(is_waited)


def test_emails_that_could_not_be_sent_are_shown_with_why(signed_in, portal, city, number):
    client = signed_in()
    assert "could not be sent" not in page(client, "/staff/outbox").text_content()
    with portal.transaction() as connection:
        key = select(Case.id).where(Case.case_id == number)
        values = {"jurisdiction_id": city.id, "case_key": connection.execute(key).scalar_one()}
        values |= {"kind": "received", "rev": 0, "receiver": "", "state": "failed"}
        values |= {"created_at": NOON, "not_before": NOON, "attempts": 80, "finished_at": NOON}
        connection.execute(insert(Alert).values(**values, answer="550: ana@example.org unknown"))
    shown = page(client, "/staff/outbox").text_content()
    assert "E-mails that could not be sent" in shown
    assert "80 tries since" in shown
    assert "550: " in shown
    assert "ana@" not in shown


@pytest.mark.parametrize("database", ["postgresql"])
def test_a_manager_and_the_sender_who_decide_about_one_message_do_not_wait_for_each_other_for_ever(
    signed_in, number, portal, city
):
    client = signed_in("manager")
    answers: list[int] = []
    with portal.transaction() as connection:
        connection.execute(text("update outbox set system = 'desk'"))
    with portal.transaction() as connection:
        message = sending.claim_message(connection, city.id, "desk", "me", NOON)
        assert message
        said = {"do": "retry", "reason": "it waits", "message": message.id}
        told = {"data": said, "headers": {"Sec-Fetch-Site": "same-origin"}}
        manager = threading.Thread(
            target=lambda: answers.append(client.post("/staff/outbox", **told).status_code)
        )
        manager.start()
        wait_until_a_connection_waits(portal)
        assert sending.settle_message(connection, city, message, Taken("26-1"), NOON, 0.0)
        sending.mark_arrived(connection, city, message, Taken("26-1"), NOON)
    manager.join()
    assert answers == [400]  # it has arrived meanwhile
    with portal.core.connect() as connection:
        assert connection.execute(text("select sent_at from reports")).scalar_one() == NOON


def test_all_that_was_done_is_on_one_page_also_what_belongs_to_no_case(
    signed_in, number, portal, city
):
    client = signed_in()
    assert "Nothing was done yet." in page(client, "/staff/audit").text_content()
    with portal.transaction() as connection:
        act = Act("root on the command line", "may sign in as manager", NOON)
        audit.add_line(connection, city.id, act, "staff add", Subject(target="Bo"))
    press(client, f"/staff/cases/{number}", "Release it", reason="a real one")
    released, made = page(client, "/staff/audit").xpath("//ol[@class='staff-audit']/li")
    assert released.xpath(".//a/@href") == [f"/staff/cases/{number}"]
    assert "Ana · released" in released.text_content() and released.text_content().endswith(
        "a real one"
    )
    assert not made.xpath(".//a")
    assert (
        "root on the command line · made an account, or gave it a new password (Bo)"
        in made.text_content()
    )
    assert page(client, "/staff").xpath("//div[@class='staff-ways']//a[@href='/staff/audit']")


def test_the_audit_goes_on_page_by_page_to_its_first_line(signed_in, number, portal, city):
    client = signed_in()
    with portal.transaction() as connection:
        for line in range(1, 102):
            act = Act("Ana", f"reason {line}", NOON)
            audit.add_line(connection, city.id, act, "hold", Subject())
    seen, path = [], "/staff/audit"
    while path:
        root = page(client, path)
        seen.append(
            [
                item.text_content().rpartition("reason ")[2]
                for item in root.xpath("//ol[@class='staff-audit']/li")
            ]
        )
        path = next(iter(root.xpath("//nav[@class='paging']/a[contains(., 'older')]/@href")), "")
    assert [(len(lines), lines[0], lines[-1]) for lines in seen] == [
        (50, "101", "52"),
        (50, "51", "2"),
        (1, "1", "1"),
    ]


@pytest.mark.parametrize("before", ["", "x", "-1", "²", "9" * 40, "0"])
def test_a_page_of_the_audit_that_there_is_not_is_the_newest_or_empty(signed_in, number, before):
    assert signed_in().get("/staff/audit", query_string={"before": before}).status_code == 200


def test_the_audit_of_another_city_is_not_shown(signed_in, number, portal):
    client = signed_in()
    with portal.transaction() as connection:
        act = Act("Bo", "of another city", NOON)
        audit.add_line(connection, "elsewhere", act, "hold", Subject())
    assert "of another city" not in page(client, "/staff/audit").text_content()


def test_signing_out_ends_the_session_itself(signed_in, number):
    client = signed_in()
    token = client.get_cookie("staff", path="/staff").value
    assert press(client, "/staff", "Sign out").headers["Location"] == "/staff/sign-in"
    client.set_cookie("staff", token, path="/staff")
    assert client.get("/staff").status_code == 303


def test_a_session_lives_as_long_as_it_is_used(signed_in, number, clock):
    client = signed_in()
    for _ in range(3):
        clock.now += accounts.IDLE_SECONDS - 10
        assert client.get("/staff").status_code == 200
    clock.now += accounts.IDLE_SECONDS + 1
    assert client.get("/staff").status_code == 303


def test_staff_of_one_city_have_no_account_in_another(signed_in, portal, city):
    client = signed_in()
    token = client.get_cookie("staff", path="/staff").value
    with portal.core.connect() as connection:
        assert accounts.find_session_owner(connection, city.id, token, NOON) is not None
        assert accounts.find_session_owner(connection, "elsewhere", token, NOON) is None


def test_the_pages_are_in_spanish_too(signed_in, number):
    root = page(signed_in(), "/staff?lang=es")
    assert root.get("lang") == "es"
    assert "Retenidos" in root.text_content()


def test_a_private_report_stays_so_when_it_is_released(signed_in, portal, city, number):
    client = signed_in()
    mine = submit(
        portal,
        city,
        replace(REPORT, is_public=False, idempotency_key="another form"),
        (),
        DOUBTFUL,
        NOON,
    ).case_id
    press(client, f"/staff/cases/{mine}", "Release it", reason="a real one")
    assert portal.cached(case_by_id, city.id, mine) is None
