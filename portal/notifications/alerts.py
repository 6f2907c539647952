"""E-mails that are due, called alerts.

An alert says which case it is about, and what happened. It is queued in the transaction in which
that happens, and the worker sends it once:

    queue_alerts(connection, city.id, {case_key: "closed"}, rev, now)
    alert = claim_alert(connection, city.id, now)  # later, by the mailer
    record_result(connection, city.id, alert, SENT, None, now)

Its text is written when it goes out (`portal.notifications.emails`). If the mail server does not
answer, we try again for three days, with the same Message-ID, by which mail programs recognize a
repeat.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Select, delete, select, text, update

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
"""How long we try to send an e-mail. The report's page says the same as the e-mail."""
LONGEST_ANSWER = 1_000
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
    """An e-mail that is due. The worker that has claimed it has the token `lease`.

    Times are epoch seconds. `rev` is the data version of what happened. `receiver` is "" for the
    resident who reported the case, else a follower (portal.notifications.following).
    """

    case_key: int
    kind: Kind
    rev: int
    created_at: int = 0
    attempts: int = 0
    receiver: str = ""
    lease: str = ""


@dataclass(frozen=True)
class AlertCase:
    """The case that an e-mail is about, as its receiver may know it. `closed_at` is in epoch s.

    `key` opens what is the receiver's alone: for a resident the key of the form, from which the
    private link is made, for a follower the token of their link.
    """

    case_id: str
    service_name: str
    status: str
    closed_at: int | None
    closure_reason: str | None
    visibility: str
    key: str
    language: str


def can_send(settings: Settings, city: Jurisdiction) -> bool:
    """Whether we can send e-mails: there is a mail server, or a demo's folder in its place."""
    return bool(settings.smtp_url) or city.is_demonstration


def queue_alerts(
    connection: Connection, city_id: str, events: Mapping[int, Kind], rev: int, now: int
) -> None:
    """Queue e-mails about these cases, by key, to their residents and followers.

    Only to those who want e-mails, and once for each batch and receiver. "received" goes only to
    the resident.
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
    bulk.execute_many(connection, _QUEUE, rows)


def queue_confirmation(
    connection: Connection, city_id: str, case: int, receiver: str, now: int
) -> None:
    """Queue the e-mail that asks a follower to confirm their address."""
    row = (city_id, case, "confirm", now, receiver, PENDING, now, now, 0)
    bulk.execute_many(connection, _QUEUE, [row])


def is_due(connection: Connection, city_id: str, now: int) -> bool:
    """Whether `claim_alert` would find something. Called often, so it takes no write lock."""
    return connection.execute(text(_DUE), {"city": city_id, "now": now}).first() is not None


def claim_alert(connection: Connection, city_id: str, now: int) -> Alert | None:
    """Claim the next alert that is due for LEASE_SECONDS; None if there is none."""
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


def case_for_resident(connection: Connection, city_id: str, alert: Alert) -> AlertCase | None:
    """The case of an alert, for the resident who reported it. Source: the store.

    None if the case is gone, its report was retracted, or the resident wants no e-mails any more.
    """
    row = connection.execute(_resident_query(city_id, alert.case_key)).first()
    return None if row is None else AlertCase(*row[:-1], language=supported_language(row.language))


def is_outdated(alert: Alert, case: AlertCase) -> bool:
    """Whether the case has changed again since: then there is a newer alert."""
    if alert.kind not in ("closed", "reopened"):
        return False
    return (alert.kind == "closed") != (case.status == "closed")


def record_result(
    connection: Connection, city_id: str, alert: Alert, state: str, answer: str | None, now: int
) -> None:
    """Record what became of a claimed alert.

    `state` is SENT, FAILED or OUTDATED for good, or PENDING to try again after a pause. `answer` is
    what the mail server said.
    """
    attempts = alert.attempts + 1
    if state == PENDING and now - alert.created_at > TRIED_SECONDS:
        state = FAILED
    values: dict[str, Any] = {
        "state": state,
        "attempts": attempts,
        "answer": answer and answer[:LONGEST_ANSWER],
        "lease_token": None,
        "lease_expires_at": None,
    }
    if state == PENDING:
        values["not_before"] = now + pause_after(attempts, None, 0.0)
    else:
        values["finished_at"] = now
    connection.execute(
        update(AlertRow)
        .where(*_key(city_id, alert), AlertRow.lease_token == alert.lease)
        .values(**values)
    )


def forget_old_alerts(connection: Connection, city_id: str, before: int) -> None:
    """Delete the alerts that were finished before a moment (epoch s)."""
    connection.execute(
        delete(AlertRow).where(AlertRow.jurisdiction_id == city_id, AlertRow.finished_at < before)
    )


def _resident_query(city_id: str, case_key: int) -> Select:
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
        ReportRow.idempotency_key,
        Contact.language,
    )
    query = select(*columns).select_from(Case)
    query = query.join(ReportRow, of_report).join(Contact, of_contact).join(Service, of_service)
    return query.where(
        Case.jurisdiction_id == city_id,
        Case.id == case_key,
        ReportRow.withdrawn_at.is_(None),
    )


def _key(city_id: str, alert: Alert) -> tuple:
    return (
        AlertRow.jurisdiction_id == city_id,
        AlertRow.case_key == alert.case_key,
        AlertRow.kind == alert.kind,
        AlertRow.rev == alert.rev,
        AlertRow.receiver == alert.receiver,
    )


_QUEUE = (
    f"insert into alerts ({', '.join(COLUMNS)}) values ({', '.join('?' * len(COLUMNS))})"
    " on conflict do nothing"
)
_CONTACTS = "select case_key from contacts where jurisdiction_id = :city and case_key in {values}"
_FOLLOWERS = (
    "select case_key, token_hash from followers"
    " where jurisdiction_id = :city and confirmed_at is not null and case_key in {values}"
)
_DUE = """
select case_key, kind, rev, created_at, attempts, receiver from alerts
where jurisdiction_id = :city and state = 'pending' and not_before <= :now
    and (lease_expires_at is null or lease_expires_at <= :now)
order by not_before, created_at, case_key limit 1
"""
