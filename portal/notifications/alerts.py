"""Letters that residents are owed: written down in the transaction of what they tell, handed over by the worker, once each.

An alert says of which case, and what has happened; its words are made when it goes out (`portal.notifications.letters`). A mail server
that does not answer is tried again for three days, under the same Message-ID, by which mail programs know a repeat.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, delete, select, text, update

from portal.domain.dispatch import pause_after
from portal.domain.jurisdiction import Jurisdiction
from portal.settings import Settings
from portal.store import bulk
from portal.store.follower_models import Alert as AlertRow
from portal.store.models import Case, Service
from portal.store.report_models import Contact, ReportRow
from portal.translations import supported_language

Kind = Literal["received", "closed", "reopened", "confirm"]
PENDING, SENT, FAILED, OUTDATED = "pending", "sent", "failed", "outdated"
LEASE_SECONDS = 120
TRIED_SECONDS = 72 * 3_600
"""How long a letter is tried; who could not be told by then finds it on the report's page."""
COLUMNS = (
    "jurisdiction_id",
    "case_key",
    "kind",
    "rev",
    "receiver",
    "state",
    "created_at",
    "not_before",
    "attempts",
)


@dataclass(frozen=True)
class Alert:
    """A letter that is owed, held by `lease`; times are epoch seconds. `rev` is the batch of what it tells.

    `receiver` is "" for the resident who reported, else a follower's (portal.notifications.following).
    """

    case_key: int
    kind: Kind
    rev: int
    created_at: int = 0
    attempts: int = 0
    receiver: str = ""
    lease: str = ""


@dataclass(frozen=True)
class Told:
    """The case a letter is about, as its receiver may know it. `key` is the form's, from which the private link is made."""

    case_id: str
    service_name: str
    status: str
    closed_at: int | None
    closure_reason: str | None
    visibility: str
    key: str
    language: str


def can_write(settings: Settings, city: Jurisdiction) -> bool:
    """Whether letters to residents leave us at all; a demonstration without a mail server keeps them in a folder."""
    return bool(settings.smtp_url) or city.is_demonstration


def owe(
    connection: Connection, city_id: str, events: Mapping[int, Kind], rev: int, now: int
) -> None:
    """Write down that the residents of these cases, by key, are to be told, and who follows them; those that want to be.

    Once for each batch and receiver. That a report is in is told to nobody but its resident.
    """
    wanted = [
        (case, "") for (case,) in bulk.select_in(connection, _CONTACTS, list(events), city=city_id)
    ]
    followed = [case for case, kind in events.items() if kind != "received"]
    wanted += [
        (case, receiver)
        for case, receiver in bulk.select_in(connection, _FOLLOWERS, followed, city=city_id)
    ]
    rows = [
        (city_id, case, events[case], rev, receiver, PENDING, now, now, 0)
        for case, receiver in wanted
    ]
    bulk.execute_many(connection, _OWE, rows)


def owe_confirmation(
    connection: Connection, city_id: str, case: int, receiver: str, now: int
) -> None:
    """Write down that a follower is to be asked whether it was they who asked."""
    bulk.execute_many(
        connection, _OWE, [(city_id, case, "confirm", now, receiver, PENDING, now, now, 0)]
    )


def is_due(connection: Connection, city_id: str, now: int) -> bool:
    """Whether `claim` would find something; asked often, and without the lock of a writer."""
    return connection.execute(text(_DUE), {"city": city_id, "now": now}).first() is not None


def claim(connection: Connection, city_id: str, now: int) -> Alert | None:
    """The next letter that is owed, for one who hands it over; None where none is due."""
    only_free = "" if bulk.is_sqlite(connection) else " for update skip locked"
    row = connection.execute(text(_DUE + only_free), {"city": city_id, "now": now}).first()
    if row is None:
        return None
    alert = Alert(*row, lease=secrets.token_hex(8))
    connection.execute(
        update(AlertRow)
        .where(*_key(city_id, alert))
        .values(lease_token=alert.lease, lease_expires_at=now + LEASE_SECONDS)
    )
    return alert


def told_of(connection: Connection, city_id: str, alert: Alert) -> Told | None:
    """What the letter tells; None where its case is gone, was taken back, or nobody wants to be told any more. Source: the store."""
    of_report = (ReportRow.jurisdiction_id == Case.jurisdiction_id) & (
        ReportRow.case_key == Case.id
    )
    of_contact = (Contact.jurisdiction_id == Case.jurisdiction_id) & (Contact.case_key == Case.id)
    of_service = (Service.jurisdiction_id == Case.jurisdiction_id) & (
        Service.service_id == Case.service_id
    )
    columns = (
        Case.case_id,
        Service.name,
        Case.status,
        Case.closed_at,
        Case.closure_reason,
        Case.visibility,
    )
    query = select(*columns, ReportRow.idempotency_key, Contact.language).select_from(Case)
    query = query.join(ReportRow, of_report).join(Contact, of_contact).join(Service, of_service)
    of_alert = (
        Case.jurisdiction_id == city_id,
        Case.id == alert.case_key,
        ReportRow.withdrawn_at.is_(None),
    )
    row = connection.execute(query.where(*of_alert)).first()
    return None if row is None else Told(*row[:-1], language=supported_language(row.language))


def is_outdated(alert: Alert, told: Told) -> bool:
    """Whether the case has moved on since: the letter of what came after is on its way."""
    return alert.kind in ("closed", "reopened") and (alert.kind == "closed") != (
        told.status == "closed"
    )


def settle(
    connection: Connection, city_id: str, alert: Alert, state: str, answer: str | None, now: int
) -> None:
    """Write down that a claimed letter was handed over (`sent`), never will be (`failed`, `outdated`), or has to wait (`pending`)."""
    tries = alert.attempts + 1
    if state == PENDING and now - alert.created_at > TRIED_SECONDS:
        state = FAILED
    values = {
        "state": state,
        "attempts": tries,
        "answer": answer and answer[:1_000],
        "lease_token": None,
        "lease_expires_at": None,
    }
    values |= (
        {"not_before": now + pause_after(tries, None, 0.0)}
        if state == PENDING
        else {"finished_at": now}
    )
    connection.execute(
        update(AlertRow)
        .where(*_key(city_id, alert), AlertRow.lease_token == alert.lease)
        .values(**values)
    )


def forget_old(connection: Connection, city_id: str, before: int) -> None:
    """Delete what came to its end before a moment (epoch s)."""
    connection.execute(
        delete(AlertRow).where(AlertRow.jurisdiction_id == city_id, AlertRow.finished_at < before)
    )


def _key(city_id: str, alert: Alert) -> tuple:
    of_case = AlertRow.jurisdiction_id == city_id, AlertRow.case_key == alert.case_key
    return (
        *of_case,
        AlertRow.kind == alert.kind,
        AlertRow.rev == alert.rev,
        AlertRow.receiver == alert.receiver,
    )


_OWE = f"insert into alerts ({', '.join(COLUMNS)}) values ({', '.join('?' * len(COLUMNS))}) on conflict do nothing"
_CONTACTS = "select case_key from contacts where jurisdiction_id = :city and case_key in {values}"
_FOLLOWERS = "select case_key, token_hash from followers where jurisdiction_id = :city and confirmed_at is not null and case_key in {values}"
_DUE = """
select case_key, kind, rev, created_at, attempts, receiver from alerts
where jurisdiction_id = :city and state = 'pending' and not_before <= :now and (lease_expires_at is null or lease_expires_at <= :now)
order by not_before, created_at, case_key limit 1
"""
