"""How a message of the outbox is sent: claimed with a lease, settled by its outcome.

The network is no part of this. `claim_message` is one transaction and `settle_message` another;
between them, the sender with the lease talks to the system (data_sync.dispatch). A message that
may have arrived is never sent again before the system was asked for it.

    message = claim_message(connection, "demo", "desk", "host:7", now)
    settle_message(connection, city, message, Taken("26-1"), now, chance=0.5)  # True: still ours
    mark_arrived(connection, city, message, Taken("26-1"), now)
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, case, func, insert, select, text, update

from portal.domain.claims import check_outcome
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
from portal.services.report.numbers import take_out_twin, why_not_ours
from portal.services.report.outbox import (
    AWAITED,
    LEASED,
    MAX_REASON,
    MESSAGES,
    ON_ITS_WAY,
    OPEN_CASE,
    PENDING,
    REFUSED,
    SENT,
    STUCK,
    UNKNOWN,
    read_message,
)
from portal.services.sync import case_states
from portal.store import bulk, data_version
from portal.store.models import Case
from portal.store.report_models import OutboxMessage, ReportRow, WorkOrderSystem

LEASE_SECONDS = 120
"""Longer than any attempt takes: after that, its sender is taken for dead."""
MANY_FAILURES = 3
MERGED = case_states.MERGED
_LEASES = select(
    OutboxMessage.id,
    OutboxMessage.state,
    OutboxMessage.lease_token,
    OutboxMessage.lease_expires_at,
)


def has_due_message(connection: Connection, city_id: str, system: str, now: int) -> bool:
    """Whether `claim_message` would find one; asked often, and without the lock of a writer."""
    due = connection.execute(text(_DUE), {"city": city_id, "system": system, "now": now}).first()
    return due is not None and not _is_resting(connection, city_id, system, now)


def claim_message(
    connection: Connection, city_id: str, system: str, holder: str, now: int
) -> Message | None:
    """The next message for a system, with a lease; its `state` is the one it had before.

    None if none is due, or the system rests. Of a case, nothing goes before its report, nor
    before an earlier message.
    """
    if _is_resting(connection, city_id, system, now):
        return None
    only_free = "" if bulk.is_sqlite(connection) else " for update of m skip locked"
    values = {"city": city_id, "system": system, "now": now}
    due = connection.execute(text(_DUE + only_free), values).scalar()
    return _lease_message(connection, city_id, due, holder, now) if due else None


def _lease_message(
    connection: Connection, city_id: str, message_id: str, holder: str, now: int
) -> Message:
    key = OutboxMessage.jurisdiction_id == city_id, OutboxMessage.id == message_id
    message = read_message(connection.execute(MESSAGES.where(*key)).one())
    lease_token = f"{holder}|{secrets.token_hex(8)}"
    lease = {"lease_token": lease_token, "lease_expires_at": now + LEASE_SECONDS}
    going_out = {"state": LEASED, "tried_at": now} if message.state == PENDING else {}
    connection.execute(update(OutboxMessage).where(*key).values(**lease, **going_out))
    tried_at = now if going_out else message.tried_at
    return replace(message, lease_token=lease_token, tried_at=tried_at)


def settle_message(
    connection: Connection,
    city: Jurisdiction,
    message: Message,
    outcome: Outcome,
    now: int,
    chance: float,
) -> Outcome | None:
    """Record the outcome of a claimed message, and return it as it was recorded.

    A number that is not ours to take is for staff. None, and nothing recorded, if the lease was
    lost. `chance` (0 to 1) spreads the next attempts. `mark_arrived` has to follow in the same
    transaction.
    """
    outcome = check_outcome(outcome)
    key = (
        OutboxMessage.jurisdiction_id == city.id,
        OutboxMessage.id == message.id,
        OutboxMessage.lease_token == message.lease_token,
    )
    values = _changes_after(message, outcome, now, chance) | _NO_LEASE
    if not connection.execute(update(OutboxMessage).where(*key).values(**values)).rowcount:
        return None
    if refusal := _refuse_number(connection, city, message, outcome, now):
        outcome = ForStaff(refusal)
        values = _changes_after(message, outcome, now, chance)
        values |= {"work_order_id": None, "finished_at": None}
        connection.execute(update(OutboxMessage).where(*key[:2]).values(**values))
    _record_system(connection, city.id, message.system, outcome, now)
    return outcome


def _refuse_number(
    connection: Connection, city: Jurisdiction, message: Message, outcome: Outcome, now: int
) -> str | None:
    """Why the number that came back is not ours to take; None if it is, or there is none."""
    number = outcome.work_order_id if isinstance(outcome, Taken) else None
    if message.kind != OPEN_CASE or number is None:
        return None
    # So that no other report, and no page of a sync, takes the same number meanwhile.
    data_version.lock(connection, city.id, now)
    return why_not_ours(connection, city, message, number)


def mark_arrived(
    connection: Connection, city: Jurisdiction, message: Message, outcome: Outcome, now: int
) -> None:
    """If a report arrived, let its pages say so, and know the city's case by the system's number.

    The last thing in a transaction: everyone else who writes to the city waits from here on.
    """
    if message.kind != OPEN_CASE or not isinstance(outcome, Taken | Awaited):
        return
    if not _has_arrived(connection, city.id, message.id):
        return
    rev = data_version.lock(connection, city.id, now) + 1
    of_report = ReportRow.jurisdiction_id == city.id, ReportRow.case_key == message.case_key
    first_time = update(ReportRow).where(*of_report, ReportRow.sent_at.is_(None))
    connection.execute(first_time.values(sent_at=now))
    values: dict[str, Any] = {"rev": rev}
    if isinstance(outcome, Taken) and outcome.work_order_id is not None:
        take_out_twin(connection, city, message, outcome.work_order_id, now)
        is_first = Case.work_order_id.is_(None)
        values["work_order_id"] = func.coalesce(Case.work_order_id, outcome.work_order_id)
        values["content_hash"] = case((is_first, case_states.NOTHING_YET), else_=Case.content_hash)
    of_case = Case.jurisdiction_id == city.id, Case.id == message.case_key
    changed = update(Case).where(*of_case).values(**values).returning(Case.visibility)
    is_seen = connection.execute(changed).scalar() == "public"
    data_version.set_version(connection, city.id, rev, now, is_public=is_seen)


def _has_arrived(connection: Connection, city_id: str, message_id: str) -> bool:
    key = OutboxMessage.jurisdiction_id == city_id, OutboxMessage.id == message_id
    state = connection.execute(select(OutboxMessage.state).where(*key)).scalar()
    return state in (SENT, AWAITED)


def release_leases(
    connection: Connection, city_id: str, is_gone: Callable[[str], bool], now: int
) -> int:
    """Take back the leases of senders that died; how many. What they may have sent is unknown."""
    rows = connection.execute(_LEASES.where(*_is_leased(city_id))).all()
    dead = [
        row
        for row in rows
        if row.lease_expires_at <= now or is_gone(row.lease_token.rpartition("|")[0])
    ]
    for row in dead:
        _release_lease(connection, city_id, row, now)
    return len(dead)


def _release_lease(connection: Connection, city_id: str, row: Any, now: int) -> None:
    key = (
        OutboxMessage.jurisdiction_id == city_id,
        OutboxMessage.id == row.id,
        OutboxMessage.lease_token == row.lease_token,
    )
    values: dict[str, Any] = dict(_NO_LEASE)
    if row.state == LEASED:
        reason = "The sender was stopped in the middle."
        values |= {"state": UNKNOWN, "not_before": now, "answer": reason}
    connection.execute(update(OutboxMessage).where(*key).values(**values))


def has_leases(connection: Connection, city_id: str) -> bool:
    """Whether any message is leased: only then `release_leases` has anything to do."""
    leased = select(OutboxMessage.id).where(*_is_leased(city_id)).limit(1)
    return connection.execute(leased).first() is not None


def _is_leased(city_id: str) -> tuple:
    return (
        OutboxMessage.jurisdiction_id == city_id,
        OutboxMessage.lease_token.is_not(None),
        OutboxMessage.state.in_(ON_ITS_WAY),
    )


def misrouted_reports(
    connection: Connection, city_id: str, known: Collection[str]
) -> list[Message]:
    """Reports to be sent whose system is not, or no longer, one of the city's."""
    waits = (
        OutboxMessage.jurisdiction_id == city_id,
        OutboxMessage.kind == OPEN_CASE,
        OutboxMessage.state.in_((PENDING, UNKNOWN, AWAITED)),
        OutboxMessage.system.not_in(list(known)),
    )
    return [read_message(row) for row in connection.execute(MESSAGES.where(*waits))]


def assign_system(
    connection: Connection, city_id: str, case_key: int, system: str, code: str | None
) -> None:
    """Say where a report goes, and with it every later message that has not arrived."""
    of_case = OutboxMessage.jurisdiction_id == city_id, OutboxMessage.case_key == case_key
    unsent = update(OutboxMessage).where(*of_case, OutboxMessage.state != SENT)
    connection.execute(unsent.values(system=system, code=code))


def leave_to_staff(connection: Connection, city_id: str, message_id: str, reason: str) -> None:
    """Stop a message until a person has decided about it."""
    key = OutboxMessage.jurisdiction_id == city_id, OutboxMessage.id == message_id
    values = {"state": STUCK, "answer": reason[:MAX_REASON]}
    connection.execute(update(OutboxMessage).where(*key).values(**values))


def resume_systems(connection: Connection, city_id: str, now: int) -> None:
    """Try stopped systems again: who starts a worker may have fixed what was wrong."""
    stopped = WorkOrderSystem.jurisdiction_id == city_id, WorkOrderSystem.is_stopped == 1
    values = {"is_stopped": 0, "failures": 0, "rests_until": 0, "changed_at": now}
    connection.execute(update(WorkOrderSystem).where(*stopped).values(**values))


def _changes_after(message: Message, outcome: Outcome, now: int, chance: float) -> dict[str, Any]:
    """The columns of a message that its outcome changes."""
    match outcome:
        case Taken(number):
            return {"state": SENT, "work_order_id": number, "answer": None, "finished_at": now}
        case Awaited(token):
            return _changes_while_awaited(message, token, now, chance)
        case Absent():
            return _changes_if_absent(message, now, chance)
        case Unsure(reason, asked):
            pause = pause_after(message.attempts + 1, asked, chance)
            due = now + (LOOK_UP_SECONDS if message.state == PENDING else pause)
            return _tried(message, reason) | {"state": UNKNOWN, "not_before": due}
        case Later(reason, asked):
            pause = pause_after(message.attempts + 1, asked, chance)
            return _tried(message, reason) | {"state": message.state, "not_before": now + pause}
        case Unready(reason):
            pause = pause_after(message.attempts + 1, None, chance)
            return _tried(message, reason) | {"state": message.state, "not_before": now + pause}
        case Refused(reason):
            return _tried(message, reason) | {"state": REFUSED, "finished_at": now}
        case ForStaff(reason):
            return _tried(message, reason) | {"state": STUCK}
        case LockedOut(reason):
            return {"state": message.state, "answer": reason[:MAX_REASON]}


def _tried(message: Message, reason: str) -> dict[str, Any]:
    return {"attempts": message.attempts + 1, "answer": reason[:MAX_REASON]}


def _changes_while_awaited(message: Message, token: str, now: int, chance: float) -> dict[str, Any]:
    """The system has it; count how often it was asked for the number since."""
    polls = message.attempts + 1 if message.state == AWAITED else 1
    return {
        "state": AWAITED,
        "token": token,
        "attempts": polls,
        "answer": None,
        "not_before": now + pause_after(polls, None, chance),
    }


def _changes_if_absent(message: Message, now: int, chance: float) -> dict[str, Any]:
    """What is not there may still be on its way; once it can't be any more, it goes again."""
    out_at = message.tried_at or message.created_at
    if now < out_at + ARRIVAL_SECONDS:
        return {"state": UNKNOWN, "not_before": out_at + ARRIVAL_SECONDS}
    due = max(now, out_at + pause_after(message.attempts, None, chance))
    return {"state": PENDING, "not_before": due}


def _is_resting(connection: Connection, city_id: str, system: str, now: int) -> bool:
    found = _read_system(connection, city_id, system)
    return found is not None and bool(found.is_stopped or found.rests_until > now)


def _read_system(connection: Connection, city_id: str, name: str) -> Any:
    query = select(
        WorkOrderSystem.failures, WorkOrderSystem.rests_until, WorkOrderSystem.is_stopped
    )
    key = WorkOrderSystem.jurisdiction_id == city_id, WorkOrderSystem.name == name
    return connection.execute(query.where(*key)).first()


@dataclass(frozen=True)
class _Health:
    """How a system fares: failures in a row, until when it rests (epoch s), and why."""

    failures: int = 0
    rests_until: int = 0
    is_stopped: int = 0
    reason: str = ""


def _record_system(
    connection: Connection, city_id: str, name: str, outcome: Outcome, now: int
) -> None:
    """Record whether the system answered.

    One that fails again and again is left alone for a while, one that locks us out until staff
    resume it.
    """
    before = _read_system(connection, city_id, name)
    health = _health_after(before, outcome, now)
    if health is None:
        return
    if not health.failures and before and before.failures >= MANY_FAILURES:
        connection.execute(text(_BACK_AGAIN), {"city": city_id, "system": name, "now": now})
    values = {**vars(health), "reason": health.reason[:MAX_REASON], "changed_at": now}
    if before is None:
        row = insert(WorkOrderSystem).values(jurisdiction_id=city_id, name=name, **values)
        connection.execute(row)
    else:
        key = WorkOrderSystem.jurisdiction_id == city_id, WorkOrderSystem.name == name
        connection.execute(update(WorkOrderSystem).where(*key).values(**values))


def _health_after(before: Any, outcome: Outcome, now: int) -> _Health | None:
    """How the system fares now; None if nothing changed, or it was not asked."""
    if isinstance(outcome, Unready):
        return None
    if isinstance(outcome, LockedOut):
        return _Health(failures=1, is_stopped=1, reason=outcome.reason)
    if isinstance(outcome, Later | Unsure):
        failures = (before.failures if before else 0) + 1
        rests_until = now + rest_after(failures, outcome.pause)
        return _Health(failures, rests_until, reason=outcome.reason)
    was_well = before is None or not (before.failures or before.is_stopped)
    return None if was_well else _Health()


_NO_LEASE = {"lease_token": None, "lease_expires_at": None}
_DUE = """
select m.id from outbox m
where m.jurisdiction_id = :city and m.system = :system
    and m.state in ('pending', 'unknown', 'awaited') and m.not_before <= :now
    and (m.lease_expires_at is null or m.lease_expires_at <= :now)
    and not exists (
        select 1 from outbox b
        where b.jurisdiction_id = m.jurisdiction_id and b.case_key = m.case_key
            and b.number < m.number
            and (b.state in ('pending', 'leased', 'unknown', 'awaited')
                or (b.number = 1 and b.state <> 'sent')))
order by m.not_before, m.created_at, m.id limit 1
"""
_BACK_AGAIN = """
update outbox set not_before = :now
where jurisdiction_id = :city and system = :system
    and state in ('pending', 'unknown', 'awaited') and not_before > :now
"""
"""A system that was down is back: what was put off goes now."""
