"""What was done by hand in a city, on the staff's pages and on the command line.

For the core engine.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Select, and_, select

from portal.store.models import Case
from portal.store.staff_models import AuditLine

MOST = 50


@dataclass(frozen=True)
class AuditEntry:
    """What someone did, and why. `at` is in epoch seconds.

    `case_id` is None if it belongs to no case, such as a new account or a message in the outbox.
    """

    number: int
    at: int
    who: str
    action: str
    target: str
    reason: str
    case_id: str | None


@dataclass(frozen=True)
class AuditPage:
    """Lines, newest first. The next page is before the number `older`; None on the last page."""

    lines: tuple[AuditEntry, ...]
    older: int | None


def newest_lines(
    connection: Connection, city_id: str, before: int | None = None, most: int = MOST
) -> AuditPage:
    """What was done in a city, newest first, or only what was done before a line's number."""
    query = _lines(city_id) if before is None else _lines(city_id).where(AuditLine.number < before)
    found = [AuditEntry(*row) for row in connection.execute(query.limit(most + 1))]
    return AuditPage(tuple(found[:most]), found[most - 1].number if len(found) > most else None)


def lines_of_case(connection: Connection, city_id: str, case: int) -> tuple[AuditEntry, ...]:
    """What was done to a case, by its key, newest first."""
    query = _lines(city_id).where(AuditLine.case_key == case)
    return tuple(AuditEntry(*row) for row in connection.execute(query))


def _lines(city_id: str) -> Select:
    columns = (
        AuditLine.number,
        AuditLine.at,
        AuditLine.who,
        AuditLine.action,
        AuditLine.target,
        AuditLine.reason,
        Case.case_id,
    )
    of_line = and_(Case.jurisdiction_id == AuditLine.jurisdiction_id, Case.id == AuditLine.case_key)
    lines = select(*columns).select_from(AuditLine).outerjoin(Case, of_line)
    return lines.where(AuditLine.jurisdiction_id == city_id).order_by(AuditLine.number.desc())
