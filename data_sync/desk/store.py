"""The desk's verbs: each is one decision, one transaction and one row of history. They are told who acts and what time it is.

`desk` is the desk's engine, or a connection that is in a write transaction already: then the verb becomes part of it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, or_, select, update

from data_sync.desk import questions
from data_sync.desk.errors import DeskError, UnknownCase, UnknownService, WrongState
from data_sync.desk.models import HAS_REFERENCE, IS_PHOTO, IS_PRIVATE, Case, History, Service, write
from data_sync.desk.records import DeskCase, DeskService

BULK = 5_000
MAX_WORDS = 4_000
CLOSURE_REASONS = (
    "Fixed",
    "Could not be found",
    "Already reported",
    "Not the city's to fix",
    "No further action",
)

Desk = Engine | Connection


def add_services(desk: Desk, services: Iterable[DeskService]) -> int:
    """Add services the desk does not know yet; known ones keep what they are. Returns how many were added."""
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
    """Store many cases at once, in order; for filling a desk. Returns how many.

    Raises IntegrityError, and stores none, for an id the desk has, a service it does not know, or times that contradict each other.
    """
    names = list(DeskCase.__dataclass_fields__)
    statement = f"insert into cases ({', '.join(names)}) values ({', '.join('?' * len(names))})"
    stored, remaining = 0, iter(cases)
    with write(desk) as connection:
        while chunk := [_row(case, names) for case in islice(remaining, BULK)]:
            connection.exec_driver_sql(statement, chunk)
            stored += len(chunk)
    return stored


def count_cases(engine: Engine) -> int:
    """How many cases the desk holds."""
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(Case)).scalar_one()


def report_case(
    desk: Desk,
    *,
    service_code: str,
    now: datetime,
    actor: str,
    description: str = "",
    address: str = "",
    lat: float | None = None,
    lon: float | None = None,
    channel: str = "Staff",
    media_url: str = "",
    external_reference: str = "",
    reporter_name: str = "",
    reporter_email: str = "",
    reporter_phone: str = "",
    is_public: bool = True,
    more_photos: Sequence[str] = (),
    answers: Mapping[str, Sequence[str]] | None = None,
    department: str = "",
    queue: str = "",
) -> str:
    """A new case; returns its id. The same `external_reference` again returns the id it was given the first time.

    `media_url` is the photo that is shown with it, `more_photos` stand in its history; `answers` are by the question's code. It goes to
    the `queue` of the `department` named, where the desk has these, else to the service's own.

    Raises UnknownService.
    """
    at = _epoch(now)
    told = {
        "external_reference": external_reference,
        "service_code": service_code,
        "description": clean(description),
        "address": clean(address),
        "lat": lat,
        "lon": lon,
        "channel": channel,
        "media_url": media_url,
        "reporter_name": clean(reporter_name),
        "reporter_email": clean(reporter_email),
        "reporter_phone": clean(reporter_phone),
        "is_public": is_public,
    }
    blank = {"status": "open", "closed_at": None, "closure_reason": "", "closed_media_url": ""}
    with write(desk) as connection:
        if external_reference and (known := case_by_reference(connection, external_reference)):
            return known
        service = service_row(connection, service_code)
        expected_at = (
            None if service.sla_hours is None else _epoch(now + timedelta(hours=service.sla_hours))
        )
        place = _queue_for(connection, service, department, queue)
        times = {"requested_at": at, "updated_at": at, "expected_at": expected_at}
        request_id = _new_id(connection, now)
        new = (
            insert(Case)
            .values(request_id=request_id, **told, **blank, **place, **times)
            .returning(Case.id)
        )
        case_id = connection.execute(new).scalar_one()
        _remember(connection, case_id, at, actor, "reported", "")
        for url in more_photos:
            _remember(connection, case_id, at, actor, "photographed", url)
        questions.keep_answers(connection, case_id, service_code, answers or {})
    return request_id


def take_case(desk: Desk, request_id: str, *, actor: str, now: datetime) -> None:
    """Somebody begins to work on a case, or takes it over. Raises WrongState for a closed case or one the actor has already."""
    with write(desk) as connection:
        case = _open_case(connection, request_id)
        if case.taken_by == actor and case.status == "in_progress":
            raise WrongState(f"{actor} has case {request_id} already.")
        at = _change(connection, case, now, status="in_progress", taken_by=actor)
        _remember(connection, case.id, at, actor, "taken", "")


def add_note(
    desk: Desk, request_id: str, words: str, *, actor: str, now: datetime, is_public: bool
) -> None:
    """A note on a case; residents see the public ones. Raises DeskError when it is empty."""
    if not clean(words):
        raise DeskError("The note is empty. Write a word or two.")
    with write(desk) as connection:
        case = case_row(connection, request_id)
        at = _change(connection, case, now)
        _remember(connection, case.id, at, actor, "noted", clean(words), is_public)


def show_case(desk: Desk, request_id: str, is_public: bool, *, now: datetime) -> None:
    """Let everybody see a case, or the staff alone."""
    with write(desk) as connection:
        _change(connection, case_row(connection, request_id), now, is_public=is_public)


def add_photo(
    desk: Desk,
    request_id: str,
    media_url: str,
    *,
    actor: str,
    now: datetime,
    is_public: bool = True,
) -> None:
    """A photo: of the problem while an open case has none, else of the work that was done; one for staff stands in the history alone."""
    with write(desk) as connection:
        case = case_row(connection, request_id)
        shows_work = case.media_url or case.status == "closed"
        at = _change(
            connection,
            case,
            now,
            **({"closed_media_url" if shows_work else "media_url": media_url} if is_public else {}),
        )
        _remember(connection, case.id, at, actor, "photographed", media_url)


def close_case(
    desk: Desk, request_id: str, reason: str, *, actor: str, now: datetime, photo: str = ""
) -> None:
    """Close an open case with a reason the resident will read. Raises WrongState when it is closed, DeskError without a reason."""
    if not clean(reason):
        raise DeskError("A case is closed with a reason. Choose one or write it.")
    with write(desk) as connection:
        case = _open_case(connection, request_id)
        shown = {"closed_media_url": photo} if photo else {}
        closed_at = max(_epoch(now), case.requested_at)
        at = _change(
            connection,
            case,
            now,
            status="closed",
            closed_at=closed_at,
            closure_reason=clean(reason),
            **shown,
        )
        _remember(connection, case.id, at, actor, "closed", clean(reason), is_public=True)


def reopen_case(desk: Desk, request_id: str, reason: str, *, actor: str, now: datetime) -> None:
    """Open a closed case again. Raises WrongState for one that is open."""
    with write(desk) as connection:
        case = case_row(connection, request_id)
        if case.status != "closed":
            raise WrongState(f"Case {request_id} is open already.")
        at = _change(
            connection, case, now, status="open", closed_at=None, closure_reason="", taken_by=""
        )
        _remember(connection, case.id, at, actor, "reopened", clean(reason), is_public=True)


def move_to_queue(desk: Desk, request_id: str, queue: str, *, actor: str, now: datetime) -> None:
    """Hand an open case to another queue; its department goes with it, and nobody has taken it there yet.

    Raises WrongState for a closed case or one that is in the queue already, DeskError for a queue no service and no case uses.
    """
    with write(desk) as connection:
        case = _open_case(connection, request_id)
        if case.queue == queue:
            raise WrongState(f"Case {request_id} is in the queue {queue!r} already.")
        department = _department_of(connection, queue)
        if department is None:
            raise DeskError(f"There is no queue {queue[:60]!r}. Choose one from the list.")
        at = _change(
            connection, case, now, queue=queue, department=department, status="open", taken_by=""
        )
        _remember(connection, case.id, at, actor, "moved", f"{case.queue} → {queue}")


def case_row(connection: Connection, request_id: str) -> Row[Any]:
    """The case's row, private or not. Raises UnknownCase."""
    row = connection.execute(select(Case.__table__).where(Case.request_id == request_id)).first()
    if row is None:
        raise UnknownCase(f"There is no case {request_id[:60]!r}.")
    return row


def case_by_reference(connection: Connection, reference: str) -> str | None:
    """Id of the case that another system sent under this reference."""
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
    """Whether private cases alone hold this photo: the demonstration's drawn ones belong to many cases, public and private."""
    holds = or_(Case.media_url == media_url, Case.closed_media_url == media_url)
    noted = (
        select(Case.id)
        .join(History, History.case_id == Case.id)
        .where(IS_PHOTO, History.words == media_url)
    )
    held_by_private = (
        select(Case.id).where(IS_PRIVATE, holds),
        noted.where(Case.is_public.is_(False)),
    )
    if not any(connection.execute(query.limit(1)).first() for query in held_by_private):
        return False
    held_by_public = (select(Case.id).where(Case.is_public, holds), noted.where(Case.is_public))
    return not any(connection.execute(query.limit(1)).first() for query in held_by_public)


def clean(words: str) -> str:
    """Plain text that every reader can hold: no control characters but line ends and tabs, at most 4,000 characters."""
    words = words.replace("\r\n", "\n").strip()
    return "".join(
        letter
        for letter in words
        if letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs", "Cn")
    )[:MAX_WORDS]


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
    """Where a new case goes: as its sender says, if some case or service is there already."""
    is_known = [
        select(Kind.queue).where(Kind.department == department, Kind.queue == queue).limit(1)
        for Kind in (Service, Case)
    ]
    if any(connection.execute(query).first() for query in is_known):
        return {"department": department, "queue": queue}
    return {"department": service.department, "queue": service.queue}


def _open_case(connection: Connection, request_id: str) -> Row[Any]:
    row = case_row(connection, request_id)
    if row.status == "closed":
        raise WrongState(f"Case {request_id} is closed. Reopen it first.")
    return row


def _change(connection: Connection, case: Row[Any], now: datetime, **columns: Any) -> int:
    # A reader that walks cases by their last change takes the later of two versions: every change has a later second than the one before.
    at = max(_epoch(now), case.updated_at + 1)
    connection.execute(update(Case).where(Case.id == case.id).values(updated_at=at, **columns))
    return at


def _remember(
    connection: Connection,
    case_id: int,
    at: int,
    actor: str,
    verb: str,
    words: str,
    is_public: bool = False,
) -> None:
    connection.execute(
        insert(History).values(
            case_id=case_id, at=at, actor=actor, verb=verb, words=words, is_public=is_public
        )
    )


def _new_id(connection: Connection, now: datetime) -> str:
    """The next number of the year: "26-00012345"."""
    year = now.astimezone(UTC).strftime("%y")
    last = connection.execute(
        select(func.max(Case.request_id)).where(Case.request_id.between(f"{year}-0", f"{year}-9~"))
    ).scalar()
    return f"{year}-{int(last.split('-')[1]) + 1 if last else 1:08d}"


def _row(case: DeskCase, names: list[str]) -> tuple[Any, ...]:
    values = [getattr(case, name) for name in names]
    return tuple(_epoch(value) if isinstance(value, datetime) else value for value in values)


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
