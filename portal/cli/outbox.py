"""`python -m portal outbox …`: what waits for the city's work-order systems, and what a person decides about it."""

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
from portal.domain.dispatch import Message
from portal.queries.report.unrouted import unrouted
from portal.services.report import outbox as messages
from portal.services.staff import audit
from portal.settings import settings_from_environment
from portal.store import data_version


@click.group()
def outbox() -> None:
    """What is to be told to the city's work-order systems."""


@outbox.command("show")
@click.argument("city")
def show(city: str) -> None:
    """How many messages there are, what waits in CITY and why, how its systems fare, and which open reports no rule covers.

    Exit status 1 when somebody must decide.
    """
    with portal_of(city) as portal, portal.core.connect() as connection:
        found, states, lost = (
            messages.undelivered_messages(connection, city),
            messages.system_states(connection, city),
            unrouted(connection, city),
        )
        click.echo(
            " · ".join(
                f"{state} {count:,}"
                for state, count in sorted(messages.messages_by_state(connection, city).items())
            )
            or "nothing yet"
        )
    for state in states:
        if state.is_stopped or state.failures:
            until = (
                "until it is resumed" if state.is_stopped else f"until {_time(state.rests_until)}"
            )
            click.echo(
                f"{state.name}: {state.failures} failures, left alone {until}: {state.reason}"
            )
    for message in found:
        click.echo(_line(message))
    for report in lost:
        click.echo(
            f"case {report.case_id}, {report.service_name}: no rule covers it; it is in {report.department}, queue {report.queue}"
        )
    raise SystemExit(int(any(message.needs_staff for message in found)))


@outbox.command("retry")
@click.argument("city")
@click.argument("message")
def retry(city: str, message: str) -> None:
    """Send MESSAGE of CITY again now; for one that was refused or stuck, look in the system first."""
    with portal_of(city) as portal, portal.transaction() as connection:
        messages.retry_message(connection, city, message, int(time.time()))
        noted(connection, city, "outbox retry", message, "sent again")


@outbox.command("give-up")
@click.argument("city")
@click.argument("message")
@click.option("--reason", required=True, help="Why, for whoever looks at it later.")
def give_up(city: str, message: str, reason: str) -> None:
    """Never send MESSAGE of CITY."""
    with portal_of(city) as portal, portal.transaction() as connection:
        messages.give_up_message(connection, city, message, reason, int(time.time()))
        noted(connection, city, "outbox give up", message, reason)


@outbox.command("resume")
@click.argument("city")
@click.argument("system")
def resume(city: str, system: str) -> None:
    """Let SYSTEM of CITY be tried again now, after its key was put right."""
    with portal_of(city) as portal, portal.transaction() as connection:
        messages.resume_system(connection, city, system, int(time.time()))
        noted(connection, city, "outbox resume", system, "its key was put right")


def noted(connection: Connection, city_id: str, action: str, target: str, reason: str) -> None:
    """Write down in the city's audit what was done on the command line, and by which user of the machine."""
    now = int(time.time())
    data_version.lock(connection, city_id, now)
    act = audit.Act(f"{user_of_machine(os.getuid())} on the command line", reason, now)
    audit.add_line(connection, city_id, act, action, audit.Subject(target=target))


def user_of_machine(number: int) -> str:
    """The name of a user of this machine; the number of one without a name, as containers run programs."""
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


@contextmanager
def portal_of(city: str) -> Iterator[Portal]:
    """The portal of one city, for a command."""
    portal = Portal(settings_from_environment(), {city: jurisdictions.load(city)})
    try:
        yield portal
    finally:
        portal.close()


def _line(message: Message) -> str:
    goes = "needs somebody" if message.needs_staff else f"next try {_time(message.not_before)}"
    tries = f"{message.attempts} tries since {_time(message.created_at)}"
    where = message.system or "no system"
    return f"{message.id}  case {message.case_id} → {where}: {message.state}, {tries}, {goes}: {message.answer or '—'}"


def _time(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
