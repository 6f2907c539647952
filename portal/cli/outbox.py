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
from portal.queries.staff.failed_emails import FailedEmail, failed_emails
from portal.queries.staff.queues import QueueState, is_anything_stuck, queue_states
from portal.services.report import outbox as messages
from portal.services.report.confirming import confirm_arrival
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

    E-mails to residents that could not be sent are shown too.

    Exit status 1 if a person must decide about a message.
    """
    with open_portal(city) as portal, portal.core.connect() as connection:
        waiting = messages.undelivered_messages(connection, city)
        states = messages.system_states(connection, city)
        unrouted = unrouted_reports(connection, city)
        counts = messages.messages_by_state(connection, city)
        emails = failed_emails(connection, city)
    lines = [_describe_counts(counts)]
    lines += [_describe_state(state) for state in states if state.is_stopped or state.failures]
    lines += [_describe_message(message) for message in waiting]
    lines += [_describe_email(email) for email in emails]
    lines += [_describe_unrouted(report) for report in unrouted]
    click.echo("\n".join(lines))
    raise SystemExit(int(any(message.needs_staff for message in waiting)))


@outbox.command("queues")
@click.argument("city")
def queues(city: str) -> None:
    """Say what waits in CITY: messages, e-mails and photos, and how its sync is.

    The figures are those of /staff/outbox. Exit status 1 if any of it is stuck.
    """
    with open_portal(city) as portal, portal.core.connect() as connection:
        found = queue_states(connection, city, int(time.time()))
    click.echo("\n".join(map(_describe_queue, found)))
    raise SystemExit(int(is_anything_stuck(found)))


@outbox.command("retry")
@click.argument("city")
@click.argument("message")
def retry(city: str, message: str) -> None:
    """Send MESSAGE of CITY again now; if it was refused or stuck, look in the system first."""
    with _on_record(city, "outbox retry", message, "sent again") as connection:
        messages.retry_message(connection, city, message, int(time.time()))


@outbox.command("arrived")
@click.argument("city")
@click.argument("message")
@click.option("--number", default="", help="The city's number for it, if it has its own.")
def arrived(city: str, message: str, number: str) -> None:
    """Note that MESSAGE of CITY is in the city's system, found there by hand."""
    with open_portal(city) as portal, portal.transaction() as connection:
        now = int(time.time())
        confirm_arrival(connection, portal.cities[city], message, number, now)
        log_action(connection, city, "outbox arrived", message, number or "without a number")


@outbox.command("give-up")
@click.argument("city")
@click.argument("message")
@click.option("--reason", required=True, help="Why, for colleagues who look at it later.")
def give_up(city: str, message: str, reason: str) -> None:
    """Never send MESSAGE of CITY."""
    with _on_record(city, "outbox give up", message, reason) as connection:
        messages.give_up_message(connection, city, message, reason, int(time.time()))


@outbox.command("resume")
@click.argument("city")
@click.argument("system")
def resume(city: str, system: str) -> None:
    """Try SYSTEM of CITY again now, after its key was put right."""
    with _on_record(city, "outbox resume", system, "its key was put right") as connection:
        messages.resume_system(connection, city, system, int(time.time()))


@contextmanager
def _on_record(city: str, action: str, target: str, reason: str) -> Iterator[Connection]:
    """A transaction in a city's store, with a line in its audit about what is done in it."""
    with open_portal(city) as portal, portal.transaction() as connection:
        yield connection
        log_action(connection, city, action, target, reason)


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


def _describe_email(email: FailedEmail) -> str:
    state = "failed" if email.is_given_up else "still tried"
    return (
        f"e-mail “{email.kind}” about case {email.case_id}: {state}, {email.attempts} tries since"
        f" {_format_time(email.created_at)}: {email.answer or '—'}"
    )


def _describe_queue(queue: QueueState) -> str:
    name = f"sync of {queue.name}" if queue.kind == "sync" else queue.kind
    since = "last read" if queue.kind == "sync" else "oldest since"
    moment = "never" if queue.oldest_at is None else _format_time(queue.oldest_at)
    parts = [f"{queue.waiting:,} waiting", f"{queue.failed:,} failed"]
    if queue.kind == "sync" or queue.oldest_at is not None:
        parts.append(f"{since} {moment}")
    return f"{name}: {', '.join(parts)}{' — stuck' if queue.is_stuck else ''}"


def _describe_unrouted(report: Unrouted) -> str:
    return (
        f"case {report.case_id}, {report.service_name}: no rule covers it; it is in"
        f" {report.department}, queue {report.queue}"
    )


def _format_time(epoch: int) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
