"""Staff found a report in the city's system, or know that it was merged there: it has arrived.

confirm_arrival(connection, city, "open_case:7:ab12", "26-5", now)   # under this number
confirm_arrival(connection, city, "open_case:7:ab12", "", now)       # without one
"""

from __future__ import annotations

from sqlalchemy import Connection, update

from portal.domain.claims import is_usable_number
from portal.domain.dispatch import Taken
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import BadRequest
from portal.services.report.numbers import why_not_ours
from portal.services.report.outbox import OPEN_CASE, SENT, lock_unfinished
from portal.services.report.sending import mark_arrived
from portal.store import data_version
from portal.store.report_models import OutboxMessage


def confirm_arrival(
    connection: Connection, city: Jurisdiction, message_id: str, number: str, now: int
) -> None:
    """Count a message as sent; `number` is the city's for a report, or empty if it has none.

    The number is checked as a system's answer is. Raises NotFound, and BadRequest for a number that
    cannot be this report's, or a message that arrived before, is being sent or was given up.
    """
    message = lock_unfinished(connection, city.id, message_id)
    taken = Taken(number.strip() or None)
    data_version.lock(connection, city.id, now)
    if taken.work_order_id is not None:
        if message.kind != OPEN_CASE or not is_usable_number(taken.work_order_id):
            raise BadRequest("This cannot be the city’s number for it. Leave it out if unsure.")
        if why_not_ours(connection, city, message, taken.work_order_id):
            raise BadRequest(
                "Another case has the number {number}. "
                "If the city merged this one with it, leave the number out.",
                number=taken.work_order_id,
            )
    key = OutboxMessage.jurisdiction_id == city.id, OutboxMessage.id == message.id
    values = {"state": SENT, "work_order_id": taken.work_order_id, "answer": None}
    values |= {"finished_at": now, "lease_token": None, "lease_expires_at": None}
    connection.execute(update(OutboxMessage).where(*key).values(**values))
    mark_arrived(connection, city, message, taken, now)
