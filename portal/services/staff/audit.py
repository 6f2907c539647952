"""The audit log of staff: a line for everything done by hand. No one can change a line.

act = Act("Ana", "names a neighbor", now)
add_line(connection, city.id, act, "hide words", Subject(case, "note", before, after))
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from portal.errors import BadRequest
from portal.store.staff_models import AuditLine

LONGEST_REASON = 1_000
LONGEST_TARGET = 200


@dataclass(frozen=True)
class Act:
    """Who of the staff does something, why, and when (epoch s)."""

    who: str
    reason: str
    now: int


@dataclass(frozen=True)
class Subject:
    """What a line is about: a case by its key, what of it, and the text before and after."""

    case: int | None = None
    target: str = ""
    before: str | None = None
    after: str | None = None


def add_line(connection: Connection, city_id: str, act: Act, action: str, subject: Subject) -> None:
    """Add a line, in the transaction of what is done. Raises BadRequest without a reason.

    The caller has locked the city's data version.
    """
    reason = " ".join(act.reason.split())[:LONGEST_REASON]
    if not reason:
        raise BadRequest("Say why, so that others understand it later.")
    last = connection.execute(
        select(func.max(AuditLine.number)).where(AuditLine.jurisdiction_id == city_id)
    ).scalar()
    values = {
        "jurisdiction_id": city_id,
        "number": (last or 0) + 1,
        "at": act.now,
        "who": act.who,
        "action": action,
        "case_key": subject.case,
        "target": subject.target[:LONGEST_TARGET],
        "reason": reason,
        "before": _digest(subject.before),
        "after": _digest(subject.after),
    }
    connection.execute(insert(AuditLine).values(**values))


def _digest(text: str | None) -> str | None:
    if text is None:
        return None
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
