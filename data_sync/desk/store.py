"""The desk's verbs: each is one decision, one transaction and one row of history. They are told who acts and what time it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from data_sync.desk.errors import DeskError, UnknownCase, UnknownService, WrongState
from data_sync.desk.models import Case, History, Service, write
from data_sync.desk.records import DeskCase, DeskService

BULK = 5_000
MAX_WORDS = 4_000
CLOSURE_REASONS = ("Fixed", "Could not be found", "Already reported", "Not the city's to fix", "No further action")


def add_services(engine: Engine, services: Iterable[DeskService]) -> int:
    """Add services the desk does not know yet; known ones keep what they are. Returns how many were added."""
    with write(engine) as connection:
        known = set(connection.execute(select(Service.service_code)).scalars())
        rows = [{**vars(service), "group_name": service.group} for service in services if service.service_code not in known]
        for row in rows:
            del row["group"]
        if rows:
            connection.execute(insert(Service), rows)
    return len(rows)


def add_cases(engine: Engine, cases: Iterable[DeskCase]) -> int:
    """Store many cases at once, in order; for filling a new desk. Returns how many. Raises IntegrityError for an id the desk has."""
    names = [column.name for column in Case.__table__.columns if column.name not in ("id", "taken_by", "reporter_email")]
    holes = ", ".join("?" * len(names))
    statement = f"insert into cases ({', '.join(names)}, taken_by, reporter_email) values ({holes}, '', '')"
    stored, remaining = 0, iter(cases)
    with write(engine) as connection:
        while chunk := [_row(case, names) for case in islice(remaining, BULK)]:
            connection.exec_driver_sql(statement, chunk)
            stored += len(chunk)
    return stored


def count_cases(engine: Engine) -> int:
    """How many cases the desk holds."""
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(Case)).scalar_one()


def report_case(
    engine: Engine,
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
    reporter_email: str = "",
    is_public: bool = True,
) -> str:
    """A new case; returns its id. The same `external_reference` again returns the id it was given the first time."""
    with write(engine) as connection:
        if external_reference and (known := _by_reference(connection, external_reference)):
            return known
        service = connection.execute(select(Service.__table__).where(Service.service_code == service_code)).first()
        if service is None:
            raise UnknownService(f"There is no service {service_code!r}; GET services lists those there are.")
        at = _epoch(now)
        request_id = _new_id(connection, now)
        case_id = connection.execute(
            insert(Case)
            .values(
                request_id=request_id,
                external_reference=external_reference,
                service_code=service_code,
                description=_words(description),
                address=_words(address),
                lat=lat,
                lon=lon,
                requested_at=at,
                updated_at=at,
                expected_at=_epoch(now + timedelta(hours=service.sla_hours)) if service.sla_hours else None,
                closed_at=None,
                status="open",
                department=service.department,
                queue=service.queue,
                channel=channel,
                closure_reason="",
                media_url=media_url,
                closed_media_url="",
                is_public=is_public,
                reporter_email=reporter_email,
            )
            .returning(Case.id)
        ).scalar_one()
        _remember(connection, case_id, at, actor, "reported", "")
    return request_id


def take_case(engine: Engine, request_id: str, *, actor: str, now: datetime) -> None:
    """Somebody begins to work on an open case. Raises WrongState for a closed one."""
    with write(engine) as connection:
        case = _open_case(connection, request_id)
        _change(connection, case, now, status="in_progress", taken_by=actor)
        _remember(connection, case.id, _epoch(now), actor, "taken", "")


def add_note(engine: Engine, request_id: str, words: str, *, actor: str, now: datetime, is_public: bool) -> None:
    """A note on a case; residents see the public ones. Raises DeskError when it is empty."""
    if not _words(words):
        raise DeskError("The note is empty; write a word or two.")
    with write(engine) as connection:
        case = case_row(connection, request_id)
        _change(connection, case, now)
        _remember(connection, case.id, _epoch(now), actor, "noted", _words(words), is_public)


def add_photo(engine: Engine, request_id: str, media_url: str, *, actor: str, now: datetime) -> None:
    """A photo of the finished work, or of the problem where there was none."""
    with write(engine) as connection:
        case = case_row(connection, request_id)
        column = "closed_media_url" if case.media_url else "media_url"
        _change(connection, case, now, **{column: media_url})
        _remember(connection, case.id, _epoch(now), actor, "photographed", media_url)


def close_case(engine: Engine, request_id: str, reason: str, *, actor: str, now: datetime, photo: str = "") -> None:
    """Close an open case with a reason the resident will read. Raises WrongState when it is closed, DeskError without a reason."""
    if not _words(reason):
        raise DeskError("A case is closed with a reason; choose one or write it.")
    with write(engine) as connection:
        case = _open_case(connection, request_id)
        photo_column = {"closed_media_url": photo} if photo else {}
        _change(connection, case, now, status="closed", closed_at=_epoch(now), closure_reason=_words(reason), **photo_column)
        _remember(connection, case.id, _epoch(now), actor, "closed", _words(reason), is_public=True)


def reopen_case(engine: Engine, request_id: str, reason: str, *, actor: str, now: datetime) -> None:
    """Open a closed case again. Raises WrongState for one that is open."""
    with write(engine) as connection:
        case = case_row(connection, request_id)
        if case.status != "closed":
            raise WrongState(f"Case {request_id} is open already.")
        _change(connection, case, now, status="open", closed_at=None, closure_reason="", taken_by="")
        _remember(connection, case.id, _epoch(now), actor, "reopened", _words(reason), is_public=True)


def move_to_queue(engine: Engine, request_id: str, queue: str, *, actor: str, now: datetime) -> None:
    """Hand an open case to another queue; its department goes with it. Raises DeskError for a queue no service uses."""
    with write(engine) as connection:
        case = _open_case(connection, request_id)
        department = _department_of(connection, queue)
        if department is None:
            raise DeskError(f"There is no queue {queue!r}; choose one of the list.")
        _change(connection, case, now, queue=queue, department=department, status="open", taken_by="")
        _remember(connection, case.id, _epoch(now), actor, "moved", f"{case.queue} → {queue}")


def case_row(connection: Connection, request_id: str) -> Row[Any]:
    """The case's row. Raises UnknownCase."""
    row = connection.execute(select(Case.__table__).where(Case.request_id == request_id)).first()
    if row is None:
        raise UnknownCase(f"There is no case {request_id!r}.")
    return row


def _department_of(connection: Connection, queue: str) -> str | None:
    from_services = select(Service.department).where(Service.queue == queue)
    from_cases = select(Case.department).where(Case.queue == queue)
    return connection.execute(from_services.limit(1)).scalar() or connection.execute(from_cases.limit(1)).scalar()


def _open_case(connection: Connection, request_id: str) -> Row[Any]:
    row = case_row(connection, request_id)
    if row.status == "closed":
        raise WrongState(f"Case {request_id} is closed; reopen it first.")
    return row


def _change(connection: Connection, case: Row[Any], now: datetime, **columns: Any) -> None:
    # Time never runs backwards for a reader that walks cases by their last change.
    at = max(_epoch(now), case.updated_at)
    connection.execute(update(Case).where(Case.id == case.id).values(updated_at=at, **columns))


def _remember(connection: Connection, case_id: int, at: int, actor: str, verb: str, words: str, is_public: bool = False) -> None:
    connection.execute(insert(History).values(case_id=case_id, at=at, actor=actor, verb=verb, words=words, is_public=is_public))


def _by_reference(connection: Connection, reference: str) -> str | None:
    return connection.execute(select(Case.request_id).where(Case.external_reference == reference)).scalar()


def _new_id(connection: Connection, now: datetime) -> str:
    """The next number of the year: "26-00012345"."""
    year = now.astimezone(UTC).strftime("%y")
    last = connection.execute(select(func.max(Case.request_id)).where(Case.request_id.between(f"{year}-0", f"{year}-9~"))).scalar()
    return f"{year}-{int(last.split('-')[1]) + 1 if last else 1:08d}"


def _row(case: DeskCase, names: list[str]) -> tuple[Any, ...]:
    values = [getattr(case, name) for name in names]
    return tuple(_epoch(value) if isinstance(value, datetime) else value for value in values)


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def _words(words: str) -> str:
    return "".join(letter for letter in words.strip() if letter.isprintable() or letter == "\n")[:MAX_WORDS]
