"""The outbox: what the city's work-order systems are to be told, written with what decides it; and what staff do with what is stuck.

How a message goes out, and what becomes of it, is portal.services.report.sending.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from portal.domain.dispatch import NEEDS_SOMEBODY, Message, SystemState
from portal.errors import BadRequest, NotFound
from portal.store.models import Case
from portal.store.report_models import OutboxMessage, WorkOrderSystem

OPEN_CASE, ADD_NOTE, WITHDRAW_CASE, SET_PUBLIC = (
    "open_case",
    "add_note",
    "withdraw_case",
    "set_public",
)
PENDING, LEASED, UNKNOWN, AWAITED = "pending", "leased", "unknown", "awaited"
SENT, REFUSED, STUCK, GIVEN_UP = "sent", "refused", "stuck", "given_up"
ON_ITS_WAY = (PENDING, LEASED, UNKNOWN, AWAITED)
MOST_SHOWN = 500


def report_to_city(
    connection: Connection,
    city_id: str,
    case: int,
    payload: dict,
    now: int,
    system: str,
    code: str | None,
) -> None:
    """Write the first message of a case born here, in the transaction that stores it. "" for `system`: the sender asks the city's rules."""
    _write(connection, city_id, case, OPEN_CASE, payload, now, number=1, system=system, code=code)


def tell_city(
    connection: Connection, city_id: str, case: int, kind: str, payload: dict, now: int
) -> None:
    """Write what is said of a case later, in the transaction that decides it; it goes where the report went.

    One of a kind and moment is written once.
    """
    of_case = OutboxMessage.jurisdiction_id == city_id, OutboxMessage.case_key == case
    first = connection.execute(
        select(OutboxMessage.system, OutboxMessage.code).where(*of_case, OutboxMessage.number == 1)
    ).first()
    last = connection.execute(select(func.max(OutboxMessage.number)).where(*of_case)).scalar() or 0
    system, code = first or ("", None)
    _write(connection, city_id, case, kind, payload, now, number=last + 1, system=system, code=code)


def waiting(connection: Connection, city_id: str) -> tuple[Message, ...]:
    """What has not arrived: first what needs somebody, then the longest waiting. At most 500. None: empty."""
    states = (*NEEDS_SOMEBODY, *ON_ITS_WAY)
    query = MESSAGES.where(
        OutboxMessage.jurisdiction_id == city_id, OutboxMessage.state.in_(states)
    )
    first = OutboxMessage.state.in_(NEEDS_SOMEBODY).desc()
    rows = connection.execute(
        query.order_by(first, OutboxMessage.created_at, OutboxMessage.number).limit(MOST_SHOWN)
    )
    return tuple(as_message(row) for row in rows)


def counts(connection: Connection, city_id: str) -> dict[str, int]:
    """How many messages are in each state; a state that none is in is left out."""
    query = (
        select(OutboxMessage.state, func.count())
        .where(OutboxMessage.jurisdiction_id == city_id)
        .group_by(OutboxMessage.state)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def systems(connection: Connection, city_id: str) -> tuple[SystemState, ...]:
    """How the systems fare that something has been sent to, by name."""
    columns = [getattr(WorkOrderSystem, name) for name in SystemState.__dataclass_fields__]
    rows = connection.execute(
        select(*columns)
        .where(WorkOrderSystem.jurisdiction_id == city_id)
        .order_by(WorkOrderSystem.name)
    )
    return tuple(
        SystemState(
            row.name,
            row.failures,
            row.rests_until,
            bool(row.is_stopped),
            row.reason,
            row.changed_at,
        )
        for row in rows
    )


def retry(connection: Connection, city_id: str, message_id: str, now: int) -> None:
    """Send a message again now. One that was refused or stuck goes as if for the first time, by the city's rules as they are today.

    Raises NotFound, and BadRequest for one that has arrived, is being sent or was given up.
    """
    message = _waiting_message(connection, city_id, message_id)
    again: dict[str, Any] = {"not_before": now}
    if message.needs_somebody:
        again |= {"state": PENDING, "attempts": 0, "token": None, "finished_at": None}
        again |= {"system": "", "code": None} if message.kind == OPEN_CASE else {}
    _change(connection, city_id, message_id, **again)


def give_up(connection: Connection, city_id: str, message_id: str, reason: str, now: int) -> None:
    """Never send a message; a report takes along what was said of it later. `reason` is kept for staff.

    Raises NotFound, and BadRequest without a reason or for a message that has arrived, is being sent or was given up.
    """
    if not reason.strip():
        raise BadRequest("Say why it is given up, so that others understand it later.")
    message = _waiting_message(connection, city_id, message_id)
    end = {"state": GIVEN_UP, "answer": reason.strip()[:1_000], "finished_at": now}
    _change(connection, city_id, message_id, **end)
    if message.kind == OPEN_CASE:
        rest = (
            OutboxMessage.jurisdiction_id == city_id,
            OutboxMessage.case_key == message.case_key,
            OutboxMessage.number > message.number,
        )
        connection.execute(
            update(OutboxMessage).where(*rest, OutboxMessage.state != SENT).values(**end)
        )


def resume(connection: Connection, city_id: str, system: str, now: int) -> None:
    """Let a system that was stopped, or is left alone for a while, be tried again now. Raises NotFound for one nothing was sent to."""
    key = WorkOrderSystem.jurisdiction_id == city_id, WorkOrderSystem.name == system
    changes = (
        update(WorkOrderSystem)
        .where(*key)
        .values(failures=0, rests_until=0, is_stopped=0, changed_at=now)
    )
    if not connection.execute(changes).rowcount:
        raise NotFound("Nothing was ever sent to a system named {system}.", system=system[:60])


def as_message(row: Any) -> Message:
    """A row of MESSAGES as a Message."""
    values = dict(row._mapping)
    return Message(**(values | {"payload": json.loads(values["payload"])}))


def _write(
    connection: Connection,
    city_id: str,
    case: int,
    kind: str,
    payload: dict,
    now: int,
    **values: Any,
) -> None:
    message = f"{kind}:{case}:{hashlib.sha256(json.dumps([payload, now], sort_keys=True).encode()).hexdigest()[:16]}"
    values |= {
        "jurisdiction_id": city_id,
        "id": message,
        "case_key": case,
        "kind": kind,
        "payload": json.dumps(payload, sort_keys=True),
    }
    connection.execute(
        insert(OutboxMessage).values(
            **values, state=PENDING, created_at=now, not_before=now, attempts=0
        )
    )


def _waiting_message(connection: Connection, city_id: str, message_id: str) -> Message:
    """Locked until the transaction ends, so that nobody begins to send it meanwhile."""
    query = MESSAGES.where(OutboxMessage.jurisdiction_id == city_id, OutboxMessage.id == message_id)
    row = connection.execute(query.with_for_update(of=OutboxMessage)).first()
    if row is None:
        raise NotFound("There is no such message.")
    message = as_message(row)
    if message.state in (SENT, GIVEN_UP):
        raise BadRequest("This message has arrived, or was given up before.")
    if message.state == LEASED:
        raise BadRequest("This message is being sent at this moment. Look again in a minute.")
    return message


def _change(connection: Connection, city_id: str, message_id: str, **values: Any) -> None:
    key = OutboxMessage.jurisdiction_id == city_id, OutboxMessage.id == message_id
    connection.execute(
        update(OutboxMessage).where(*key).values(**values, lease_token=None, lease_expires_at=None)
    )


_OF_CASE = (Case.jurisdiction_id == OutboxMessage.jurisdiction_id) & (
    Case.id == OutboxMessage.case_key
)
_COLUMNS = [
    Case.case_id if name == "case_id" else getattr(OutboxMessage, name)
    for name in Message.__dataclass_fields__
]
MESSAGES = select(*_COLUMNS).join_from(OutboxMessage, Case, _OF_CASE)
"""Every message with its case's number."""
