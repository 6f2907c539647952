"""Which case the staff mean by a number: ours (26-00036730) or the resident's (K7M3-Q2X-9TD)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, or_, select

from data_sync.desk.models import HAS_REFERENCE, Case
from portal.domain import tracking, tracking_number

YEARS_BACK = 12
LONGEST_HOUSE_NUMBER = 4
DASH_AFTER = 2
"""Our numbers begin with two digits for the year."""


@dataclass(frozen=True)
class FoundNumbers:
    """Our numbers of the cases that were meant, or else of those that may have been."""

    meant: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


def find_by_number(connection: Connection, typed: str) -> FoundNumbers:
    """The cases with this number, however it was typed; else those that come near.

    Capitals, dashes and words around it do not matter, and ours may lack its year: “500” alone may
    be a house number too. Only a resident's number tells its mistakes.
    """
    if not tracking.can_be_case_number(typed):
        return FoundNumbers()
    number = tracking.read_number(typed)
    theirs = tracking_number.parse_tracking_number(number)
    if found := _find(connection, *_readings(number), *filter(None, [theirs])):
        return FoundNumbers(meant=found)
    if found := _find(connection, *_with_years(connection, number)):
        is_short = len(number) <= LONGEST_HOUSE_NUMBER
        return FoundNumbers(near=found) if is_short else FoundNumbers(meant=found)
    return FoundNumbers(near=_find(connection, *tracking_number.correct_tracking_number(number)))


def _readings(number: str) -> tuple[str, ...]:
    readings = tracking.list_readings(number)
    bare = [each.replace(" ", "").replace("-", "") for each in readings]
    return (*readings, *(f"{each[:DASH_AFTER]}-{each[DASH_AFTER:]}" for each in bare))


def _with_years(connection: Connection, number: str) -> tuple[str, ...]:
    newest = connection.execute(
        select(Case.request_id, Case.requested_at).order_by(Case.requested_at.desc()).limit(1)
    ).first()
    if newest is None:
        return ()
    year = datetime.fromtimestamp(newest.requested_at, UTC).year
    return tracking.add_years(number, newest.request_id, range(year, year - YEARS_BACK, -1))


def _find(connection: Connection, *numbers: str) -> tuple[str, ...]:
    if not numbers:
        return ()
    asked = or_(Case.request_id.in_(numbers), HAS_REFERENCE & Case.external_reference.in_(numbers))
    rows = connection.execute(select(Case.request_id).where(asked).order_by(Case.id.desc()))
    return tuple(rows.scalars())
