"""What can be done in the desk: each action is one decision, one transaction, one row of history.

    report_case(desk, NewCase("pothole", lat=42.3, lon=-71.1), now=now, actor="Open311")

The caller says who acts and what time it is. `desk` is the desk's engine, or a connection that is
already in a write transaction: then the action becomes part of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, insert, or_, select

from data_sync.desk import merging, questions
from data_sync.desk.changes import (
    add_history,
    case_row,
    change_case,
    clean_text,
    open_case_row,
    to_epoch,
)
from data_sync.desk.errors import DeskError, UnknownService, WrongState
from data_sync.desk.models import HAS_REFERENCE, IS_PHOTO, IS_PRIVATE, Case, History, Service, write
from data_sync.desk.records import DeskCase, DeskService, NewCase

BULK = 5_000
CLOSURE_REASONS = (
    "Fixed",
    "Could not be found",
    "Not the city's to fix",
    "No further action",
)

Desk = Engine | Connection


def add_services(desk: Desk, services: Iterable[DeskService]) -> int:
    """Add services that are new to the desk; known ones stay as they are. Returns how many."""
    with write(desk) as connection:
        known = set(connection.execute(select(Service.service_code)).scalars())
        rows = [
            {**vars(service), "group_name": service.group}
            for service in services
            if service.service_code not in known
        ]
        for row in rows:
            del row["group"]
        if rows:
            connection.execute(insert(Service), rows)
    return len(rows)


def add_cases(desk: Desk, cases: Iterable[DeskCase]) -> int:
    """Store many cases at once, in order, to fill a desk. Returns how many.

    Raises IntegrityError, and stores none, if an id is taken, a service unknown, or times
    contradict each other.
    """
    names = list(DeskCase.__dataclass_fields__)
    statement = f"insert into cases ({', '.join(names)}) values ({', '.join('?' * len(names))})"
    stored = 0
    remaining = iter(cases)
    with write(desk) as connection:
        while chunk := [_row(case, names) for case in islice(remaining, BULK)]:
            connection.exec_driver_sql(statement, chunk)
            stored += len(chunk)
    return stored


def count_cases(engine: Engine, *, are_public: bool = False) -> int:
    """How many cases the desk has, or how many of them the public may see."""
    counted = select(func.count()).select_from(Case)
    with engine.connect() as connection:
        return connection.execute(
            counted.where(Case.is_public) if are_public else counted
        ).scalar_one()


def report_case(desk: Desk, new: NewCase, *, now: datetime, actor: str) -> str:
    """Store a new case; returns its id. A repeated `external_reference` returns the first id.

    It goes to the queue and department it names if the desk has them, else to the service's own.
    Raises UnknownService.
    """
    with write(desk) as connection:
        reference = new.external_reference
        if reference and (known := case_by_reference(connection, reference)):
            return known
        service = service_row(connection, new.service_code)
        request_id = _new_id(connection, now)
        row = {
            "request_id": request_id,
            **_reported_columns(new),
            **_queue_for(connection, service, new.department, new.queue),
            **_first_times(service, now),
        }
        case_id = connection.execute(insert(Case).values(row).returning(Case.id)).scalar_one()
        add_history(connection, case_id, to_epoch(now), actor, "reported", "")
        for url in new.more_photos:
            add_history(connection, case_id, to_epoch(now), actor, "photographed", url)
        questions.store_answers(connection, case_id, new.service_code, new.answers)
    return request_id


def take_case(desk: Desk, request_id: str, *, actor: str, now: datetime) -> None:
    """The actor starts work on a case, or takes it over from another.

    Raises WrongState if the case is closed or already theirs.
    """
    with write(desk) as connection:
        case = open_case_row(connection, request_id)
        if case.taken_by == actor and case.status == "in_progress":
            raise WrongState(f"{actor} has case {request_id} already.")
        at = change_case(connection, case, now, status="in_progress", taken_by=actor)
        add_history(connection, case.id, at, actor, "taken", "")


def add_note(
    desk: Desk, request_id: str, words: str, *, actor: str, now: datetime, is_public: bool
) -> None:
    """Add a note to a case; residents see public notes. Raises DeskError if it is empty."""
    if not clean_text(words):
        raise DeskError("The note is empty. Write a word or two.")
    with write(desk) as connection:
        case = case_row(connection, request_id)
        at = change_case(connection, case, now)
        add_history(connection, case.id, at, actor, "noted", clean_text(words), is_public)


def set_visibility(desk: Desk, request_id: str, is_public: bool, *, now: datetime) -> None:
    """Show a case to everyone, or to the staff only."""
    with write(desk) as connection:
        case = case_row(connection, request_id)
        change_case(connection, case, now, is_public=is_public)
        merging.update_reasons(connection, case.id, now)


def add_photo(
    desk: Desk,
    request_id: str,
    media_url: str,
    *,
    actor: str,
    now: datetime,
    is_public: bool = True,
) -> None:
    """Add a photo: of the problem if an open case has none yet, else of the finished work.

    One that is not public only goes into the history.
    """
    with write(desk) as connection:
        case = case_row(connection, request_id)
        shows_work = case.media_url or case.status == "closed"
        column = "closed_media_url" if shows_work else "media_url"
        at = change_case(connection, case, now, **({column: media_url} if is_public else {}))
        add_history(connection, case.id, at, actor, "photographed", media_url)


def close_case(
    desk: Desk, request_id: str, reason: str, *, actor: str, now: datetime, photo: str = ""
) -> None:
    """Close an open case with a reason that the resident will read.

    Raises WrongState if it is closed, DeskError without a reason.
    """
    reason = clean_text(reason)
    if not reason:
        raise DeskError("A case is closed with a reason. Choose one or write it.")
    with write(desk) as connection:
        case = open_case_row(connection, request_id)
        shown = {"closed_media_url": photo} if photo else {}
        ending = {"closed_at": max(to_epoch(now), case.requested_at), "closure_reason": reason}
        at = change_case(connection, case, now, status="closed", **ending, **shown)
        add_history(connection, case.id, at, actor, "closed", reason, is_public=True)


def reopen_case(desk: Desk, request_id: str, reason: str, *, actor: str, now: datetime) -> None:
    """Reopen a closed case, apart from any that it repeated. Raises WrongState if it is open."""
    with write(desk) as connection:
        case = case_row(connection, request_id)
        if case.status != "closed":
            raise WrongState(f"Case {request_id} is open already.")
        at = change_case(
            connection, case, now, status="open", closed_at=None, closure_reason="", taken_by=""
        )
        add_history(connection, case.id, at, actor, "reopened", clean_text(reason), is_public=True)
        merging.part_case(connection, case, actor=actor, now=now)


def move_to_queue(desk: Desk, request_id: str, queue: str, *, actor: str, now: datetime) -> None:
    """Move an open case to another queue and its department; it is untaken there.

    Raises WrongState if the case is closed or already there, DeskError if no service and no case
    uses the queue.
    """
    with write(desk) as connection:
        case = open_case_row(connection, request_id)
        if case.queue == queue:
            raise WrongState(f"Case {request_id} is in the queue {queue!r} already.")
        department = _department_of(connection, queue)
        if department is None:
            raise DeskError(f"There is no queue {queue[:60]!r}. Choose one from the list.")
        place = {"queue": queue, "department": department}
        at = change_case(connection, case, now, **place, status="open", taken_by="")
        add_history(connection, case.id, at, actor, "moved", f"{case.queue} → {queue}")


def case_by_reference(connection: Connection, reference: str) -> str | None:
    """Id of the case that another system sent with this reference, or None."""
    return connection.execute(
        select(Case.request_id).where(HAS_REFERENCE, Case.external_reference == reference)
    ).scalar()


def service_row(connection: Connection, service_code: str) -> Row[Any]:
    """The service's row. Raises UnknownService."""
    row = connection.execute(
        select(Service.__table__).where(Service.service_code == service_code)
    ).first()
    if row is None:
        raise UnknownService(
            f"There is no service {service_code[:60]!r}. GET services lists those there are."
        )
    return row


def is_private_photo(connection: Connection, media_url: str) -> bool:
    """Whether only private cases have this photo.

    The demo's drawn photos belong to many cases, public and private.
    """
    holds = or_(Case.media_url == media_url, Case.closed_media_url == media_url)
    of_history = select(Case.id).join(History, History.case_id == Case.id)
    noted = of_history.where(IS_PHOTO, History.words == media_url)
    private = (select(Case.id).where(IS_PRIVATE, holds), noted.where(Case.is_public.is_(False)))
    public = (select(Case.id).where(Case.is_public, holds), noted.where(Case.is_public))
    return _finds_any(connection, private) and not _finds_any(connection, public)


def _finds_any(connection: Connection, queries: Iterable[Select]) -> bool:
    return any(connection.execute(query.limit(1)).first() for query in queries)


def _department_of(connection: Connection, queue: str) -> str | None:
    from_services = select(Service.department).where(Service.queue == queue)
    from_cases = select(Case.department).where(Case.queue == queue)
    return (
        connection.execute(from_services.limit(1)).scalar()
        or connection.execute(from_cases.limit(1)).scalar()
    )


def _queue_for(
    connection: Connection, service: Row[Any], department: str, queue: str
) -> dict[str, str]:
    """Where a new case goes: where its sender says, if a case or service is there already."""
    is_known = [
        select(Kind.queue).where(Kind.department == department, Kind.queue == queue).limit(1)
        for Kind in (Service, Case)
    ]
    if any(connection.execute(query).first() for query in is_known):
        return {"department": department, "queue": queue}
    return {"department": service.department, "queue": service.queue}


def _reported_columns(new: NewCase) -> dict[str, Any]:
    """The columns of a case that come from its report, and those that are still empty."""
    return {
        "external_reference": new.external_reference,
        "service_code": new.service_code,
        "description": clean_text(new.description),
        "address": clean_text(new.address),
        "lat": new.lat,
        "lon": new.lon,
        "channel": new.channel,
        "media_url": new.media_url,
        "reporter_name": clean_text(new.reporter_name),
        "reporter_email": clean_text(new.reporter_email),
        "reporter_phone": clean_text(new.reporter_phone),
        "is_public": new.is_public,
        "status": "open",
        "closed_at": None,
        "closure_reason": "",
        "closed_media_url": "",
    }


def _first_times(service: Row[Any], now: datetime) -> dict[str, int | None]:
    hours = service.sla_hours
    expected_at = None if hours is None else to_epoch(now + timedelta(hours=hours))
    return {"requested_at": to_epoch(now), "updated_at": to_epoch(now), "expected_at": expected_at}


def _new_id(connection: Connection, now: datetime) -> str:
    """The next number of the year, such as "26-00012345"."""
    year = now.astimezone(UTC).strftime("%y")
    last = connection.execute(
        select(func.max(Case.request_id)).where(Case.request_id.between(f"{year}-0", f"{year}-9~"))
    ).scalar()
    return f"{year}-{int(last.split('-')[1]) + 1 if last else 1:08d}"


def _row(case: DeskCase, names: list[str]) -> tuple[Any, ...]:
    values = [getattr(case, name) for name in names]
    return tuple(to_epoch(value) if isinstance(value, datetime) else value for value in values)
