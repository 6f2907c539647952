"""`python -m portal outbox`: what it shows, and what a person decides with it."""

from __future__ import annotations

import os
import pwd

import pytest
from click.testing import CliRunner
from sqlalchemy import text, update

from portal.cli.outbox import machine_user, outbox
from portal.cli.staff import staff
from portal.context import Portal
from portal.settings import Settings
from portal.store.report_models import OutboxMessage
from tests.support.queries import rows_of
from tests.support.stores import copy_store


@pytest.fixture
def run(tmp_path):
    portal = Portal(Settings(data_dir=tmp_path))
    copy_store(tmp_path)
    with portal.transaction() as connection:
        for statement in (_CASE, _MESSAGE):
            connection.execute(text(statement))
    yield (
        lambda *words: CliRunner().invoke(
            outbox, list(words), env={"PORTAL_DATA_DIR": str(tmp_path)}
        ),
        portal,
    )
    portal.close()


def test_what_waits_is_shown_with_its_reason_and_asks_for_somebody(run):
    call, portal = run
    assert call("show", "demo").output.splitlines() == [
        "pending 1",
        "m1  case K7 → desk: pending, 2 tries since 2026-11-23 12:00:00 UTC,"
        " next try 2026-11-23 12:01:00 UTC: 500: oh",
    ]
    assert call("show", "demo").exit_code == 0
    with portal.transaction() as connection:
        connection.execute(update(OutboxMessage).values(state="stuck"))
    answer = call("show", "demo")
    assert answer.exit_code == 1
    assert "needs somebody: 500: oh" in answer.output


def test_a_person_sends_again_gives_up_and_resumes(run):
    call, portal = run
    assert call("retry", "demo", "m1").exit_code == 0
    assert call("give-up", "demo", "m1", "--reason", "Phoned the yard").exit_code == 0
    assert call("show", "demo").output == "given_up 1\n"
    assert "system named desk" in str(call("resume", "demo", "desk").exception)
    assert audit_of(portal) == [
        ("outbox retry", "m1", "sent again"),
        ("outbox give up", "m1", "Phoned the yard"),
    ]


def test_a_person_who_found_it_in_the_city_s_system_says_so_with_its_number(run):
    call, portal = run
    with portal.transaction() as connection:
        connection.execute(update(OutboxMessage).values(state="stuck"))
    assert "cannot be the city" in str(call("arrived", "demo", "m1", "--number", "5,6").exception)
    assert call("arrived", "demo", "m1", "--number", "26-5").exit_code == 0
    assert call("show", "demo").output == "sent 1\n"
    assert audit_of(portal) == [("outbox arrived", "m1", "26-5")]


def test_who_may_sign_in_is_in_the_audit_with_who_said_so(run):
    """Accounts came and went without a line."""
    _, portal = run
    environment = {"PORTAL_DATA_DIR": str(portal.settings.data_dir)}

    def call(*words: str):
        return CliRunner().invoke(staff, list(words), env=environment, input="a sentence is long\n")

    assert call("add", "demo", "Ana", "--role", "manager", "--password-stdin").exit_code == 0
    assert call("list", "demo").output == "Ana\tmanager\n"
    assert call("remove", "demo", "Ana").exit_code == 0
    assert call("remove", "demo", "Ana").exit_code == 1
    assert audit_of(portal) == [
        ("staff add", "Ana", "may sign in as manager"),
        ("staff remove", "Ana", "may not sign in any more"),
    ]
    with portal.core.connect() as connection:
        [who] = set(connection.execute(text("select who from audit_lines")).scalars())
    assert who == f"{pwd.getpwuid(os.getuid()).pw_name} on the command line"


def audit_of(portal) -> list[tuple]:
    return rows_of(portal.core, "select action, target, reason from audit_lines order by number")


def test_emails_that_could_not_be_sent_are_shown_and_ask_for_no_decision(run):
    call, portal = run
    with portal.transaction() as connection:
        connection.execute(text("delete from outbox"))
        connection.execute(text(_EMAIL))
    shown = call("show", "demo")
    assert shown.output.splitlines() == [
        "nothing yet",
        "e-mail “received” about case K7: failed, 80 tries since 2026-11-23 12:00:00 UTC: 550: no",
    ]
    assert shown.exit_code == 0


_EMAIL = """
insert into alerts (jurisdiction_id, case_key, kind, rev, receiver, state, created_at, not_before,
    attempts, answer, finished_at)
values ('demo', 1, 'received', 0, '', 'failed', 1795435200, 1795435200, 80, '550: no', 1795694400)
"""
_CASE = """
insert into cases (jurisdiction_id, id, case_id, source, source_id, visibility, rev, first_seen_at,
    source_updated_at, content_hash, status, is_open, opened_at, updated_at,
    opened_month, contradictions, service_id, place_precision)
values ('demo', 1, 'K7', 'portal', 'K7', 'public', 1, 0, 0, '', 'open', 1, 0, 0, 0, 0, 1, 'exact')
"""
_MESSAGE = """
insert into outbox (jurisdiction_id, id, case_key, kind, payload, system, state, created_at,
    not_before, attempts, answer)
values ('demo', 'm1', 1, 'open_case', '{}', 'desk', 'pending', 1795435200, 1795435260, 2, '500: oh')
"""


def test_a_user_without_a_name_as_in_a_container_is_written_down_by_number():
    assert machine_user(4_000_000_001) == "user 4000000001"
