"""The audit of staff: a line for all that is done by hand, which nobody changes."""

from __future__ import annotations

import hashlib

from sqlalchemy import Connection, func, insert, select

from portal.errors import BadRequest
from portal.store.staff_models import AuditLine

LONGEST_REASON = 1_000


def note(
    connection: Connection,
    city_id: str,
    who: str,
    action: str,
    reason: str,
    now: int,
    *,
    case: int | None = None,
    target: str = "",
    before: str | None = None,
    after: str | None = None,
) -> None:
    """Write a line, in the transaction of what is done; the city's data version must be locked. Raises BadRequest without a reason."""
    reason = " ".join(reason.split())[:LONGEST_REASON]
    if not reason:
        raise BadRequest("Say why, so that others understand it later.")
    last = connection.execute(
        select(func.max(AuditLine.number)).where(AuditLine.jurisdiction_id == city_id)
    ).scalar()
    values = {
        "jurisdiction_id": city_id,
        "number": (last or 0) + 1,
        "at": now,
        "who": who,
        "action": action,
        "case_key": case,
    }
    values |= {
        "target": target[:200],
        "reason": reason,
        "before": _digest(before),
        "after": _digest(after),
    }
    connection.execute(insert(AuditLine).values(**values))


def _digest(text: str | None) -> str | None:
    return (
        None if text is None else hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
    )
