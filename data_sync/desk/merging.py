"""“Already reported”: two cases of one problem are joined, and the repeat is closed.

    merge_case(desk, "26-00000007", "K7M3-Q2X-9TD", "", actor="Ana", now=now)

The repeat's reason names the case that the desk works on, unless that one is private: then no one
outside learns its number. To open the repeat again takes the two apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from data_sync.desk import numbers
from data_sync.desk.changes import (
    add_history,
    case_row,
    change_case,
    clean_text,
    open_case_row,
    to_epoch,
)
from data_sync.desk.errors import DeskError, WrongState
from data_sync.desk.models import Case, Merge, write
from portal.domain.tracking_number import format_tracking_number, parse_tracking_number

REASON = "Already reported"
NEAR_METERS = 200
MOST_SIMILAR = 5
METERS_PER_DEGREE = 111_320.0


def merge_case(
    desk: Engine | Connection, request_id: str, typed: str, words: str, *, actor: str, now: datetime
) -> str:
    """Close a case as a repeat of the one with this number, of ours or the resident's.

    Returns our number of the other case. Raises WrongState if one of them is closed or the other
    is a repeat itself, DeskError if the number is not that of one other case, or if a public case
    would name a private one.
    """
    with write(desk) as connection:
        case = open_case_row(connection, request_id)
        other = _find_other(connection, case, typed)
        _check_other(connection, case, other)
        said = clean_text(words)
        repeats = update(Merge).where(Merge.into_id == case.id).values(into_id=other.id)
        connection.execute(repeats)
        connection.execute(insert(Merge).values(case_id=case.id, into_id=other.id, words=said))
        reason = _write_reason(other, said)
        ending = {"closed_at": max(to_epoch(now), case.requested_at), "closure_reason": reason}
        at = change_case(connection, case, now, status="closed", **ending)
        # Without the number: what is history stays, and the other case may become private.
        bare = _write_reason(None, said)
        add_history(connection, case.id, at, actor, "closed", bare, is_public=True)
        add_history(connection, case.id, at, actor, "joined", f"to {other.request_id}")
        # No change of the other case: that it has a private repeat is nobody's business.
        add_history(connection, other.id, to_epoch(now), actor, "joined", f"by {request_id}")
        update_reasons(connection, other.id, now)
    return other.request_id


def part_case(connection: Connection, case: Row[Any], *, actor: str, now: datetime) -> None:
    """Take a case apart from the one it repeats, if it repeats one, because it is opened again."""
    into = connection.execute(select(Merge.into_id).where(Merge.case_id == case.id)).scalar()
    if into is None:
        return
    connection.execute(delete(Merge).where(Merge.case_id == case.id))
    other = connection.execute(select(Case.request_id).where(Case.id == into)).scalar_one()
    add_history(connection, case.id, to_epoch(now), actor, "parted", f"from {other}")
    add_history(connection, into, to_epoch(now), actor, "parted", f"from {case.request_id}")


def update_reasons(connection: Connection, case_id: int, now: datetime) -> None:
    """Let the reasons of a case's repeats name it, or no longer, as it is public or not."""
    other = connection.execute(select(Case.__table__).where(Case.id == case_id)).one()
    repeats = select(Case.__table__, Merge.words).join(Merge, Merge.case_id == Case.id)
    for repeat in connection.execute(repeats.where(Merge.into_id == case_id)).all():
        reason = _write_reason(other, repeat.words)
        if reason != repeat.closure_reason:
            change_case(connection, repeat, now, closure_reason=reason)


def parents_of(connection: Connection, rows: Iterable[Row[Any]]) -> dict[int, str]:
    """Our number of the case that each repeats, by the key of the repeat.

    The number of a private case is told of private repeats alone, which only a client with an API
    key gets.
    """
    private = {row.id: not row.is_public for row in rows}
    found = connection.execute(
        select(Merge.case_id, Case.request_id, Case.is_public)
        .join(Case, Case.id == Merge.into_id)
        .where(Merge.case_id.in_(list(private)))
    )
    return {key: request_id for key, request_id, is_public in found if is_public or private[key]}


def parent_of(connection: Connection, case_id: int) -> str | None:
    """Our number of the case that this one repeats, for the staff; None if it repeats none."""
    into = select(Merge.into_id).where(Merge.case_id == case_id).scalar_subquery()
    return connection.execute(select(Case.request_id).where(Case.id == into)).scalar()


def repeats_of(connection: Connection, case_id: int) -> list[str]:
    """Our numbers of the cases that repeat this one, oldest first, for the staff."""
    joined = select(Case.request_id).join(Merge, Merge.case_id == Case.id)
    return list(
        connection.execute(joined.where(Merge.into_id == case_id).order_by(Case.id)).scalars()
    )


def similar_cases(connection: Connection, case: Row[Any]) -> list[tuple[Row[Any], int]]:
    """Cases to be done of the same type within 200 meters, nearest first, at most five.

    Each with its distance in meters. A public case gets no private ones.
    """
    if case.lat is None or case.lon is None:
        return []
    band = NEAR_METERS / METERS_PER_DEGREE
    near = (
        Case.status.in_(("open", "in_progress")),
        Case.service_code == case.service_code,
        Case.id != case.id,
        Case.lat.between(case.lat - band, case.lat + band),
    )
    seen = [Case.is_public.is_(True)] if case.is_public else []
    rows = connection.execute(select(Case.__table__).where(*near, *seen)).all()
    apart = [(row, _meters_between(case, row)) for row in rows if row.lon is not None]
    found = [(row, meters) for row, meters in apart if meters <= NEAR_METERS]
    return sorted(found, key=lambda one: (one[1], one[0].id))[:MOST_SIMILAR]


def _meters_between(one: Row[Any], other: Row[Any]) -> int:
    north = (one.lat - other.lat) * METERS_PER_DEGREE
    east = (one.lon - other.lon) * METERS_PER_DEGREE * math.cos(math.radians(one.lat))
    return round(math.hypot(north, east))


def _find_other(connection: Connection, case: Row[Any], typed: str) -> Row[Any]:
    """The case that is meant. Raises DeskError if it is not one, or this one."""
    if not typed.strip():
        raise DeskError("Which case is it? Choose one or write its number.")
    found = numbers.find_by_number(connection, typed)
    if len(found.meant) != 1:
        near = " or ".join((found.meant or found.near)[:3])
        hint = f"Did you mean {near}?" if near else "Look at its spelling."
        raise DeskError(f"We have no case {typed.strip()[:60]}. {hint}")
    if found.meant[0] == case.request_id:
        raise DeskError("That is the number of this case. Write the number of the other one.")
    return case_row(connection, found.meant[0])


def _check_other(connection: Connection, case: Row[Any], other: Row[Any]) -> None:
    """Raises WrongState or DeskError if the case cannot be a repeat of the other."""
    number = other.request_id
    if case.is_public and not other.is_public:
        raise DeskError(
            f"Case {number} is private, and the public would learn of it. Join it to this one."
        )
    parent = parent_of(connection, other.id)
    if parent == case.request_id:
        raise WrongState(f"Case {number} is joined to this one already.")
    if parent is not None:
        raise WrongState(f"Case {number} is joined to {parent}. Join this one to {parent}, too.")
    if other.status == "closed":
        raise WrongState(
            f"Case {number} is closed, so no one would hear when it is done. "
            "Reopen that one first, or close this one with another reason."
        )


def _write_reason(other: Row[Any] | None, words: str) -> str:
    """What residents read. It names the other case by the number that they may know."""
    said = REASON
    if other is not None and other.is_public:
        said += f" as case {_known_number(other)}"
    return f"{said}. {words}".strip()


def _known_number(case: Row[Any]) -> str:
    theirs = parse_tracking_number(case.external_reference)
    return format_tracking_number(theirs) if theirs else case.request_id
