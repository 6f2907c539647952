"""The outbox: messages for the city's work-order systems, and what staff do with stuck ones.

A message is written in the transaction of what it tells, so that neither is ever stored alone:

    add_report_message(connection, "demo", case_key, {"case_id": "K7…"}, route, now)
    add_update_message(connection, "demo", case_key, WITHDRAW_CASE, {"case_id": "K7…"}, now)

How a message is sent, and what becomes of it: portal.services.report.sending.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from portal.domain.claims import LONGEST_REASON
from portal.domain.dispatch import NEEDS_STAFF, Message, SystemState
from portal.domain.routing import Route
from portal.errors import BadRequest, NotFound
from portal.store.models import Case
from portal.store.report_models import OutboxMessage, WorkOrderSystem

OPEN_CASE = "open_case"
ADD_NOTE = "add_note"
WITHDRAW_CASE = "withdraw_case"
SET_PUBLIC = "set_public"

PENDING, LEASED, UNKNOWN, AWAITED = "pending", "leased", "unknown", "awaited"
SENT, REFUSED, STUCK, GIVEN_UP = "sent", "refused", "stuck", "given_up"
ON_ITS_WAY = (PENDING, LEASED, UNKNOWN, AWAITED)
MAX_SHOWN = 500
MAX_REASON = LONGEST_REASON
"""Characters that are kept of a system's answer, or of a reason."""


def add_report_message(
    connection: Connection, city_id: str, case_key: int, payload: dict, route: Route, now: int
) -> None:
    """Write the first message of a case that was reported here, in the transaction that stores it.

    If the route has no system, the sender asks the city's rules again. `now` in epoch seconds.
    """
    where_to = {"number": 1, "system": route.system or "", "code": route.code}
    _add(connection, city_id, case_key, OPEN_CASE, payload, now, **where_to)


def add_update_message(
    connection: Connection, city_id: str, case_key: int, kind: str, payload: dict, now: int
) -> None:
    """Write a later message about a case, in the transaction that decides it.

    It goes where the report went. Of a kind, one is written a second; `now` in epoch seconds.
    """
    of_case = OutboxMessage.jurisdiction_id == city_id, OutboxMessage.case_key == case_key
    first = connection.execute(
        select(OutboxMessage.system, OutboxMessage.code).where(*of_case, OutboxMessage.number == 1)
    ).first()
    last = connection.execute(select(func.max(OutboxMessage.number)).where(*of_case)).scalar() or 0
    system, code = first or ("", None)
    where_to = {"number": last + 1, "system": system, "code": code}
    _add(connection, city_id, case_key, kind, payload, now, **where_to)


def undelivered_messages(connection: Connection, city_id: str) -> tuple[Message, ...]:
    """Messages that have not arrived: first what needs staff, then the longest waiting.

    At most 500; none: empty.
    """
    states = (*NEEDS_STAFF, *ON_ITS_WAY)
    query = MESSAGES.where(
        OutboxMessage.jurisdiction_id == city_id, OutboxMessage.state.in_(states)
    )
    staff_first = OutboxMessage.state.in_(NEEDS_STAFF).desc()
    rows = connection.execute(
        query.order_by(staff_first, OutboxMessage.created_at, OutboxMessage.number).limit(MAX_SHOWN)
    )
    return tuple(read_message(row) for row in rows)


def messages_by_state(connection: Connection, city_id: str) -> dict[str, int]:
    """How many messages are in each state; a state without any is left out."""
    counts = select(OutboxMessage.state, func.count()).group_by(OutboxMessage.state)
    of_city = counts.where(OutboxMessage.jurisdiction_id == city_id)
    return {row[0]: row[1] for row in connection.execute(of_city)}


def system_states(connection: Connection, city_id: str) -> tuple[SystemState, ...]:
    """The state of each system that something has been sent to, by name."""
    columns = [getattr(WorkOrderSystem, name) for name in SystemState.__dataclass_fields__]
    of_city = select(*columns).where(WorkOrderSystem.jurisdiction_id == city_id)
    rows = connection.execute(of_city.order_by(WorkOrderSystem.name))
    return tuple(_read_state(row) for row in rows)


def _read_state(row: Any) -> SystemState:
    return replace(SystemState(*row), is_stopped=bool(row.is_stopped))


def retry_message(connection: Connection, city_id: str, message_id: str, now: int) -> None:
    """Send a message again now.

    One that was refused or stuck goes as if for the first time, by the city's rules of today.
    Raises NotFound, and BadRequest for one that has arrived, is being sent or was given up.
    """
    message = lock_unfinished(connection, city_id, message_id)
    again: dict[str, Any] = {"not_before": now}
    if message.needs_staff:
        again |= {"state": PENDING, "attempts": 0, "token": None, "finished_at": None}
        again |= {"system": "", "code": None} if message.kind == OPEN_CASE else {}
    _change(connection, city_id, message_id, **again)


def give_up_message(
    connection: Connection, city_id: str, message_id: str, reason: str, now: int
) -> None:
    """Never send a message, nor, if it is a report, any later one about it.

    `reason` is kept for staff. Raises NotFound, and BadRequest without a reason or for a message
    that has arrived, is being sent or was given up.
    """
    if not reason.strip():
        raise BadRequest("Say why it is given up, so that others understand it later.")
    message = lock_unfinished(connection, city_id, message_id)
    end = {"state": GIVEN_UP, "answer": reason.strip()[:MAX_REASON], "finished_at": now}
    _change(connection, city_id, message_id, **end)
    if message.kind == OPEN_CASE:
        later = _unsent_after(city_id, message)
        connection.execute(update(OutboxMessage).where(*later).values(**end))


def _unsent_after(city_id: str, message: Message) -> tuple[ColumnElement[bool], ...]:
    return (
        OutboxMessage.jurisdiction_id == city_id,
        OutboxMessage.case_key == message.case_key,
        OutboxMessage.number > message.number,
        OutboxMessage.state != SENT,
    )


def resume_system(connection: Connection, city_id: str, system: str, now: int) -> None:
    """Try a system again now that was stopped, or is left alone for a while.

    Raises NotFound if nothing was ever sent to it.
    """
    key = WorkOrderSystem.jurisdiction_id == city_id, WorkOrderSystem.name == system
    changes = {"failures": 0, "rests_until": 0, "is_stopped": 0, "changed_at": now}
    if not connection.execute(update(WorkOrderSystem).where(*key).values(**changes)).rowcount:
        raise NotFound("Nothing was ever sent to a system named {system}.", system=system[:60])


def read_message(row: Any) -> Message:
    """A row of MESSAGES as a Message."""
    values = dict(row._mapping)
    return Message(**(values | {"payload": json.loads(values["payload"])}))


def _add(
    connection: Connection,
    city_id: str,
    case_key: int,
    kind: str,
    payload: dict,
    now: int,
    **values: Any,
) -> None:
    said = json.dumps([payload, now], sort_keys=True)
    digest = hashlib.sha256(said.encode()).hexdigest()[:16]
    values |= {
        "jurisdiction_id": city_id,
        "id": f"{kind}:{case_key}:{digest}",
        "case_key": case_key,
        "kind": kind,
        "payload": json.dumps(payload, sort_keys=True),
        "state": PENDING,
        "created_at": now,
        "not_before": now,
        "attempts": 0,
    }
    connection.execute(insert(OutboxMessage).values(**values))


def lock_unfinished(connection: Connection, city_id: str, message_id: str) -> Message:
    """Lock a message until the transaction ends, so that no sender claims it meanwhile."""
    query = MESSAGES.where(OutboxMessage.jurisdiction_id == city_id, OutboxMessage.id == message_id)
    row = connection.execute(query.with_for_update(of=OutboxMessage)).first()
    if row is None:
        raise NotFound("There is no such message.")
    message = read_message(row)
    if message.state in (SENT, GIVEN_UP):
        raise BadRequest("This message has arrived, or was given up before.")
    if message.state == LEASED:
        raise BadRequest("This message is being sent at this moment. Look again in a minute.")
    return message


def _change(connection: Connection, city_id: str, message_id: str, **values: Any) -> None:
    """Change a message, and take its lease away."""
    key = OutboxMessage.jurisdiction_id == city_id, OutboxMessage.id == message_id
    values |= {"lease_token": None, "lease_expires_at": None}
    connection.execute(update(OutboxMessage).where(*key).values(**values))


_OF_CASE = (Case.jurisdiction_id == OutboxMessage.jurisdiction_id) & (
    Case.id == OutboxMessage.case_key
)
_COLUMNS = [
    Case.case_id if name == "case_id" else getattr(OutboxMessage, name)
    for name in Message.__dataclass_fields__
]
MESSAGES = select(*_COLUMNS).join_from(OutboxMessage, Case, _OF_CASE)
"""Every message, with its case's number."""
