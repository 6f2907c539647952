"""How a message of the outbox goes out: claimed with a lease, settled by what became of the attempt, swept when its sender died.

No network here and none inside a transaction: `claim` is one, `settle` another, and between them whoever holds the lease talks to the
system (data_sync.dispatch). What may have arrived is never sent again before the system was asked for it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, case, func, insert, select, text, update

from portal.domain.dispatch import (
    ARRIVAL_SECONDS,
    LOOK_UP_SECONDS,
    Absent,
    Awaited,
    ForStaff,
    Later,
    LockedOut,
    Message,
    Outcome,
    Refused,
    Taken,
    Unready,
    Unsure,
    pause_after,
    rest_after,
)
from portal.domain.jurisdiction import Jurisdiction
from portal.services.report.outbox import (
    AWAITED,
    LEASED,
    MESSAGES,
    ON_ITS_WAY,
    OPEN_CASE,
    PENDING,
    REFUSED,
    SENT,
    STUCK,
    UNKNOWN,
    as_message,
)
from portal.services.sync import ingest, withdrawal
from portal.store import bulk, data_version
from portal.store.models import Case
from portal.store.report_models import OutboxMessage, ReportRow, WorkOrderSystem

LEASE_SECONDS = 120
"""Longer than any attempt takes: after that its sender is taken for dead."""
MANY_FAILURES = 3
MERGED = "merged"
"""`source` of a case that was the city's side of one of ours, before we knew."""


def is_due(connection: Connection, city_id: str, system: str, now: int) -> bool:
    """Whether `claim` would find something; asked often, and without the lock of a writer."""
    due = connection.execute(text(_DUE), {"city": city_id, "system": system, "now": now}).first()
    return due is not None and not _rests(connection, city_id, system, now)


def claim(
    connection: Connection, city_id: str, system: str, holder: str, now: int
) -> Message | None:
    """The next message for a system, with a lease; None where none is due, or the system rests. Its `state` is the one it had.

    Of a case nothing goes before its report, and nothing before what was said earlier.
    """
    if _rests(connection, city_id, system, now):
        return None
    only_free = "" if bulk.is_sqlite(connection) else " for update of m skip locked"
    due = connection.execute(
        text(_DUE + only_free), {"city": city_id, "system": system, "now": now}
    ).scalar()
    if due is None:
        return None
    key = OutboxMessage.jurisdiction_id == city_id, OutboxMessage.id == due
    message = as_message(connection.execute(MESSAGES.where(*key)).one())
    lease = {
        "lease_token": f"{holder}|{secrets.token_hex(8)}",
        "lease_expires_at": now + LEASE_SECONDS,
    }
    going_out = {"state": LEASED, "tried_at": now} if message.state == PENDING else {}
    connection.execute(update(OutboxMessage).where(*key).values(**lease, **going_out))
    return replace(
        message,
        lease_token=lease["lease_token"],
        tried_at=going_out.get("tried_at", message.tried_at),
    )


def settle(
    connection: Connection,
    city: Jurisdiction,
    message: Message,
    outcome: Outcome,
    now: int,
    chance: float,
) -> bool:
    """Write down what became of a claimed message; False where the lease was lost, and nothing is written then.

    `chance` (0 to 1) spreads the next attempts. `mark_arrived` has to follow in the same transaction.
    """
    key = (
        OutboxMessage.jurisdiction_id == city.id,
        OutboxMessage.id == message.id,
        OutboxMessage.lease_token == message.lease_token,
    )
    values = _after(message, outcome, now, chance) | {"lease_token": None, "lease_expires_at": None}
    if not connection.execute(update(OutboxMessage).where(*key).values(**values)).rowcount:
        return False
    _note_system(connection, city.id, message.system, outcome, now)
    return True


def mark_arrived(
    connection: Connection, city: Jurisdiction, message: Message, outcome: Outcome, now: int
) -> None:
    """Where a report has arrived, its pages say so, and the city's side of the case will be known by the system's number.

    The last thing in a transaction: everybody else who writes to the city waits from here to its end.
    """
    if message.kind != OPEN_CASE or not isinstance(outcome, Taken | Awaited):
        return
    rev = data_version.advance(connection, city.id, now)
    of_report = ReportRow.jurisdiction_id == city.id, ReportRow.case_key == message.case_key
    connection.execute(
        update(ReportRow).where(*of_report, ReportRow.sent_at.is_(None)).values(sent_at=now)
    )
    values: dict[str, Any] = {"rev": rev}
    if isinstance(outcome, Taken) and outcome.work_order_id is not None:
        _take_out_twin(connection, city, message.system, outcome.work_order_id, now)
        is_first = Case.work_order_id.is_(None)
        values["work_order_id"] = func.coalesce(Case.work_order_id, outcome.work_order_id)
        values["content_hash"] = case((is_first, ingest.NOTHING_YET), else_=Case.content_hash)
    connection.execute(
        update(Case)
        .where(Case.jurisdiction_id == city.id, Case.id == message.case_key)
        .values(**values)
    )


def sweep(connection: Connection, city_id: str, is_gone: Callable[[str], bool], now: int) -> int:
    """Take back the leases of senders that died; what they may have sent is unknown now. Returns how many."""
    held = select(
        OutboxMessage.id,
        OutboxMessage.state,
        OutboxMessage.lease_token,
        OutboxMessage.lease_expires_at,
    )
    rows = connection.execute(
        held.where(
            OutboxMessage.jurisdiction_id == city_id,
            OutboxMessage.lease_token.is_not(None),
            OutboxMessage.state.in_(ON_ITS_WAY),
        )
    ).all()
    dead = [
        row
        for row in rows
        if row.lease_expires_at <= now or is_gone(row.lease_token.rpartition("|")[0])
    ]
    for row in dead:
        key = (
            OutboxMessage.jurisdiction_id == city_id,
            OutboxMessage.id == row.id,
            OutboxMessage.lease_token == row.lease_token,
        )
        cut_off = (
            {"state": UNKNOWN, "not_before": now, "answer": "The sender was stopped in the middle."}
            if row.state == LEASED
            else {}
        )
        connection.execute(
            update(OutboxMessage)
            .where(*key)
            .values(**cut_off, lease_token=None, lease_expires_at=None)
        )
    return len(dead)


def has_leases(connection: Connection, city_id: str) -> bool:
    """Whether anybody holds a message: only then is there something to sweep."""
    held = select(OutboxMessage.id).where(
        OutboxMessage.jurisdiction_id == city_id, OutboxMessage.lease_token.is_not(None)
    )
    return (
        connection.execute(held.where(OutboxMessage.state.in_(ON_ITS_WAY)).limit(1)).first()
        is not None
    )


def misrouted(connection: Connection, city_id: str, known: Collection[str]) -> list[Message]:
    """Reports that are to be sent and whose system is not one of the city's (any more)."""
    waits = (
        OutboxMessage.state.in_((PENDING, UNKNOWN, AWAITED)),
        OutboxMessage.system.not_in(list(known)),
    )
    rows = connection.execute(
        MESSAGES.where(
            OutboxMessage.jurisdiction_id == city_id, OutboxMessage.kind == OPEN_CASE, *waits
        )
    )
    return [as_message(row) for row in rows]


def assign(
    connection: Connection, city_id: str, case_key: int, system: str, code: str | None
) -> None:
    """Where a report goes, and with it all that was said of it and has not arrived."""
    of_case = (
        OutboxMessage.jurisdiction_id == city_id,
        OutboxMessage.case_key == case_key,
        OutboxMessage.state != SENT,
    )
    connection.execute(update(OutboxMessage).where(*of_case).values(system=system, code=code))


def leave_to_staff(connection: Connection, city_id: str, message_id: str, reason: str) -> None:
    """Nothing can be done with a message until a person has decided."""
    key = OutboxMessage.jurisdiction_id == city_id, OutboxMessage.id == message_id
    connection.execute(update(OutboxMessage).where(*key).values(state=STUCK, answer=reason[:1_000]))


def resume_all(connection: Connection, city_id: str, now: int) -> None:
    """Try stopped systems again: whoever starts a worker may have put right what was wrong."""
    stopped = WorkOrderSystem.jurisdiction_id == city_id, WorkOrderSystem.is_stopped == 1
    connection.execute(
        update(WorkOrderSystem)
        .where(*stopped)
        .values(is_stopped=0, failures=0, rests_until=0, changed_at=now)
    )


def _after(message: Message, outcome: Outcome, now: int, chance: float) -> dict[str, Any]:
    """The columns that change."""
    tries = message.attempts + 1
    match outcome:
        case Taken(number):
            return {"state": SENT, "work_order_id": number, "answer": None, "finished_at": now}
        case Awaited(token):
            tries = tries if message.state == AWAITED else 1
            return {
                "state": AWAITED,
                "token": token,
                "attempts": tries,
                "answer": None,
                "not_before": now + pause_after(tries, None, chance),
            }
        case Absent():
            return _after_absence(message, now, chance)
        case Unsure(reason, asked):
            due = now + (
                LOOK_UP_SECONDS if message.state == PENDING else pause_after(tries, asked, chance)
            )
            return {
                "state": UNKNOWN,
                "attempts": tries,
                "answer": reason[:1_000],
                "not_before": due,
            }
        case Later(reason, asked):
            due = now + pause_after(tries, asked, chance)
            return {
                "state": message.state,
                "attempts": tries,
                "answer": reason[:1_000],
                "not_before": due,
            }
        case Unready(reason):
            return {
                "state": message.state,
                "attempts": tries,
                "answer": reason[:1_000],
                "not_before": now + pause_after(tries, None, chance),
            }
        case Refused(reason):
            return {
                "state": REFUSED,
                "attempts": tries,
                "answer": reason[:1_000],
                "finished_at": now,
            }
        case ForStaff(reason):
            return {"state": STUCK, "attempts": tries, "answer": reason[:1_000]}
        case LockedOut(reason):
            return {"state": message.state, "answer": reason[:1_000]}


def _after_absence(message: Message, now: int, chance: float) -> dict[str, Any]:
    """What is not there may still be on its way; once it cannot be any more, it goes again."""
    out_at = message.tried_at or message.created_at
    if now < out_at + ARRIVAL_SECONDS:
        return {"state": UNKNOWN, "not_before": out_at + ARRIVAL_SECONDS}
    return {
        "state": PENDING,
        "not_before": max(now, out_at + pause_after(message.attempts, None, chance)),
    }


def _rests(connection: Connection, city_id: str, system: str, now: int) -> bool:
    found = _system(connection, city_id, system)
    return found is not None and bool(found.is_stopped or found.rests_until > now)


def _system(connection: Connection, city_id: str, name: str) -> Any:
    query = select(
        WorkOrderSystem.failures, WorkOrderSystem.rests_until, WorkOrderSystem.is_stopped
    )
    return connection.execute(
        query.where(WorkOrderSystem.jurisdiction_id == city_id, WorkOrderSystem.name == name)
    ).first()


def _note_system(
    connection: Connection, city_id: str, name: str, outcome: Outcome, now: int
) -> None:
    """Whether the system answered: one that fails again and again is left alone for a while, one that locks us out until it is mended."""
    if isinstance(outcome, Unready):
        return  # it was not asked
    before = _system(connection, city_id, name)
    if isinstance(outcome, LockedOut):
        failures, rests_until, stopped, reason = 1, 0, 1, outcome.reason
    elif isinstance(outcome, Later | Unsure):
        failures = (before.failures if before else 0) + 1
        rests_until, stopped, reason = now + rest_after(failures, outcome.pause), 0, outcome.reason
    elif before is None or not (before.failures or before.is_stopped):
        return
    else:
        failures, rests_until, stopped, reason = 0, 0, 0, ""
        if before.failures >= MANY_FAILURES:
            connection.execute(text(_BACK_AGAIN), {"city": city_id, "system": name, "now": now})
    values = {
        "failures": failures,
        "rests_until": rests_until,
        "is_stopped": stopped,
        "reason": reason and reason[:1_000],
        "changed_at": now,
    }
    if before is None:
        connection.execute(
            insert(WorkOrderSystem).values(jurisdiction_id=city_id, name=name, **values)
        )
    else:
        key = WorkOrderSystem.jurisdiction_id == city_id, WorkOrderSystem.name == name
        connection.execute(update(WorkOrderSystem).where(*key).values(**values))


def _take_out_twin(
    connection: Connection, city: Jurisdiction, system: str, work_order_id: str, now: int
) -> None:
    """A sync that was faster than the number brought the city's side as a case of its own: it goes, and the next sync finds ours."""
    twin = (
        Case.jurisdiction_id == city.id,
        Case.case_id == work_order_id,
        Case.source.not_in((ingest.PORTAL_SOURCE, MERGED)),
    )
    for source in connection.execute(select(Case.source).where(*twin)).scalars().all():
        if system in city.systems_apart_from(source):
            continue
        withdrawal.withdraw(connection, city, source, [work_order_id], now)
        connection.execute(update(Case).where(*twin, Case.source == source).values(source=MERGED))


_DUE = """
select m.id from outbox m
where m.jurisdiction_id = :city and m.system = :system and m.state in ('pending', 'unknown', 'awaited') and m.not_before <= :now
    and (m.lease_expires_at is null or m.lease_expires_at <= :now)
    and not exists (
        select 1 from outbox b
        where b.jurisdiction_id = m.jurisdiction_id and b.case_key = m.case_key and b.number < m.number
            and (b.state in ('pending', 'leased', 'unknown', 'awaited') or (b.number = 1 and b.state <> 'sent')))
order by m.not_before, m.created_at, m.id limit 1
"""
_BACK_AGAIN = """
update outbox set not_before = :now
where jurisdiction_id = :city and system = :system and state in ('pending', 'unknown', 'awaited') and not_before > :now
"""
"""A system that was down is back: what was put off goes now."""
