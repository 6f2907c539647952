"""`python -m portal outbox …`: what waits for the work-order systems, and what staff decide."""

from __future__ import annotations

import os
import pwd
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import click
from sqlalchemy import Connection

from portal import jurisdictions
from portal.context import Portal
from portal.domain.dispatch import Message, SystemState
from portal.queries.report.unrouted import Unrouted, unrouted_reports
from portal.services.report import outbox as messages
from portal.services.staff import audit
from portal.settings import settings_from_environment
from portal.store import data_version


@click.group()
def outbox() -> None:
    """Messages for the city's work-order systems."""


@outbox.command("show")
@click.argument("city")
def show(city: str) -> None:
    """Show what waits in CITY and why, how its systems are doing, and open reports without a rule.

    Exit status 1 if a person must decide about a message.
    """
    with open_portal(city) as portal, portal.core.connect() as connection:
        waiting = messages.undelivered_messages(connection, city)
        states = messages.system_states(connection, city)
        unrouted = unrouted_reports(connection, city)
        counts = messages.messages_by_state(connection, city)
    click.echo(_describe_counts(counts))
    for state in states:
        if state.is_stopped or state.failures:
            click.echo(_describe_state(state))
    for message in waiting:
        click.echo(_describe_message(message))
    for report in unrouted:
        click.echo(_describe_unrouted(report))
    raise SystemExit(int(any(message.needs_staff for message in waiting)))


@outbox.command("retry")
@click.argument("city")
@click.argument("message")
def retry(city: str, message: str) -> None:
    """Send MESSAGE of CITY again now; if it was refused or stuck, look in the system first."""
    with open_portal(city) as portal, portal.transaction() as connection:
        messages.retry_message(connection, city, message, int(time.time()))
        log_action(connection, city, "outbox retry", message, "sent again")


@outbox.command("give-up")
@click.argument("city")
@click.argument("message")
@click.option("--reason", required=True, help="Why, for whoever looks at it later.")
def give_up(city: str, message: str, reason: str) -> None:
    """Never send MESSAGE of CITY."""
    with open_portal(city) as portal, portal.transaction() as connection:
        messages.give_up_message(connection, city, message, reason, int(time.time()))
        log_action(connection, city, "outbox give up", message, reason)


@outbox.command("resume")
@click.argument("city")
@click.argument("system")
def resume(city: str, system: str) -> None:
    """Try SYSTEM of CITY again now, after its key was put right."""
    with open_portal(city) as portal, portal.transaction() as connection:
        messages.resume_system(connection, city, system, int(time.time()))
        log_action(connection, city, "outbox resume", system, "its key was put right")


def log_action(connection: Connection, city_id: str, action: str, target: str, reason: str) -> None:
    """Write to the city's audit what was done on the command line, and by which user."""
    now = int(time.time())
    data_version.lock(connection, city_id, now)
    act = audit.Act(f"{machine_user(os.getuid())} on the command line", reason, now)
    audit.add_line(connection, city_id, act, action, audit.Subject(target=target))


def machine_user(number: int) -> str:
    """The name of a user of this machine; the number of one without a name, as in containers."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


@contextmanager
def open_portal(city: str) -> Iterator[Portal]:
    """The portal of one city, for a command."""
    portal = Portal(settings_from_environment(), {city: jurisdictions.load(city)})
    try:
        yield portal
    finally:
        portal.close()


def _describe_counts(counts: dict[str, int]) -> str:
    parts = (f"{state} {count:,}" for state, count in sorted(counts.items()))
    return " · ".join(parts) or "nothing yet"


def _describe_state(state: SystemState) -> str:
    until = _format_time(state.rests_until)
    until = "until it is resumed" if state.is_stopped else f"until {until}"
    return f"{state.name}: {state.failures} failures, left alone {until}: {state.reason}"


def _describe_message(message: Message) -> str:
    system = message.system or "no system"
    tries = f"{message.attempts} tries since {_format_time(message.created_at)}"
    following = f"next try {_format_time(message.not_before)}"
    following = "needs somebody" if message.needs_staff else following
    return (
        f"{message.id}  case {message.case_id} → {system}: {message.state}, {tries}, {following}:"
        f" {message.answer or '—'}"
    )


def _describe_unrouted(report: Unrouted) -> str:
    return (
        f"case {report.case_id}, {report.service_name}: no rule covers it; it is in"
        f" {report.department}, queue {report.queue}"
    )


def _format_time(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
