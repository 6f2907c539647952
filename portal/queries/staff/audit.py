"""What was done by hand in a city, on staff's pages and on the command line: all of it, or of one case. For the core engine."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, Select, and_, select

from portal.store.models import Case
from portal.store.staff_models import AuditLine

MOST = 50


@dataclass(frozen=True)
class AuditEntry:
    """What somebody did, and why; `at` in epoch seconds. `case_id` is None where it belongs to no case: accounts, what is on its way."""

    number: int
    at: int
    who: str
    action: str
    target: str
    reason: str
    case_id: str | None


@dataclass(frozen=True)
class AuditPage:
    """Lines, newest first; `older` is the number before which the next page begins, None on the last."""

    lines: tuple[AuditEntry, ...]
    older: int | None


def newest_lines(
    connection: Connection, city_id: str, before: int | None = None, most: int = MOST
) -> AuditPage:
    """What was done in a city, newest first; `before` is the number of a line, and of it and newer ones nothing is shown."""
    query = _lines(city_id) if before is None else _lines(city_id).where(AuditLine.number < before)
    found = [AuditEntry(*row) for row in connection.execute(query.limit(most + 1))]
    return AuditPage(tuple(found[:most]), found[most - 1].number if len(found) > most else None)


def lines_of_case(connection: Connection, city_id: str, case: int) -> tuple[AuditEntry, ...]:
    """What was done to a case, by its key, newest first."""
    return tuple(
        AuditEntry(*row)
        for row in connection.execute(_lines(city_id).where(AuditLine.case_key == case))
    )


def _lines(city_id: str) -> Select:
    told = (
        AuditLine.number,
        AuditLine.at,
        AuditLine.who,
        AuditLine.action,
        AuditLine.target,
        AuditLine.reason,
        Case.case_id,
    )
    of_line = and_(Case.jurisdiction_id == AuditLine.jurisdiction_id, Case.id == AuditLine.case_key)
    lines = select(*told).select_from(AuditLine).outerjoin(Case, of_line)
    return lines.where(AuditLine.jurisdiction_id == city_id).order_by(AuditLine.number.desc())
