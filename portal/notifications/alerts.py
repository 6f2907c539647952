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
from portal.store.models import SERVICE_OF_CASE, Case, CaseNote, Service
from portal.store.report_models import Contact, ReportRow
from portal.translations import supported_language

Kind = Literal[
    "received",
    "message",
    "closed",
    "reopened",
    "confirm",
    "parent_closed",
    "parent_reopened",
    "api_key",
    "webhook",
]
PENDING, SENT, FAILED, OUTDATED = "pending", "sent", "failed", "outdated"
LEASE_SECONDS = 120
NO_CASE = 0
"""`case_key` of an e-mail that is about no case."""
TRIED_SECONDS = 72 * 3_600
"""How long we try to send an e-mail. The report's page says the same as the e-mail."""
LONGEST_ANSWER = 1_000
MOST_NEW = 100
_NO_LEASE: dict[str, Any] = {"lease_token": None, "lease_expires_at": None}
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


_OF_RESIDENT = (
    Case.case_id,
    Service.name,
    Case.status,
    Case.closed_at,
    Case.closure_reason,
    Case.visibility,
    ReportRow.idempotency_key,
    Contact.language,
)
"""The fields of an AlertCase, in their order."""


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
class ParentCase:
    """The case that an alert's case repeats, as the city counts it. `closed_at` is in epoch s.

    `address` is that of its public page. What it says is empty if it is not public.
    """

    key: int
    case_id: str
    status: str
    closed_at: int | None
    closure_reason: str | None
    is_public: bool
    address: str = ""
    said: tuple[str, ...] = ()
    photos: tuple[str, ...] = ()


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
    said: tuple[str, ...] = ()
    """What the city wrote to the public when this happened."""
    photos: tuple[str, ...] = ()
    """Absolute addresses of our copies of the city's photos of its work."""
    parent: ParentCase | None = None


def can_send(settings: Settings, city: Jurisdiction) -> bool:
    """Whether we can send e-mails: there is a mail server, or a demo's folder in its place."""
    return bool(settings.smtp_url) or city.is_demonstration


def queue_alerts(
    connection: Connection, city_id: str, events: Mapping[int, Kind], rev: int, now: int
) -> None:
    """Queue e-mails about these cases, by key, to their residents and followers.

    Only to those who want e-mails, and once for each batch and receiver. "received" and "message"
    go only to the resident: followers asked for the end.
    """
    followed = [case for case, kind in events.items() if kind not in ("received", "message")]
    wanted = [
        *bulk.select_in(connection, _CONTACTS, list(events), city=city_id),
        *bulk.select_in(connection, _FOLLOWERS, followed, city=city_id),
    ]
    rows = [_row(city_id, case, events[case], rev, to, now) for case, to in wanted]
    bulk.execute_many(connection, _QUEUE, rows)


def queue_confirmation(
    connection: Connection, city_id: str, case: int, receiver: str, now: int
) -> None:
    """Queue the e-mail that asks a follower to confirm their address."""
    row = _row(city_id, case, "confirm", now, receiver, now)
    bulk.execute_many(connection, _QUEUE, [row])


def queue_key_link(connection: Connection, city_id: str, owner_hash: str, now: int) -> None:
    """Queue the e-mail with the link to an address's API keys; it is about no case."""
    row = _row(city_id, NO_CASE, "api_key", now, owner_hash, now)
    bulk.execute_many(connection, _QUEUE, [row])


def queue_webhook_stopped(connection: Connection, city_id: str, owner_hash: str, now: int) -> None:
    """Queue the e-mail that says that a webhook of an address was stopped; it is about no case."""
    row = _row(city_id, NO_CASE, "webhook", now, owner_hash, now)
    bulk.execute_many(connection, _QUEUE, [row])


def _row(city_id: str, case: int, kind: Kind, rev: int, receiver: str, now: int) -> tuple:
    return (city_id, case, kind, rev, receiver, PENDING, now, now, 0)


def is_due(connection: Connection, city_id: str, now: int) -> bool:
    """Whether `claim_alert` would find something. Called often, so it takes no write lock."""
    return connection.execute(text(_DUE), {"city": city_id, "now": now}).first() is not None


def new_closings(connection: Connection, city_id: str, since: int) -> list[Alert]:
    """Alerts about closings that were queued since a moment (epoch s) and not tried yet."""
    rows = connection.execute(text(_NEW_CLOSINGS), {"city": city_id, "since": since})
    return [Alert(*row) for row in rows]


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
    if row is None:
        return None
    said = said_with(connection, city_id, alert)
    return AlertCase(*row[:-1], language=supported_language(row.language), said=said)


def said_with(connection: Connection, city_id: str, alert: Alert) -> tuple[str, ...]:
    """What the city wrote to the public in the batch of an alert, as it is published now."""
    of_batch = CaseNote.jurisdiction_id == city_id, CaseNote.case_key == alert.case_key
    query = select(CaseNote.words).where(*of_batch, CaseNote.rev == alert.rev, CaseNote.words != "")
    return tuple(connection.execute(query.order_by(CaseNote.number)).scalars())


def is_outdated(alert: Alert, case: AlertCase) -> bool:
    """Whether the case has changed again since, or the words to send are gone."""
    if alert.kind == "message":
        return not case.said
    if alert.kind in ("parent_closed", "parent_reopened"):
        return case.status != "closed" or _is_over(alert, case.parent)
    if alert.kind not in ("closed", "reopened"):
        return False
    return (alert.kind == "closed") != (case.status == "closed")


def _is_over(alert: Alert, parent: ParentCase | None) -> bool:
    """Whether there is nothing to say of a parent any more; of a hidden one, only to residents."""
    if parent is None or (alert.receiver and not parent.is_public):
        return True
    return (alert.kind == "parent_closed") != (parent.status == "closed")


def record_result(
    connection: Connection, city_id: str, alert: Alert, state: str, answer: str | None, now: int
) -> None:
    """Record what became of a claimed alert.

    `state` is SENT, FAILED or OUTDATED for good, or PENDING to try again after a pause. `answer` is
    what the mail server said.
    """
    if state == PENDING and now - alert.created_at > TRIED_SECONDS:
        state = FAILED
    attempts = alert.attempts + 1
    values = {"state": state, "attempts": attempts, "answer": answer and answer[:LONGEST_ANSWER]}
    values |= _NO_LEASE | _next_moment(state, attempts, now)
    is_claimed = *_key(city_id, alert), AlertRow.lease_token == alert.lease
    connection.execute(update(AlertRow).where(*is_claimed).values(**values))


def _next_moment(state: str, attempts: int, now: int) -> dict[str, Any]:
    """When the alert is tried again, or that it is finished."""
    if state == PENDING:
        return {"not_before": now + pause_after(attempts, None, 0.0)}
    return {"finished_at": now}


def postpone(connection: Connection, city_id: str, alert: Alert, until: int) -> None:
    """Give back a claimed alert that is not tried before a later moment (epoch s)."""
    connection.execute(
        update(AlertRow)
        .where(*_key(city_id, alert), AlertRow.lease_token == alert.lease)
        .values(not_before=until, lease_token=None, lease_expires_at=None)
    )


def forget_old_alerts(connection: Connection, city_id: str, before: int) -> None:
    """Delete the alerts that were finished before a moment (epoch s)."""
    connection.execute(
        delete(AlertRow).where(AlertRow.jurisdiction_id == city_id, AlertRow.finished_at < before)
    )


def _resident_query(city_id: str, case_key: int) -> Select:
    query = select(*_OF_RESIDENT).select_from(Case).join(Service, SERVICE_OF_CASE)
    for table in (ReportRow, Contact):
        is_same_city = table.jurisdiction_id == Case.jurisdiction_id
        query = query.join(table, is_same_city & (table.case_key == Case.id))
    is_case = Case.jurisdiction_id == city_id, Case.id == case_key
    return query.where(*is_case, ReportRow.withdrawn_at.is_(None))


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
_CONTACTS = (
    "select case_key, '' from contacts where jurisdiction_id = :city and case_key in {values}"
)
_FOLLOWERS = (
    "select case_key, token_hash from followers"
    " where jurisdiction_id = :city and confirmed_at is not null and case_key in {values}"
)
_CLAIMED = "case_key, kind, rev, created_at, attempts, receiver"
_DUE = f"""
select {_CLAIMED} from alerts
where jurisdiction_id = :city and state = 'pending' and not_before <= :now
    and (lease_expires_at is null or lease_expires_at <= :now)
order by not_before, created_at, case_key limit 1
"""
_NEW_CLOSINGS = f"""
select {_CLAIMED} from alerts
where jurisdiction_id = :city and state = 'pending' and not_before >= :since
    and attempts = 0 and kind in ('closed', 'parent_closed') and created_at >= :since
order by not_before, created_at, case_key limit {MOST_NEW}
"""
