"""What the staff's pages show: the queue, most urgent first, and one case with its history."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, or_, select, tuple_

from data_sync.desk import merging, open311_fields, questions, store
from data_sync.desk.models import Case, History

PAGE_CASES = 50
SHORT_WORDS = 80
NO_TARGET = 1 << 40  # later than every target
STATUS_WORDS = {"open": "Open", "in_progress": "In work", "closed": "Closed", "overdue": "Overdue"}
STATUS_SHAPES = {"open": "●", "in_progress": "◐", "closed": "✓", "overdue": "◔"}
TABS = {"": "To do", "overdue": "Overdue", "in_progress": "In work", "closed": "Closed"}
VERB_WORDS = {
    "reported": "Reported",
    "taken": "Taken",
    "noted": "Note",
    "photographed": "Photo added",
    "closed": "Closed",
    "reopened": "Reopened",
    "moved": "Handed over",
    "joined": "Joined as already reported",
    "parted": "Taken apart",
}


@dataclass(frozen=True)
class QueueFilter:
    """What the queue page shows. `status` is one of TABS ("" is all not closed) or "open"."""

    queue: str = ""
    status: str = ""
    words: str = ""


def build_queue_page(
    connection: Connection, asked: QueueFilter, after: str, now: datetime, zone: tzinfo
) -> dict[str, Any]:
    """One page of cases: longest overdue first, those without a target last.

    Closed cases come newest first. `after` is the `next_after` of the previous page; anything else
    starts at the top.
    """
    start = _read_position(after)
    query = _select_page(asked, start, now)
    rows = list(connection.execute(query.limit(PAGE_CASES + 1)))
    names = open311_fields.service_names(connection)
    last = rows[PAGE_CASES - 1] if len(rows) > PAGE_CASES else None
    return {
        "cases": [_describe_case(row, names, now, zone) for row in rows[:PAGE_CASES]],
        "next_after": f"{last.position}_{last.id}" if last else "",
        "after": start,
        "tabs": _list_tabs(connection, asked, now),
        "queues": _list_queues(connection),
        "asked": asked,
    }


def _select_page(asked: QueueFilter, start: Any, now: datetime) -> Select:
    is_closed = asked.status == "closed"
    key = Case.closed_at if is_closed else func.coalesce(Case.expected_at, NO_TARGET)
    position = tuple_(key, Case.id)
    query = select(Case.__table__, key.label("position"))
    query = query.where(*_filter(asked), _status(asked.status, now))
    if start:
        query = query.where(position < start if is_closed else position > start)
    if is_closed:
        return query.order_by(Case.closed_at.desc(), Case.id.desc())
    return query.order_by(key, Case.id)


def build_case_page(
    connection: Connection, request_id: str, now: datetime, zone: tzinfo
) -> dict[str, Any]:
    """A case and its history, newest first. Raises UnknownCase."""
    row = store.case_row(connection, request_id)
    history = connection.execute(
        select(History.__table__).where(History.case_id == row.id).order_by(History.id.desc())
    )
    return {
        "case": _describe_case(row, open311_fields.service_names(connection), now, zone),
        "row": row,
        "history": [_describe_entry(entry, zone) for entry in history],
        "answers": questions.list_answers(connection, row.id),
        "reported": _describe_time(row.requested_at, zone),
        "queues": _list_queues(connection),
        "reasons": store.CLOSURE_REASONS,
        "parent": merging.parent_of(connection, row.id),
        "repeats": merging.repeats_of(connection, row.id),
        "similar": _list_similar(connection, row, now) if row.status != "closed" else [],
    }


def _list_similar(connection: Connection, row: Row[Any], now: datetime) -> list[tuple[str, str]]:
    """Cases that this one may repeat: our number of each, and what it is in words."""
    at = int(now.timestamp())
    return [
        (
            other.request_id,
            f"{other.request_id}, {other.address or 'no address'}, {meters} meters away, "
            f"reported {_describe_span(at - other.requested_at)} ago: "
            f"{_shorten(other.description) or 'no words'}",
        )
        for other, meters in merging.similar_cases(connection, row)
    ]


def _shorten(words: str) -> str:
    return textwrap.shorten(words, SHORT_WORDS, placeholder=" …")


def _filter(asked: QueueFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Case.queue == asked.queue] if asked.queue else []
    if asked.words:
        columns = (Case.request_id, Case.external_reference, Case.description, Case.address)
        found = (column.contains(asked.words, autoescape=True) for column in columns)
        conditions.append(or_(*found))
    return conditions


def _status(status: str, now: datetime) -> ColumnElement[bool]:
    if status in ("open", "in_progress", "closed"):
        return Case.status == status
    to_do = Case.status.in_(("open", "in_progress"))
    return and_(to_do, Case.expected_at < int(now.timestamp())) if status == "overdue" else to_do


def _list_tabs(
    connection: Connection, asked: QueueFilter, now: datetime
) -> list[tuple[str, str, int]]:
    """Each status, its word, and how many cases the filter finds with it."""
    found = _count_by_status(connection, asked, now)
    (waiting, waiting_late), (working, working_late), (closed, _) = (
        found.get(name, (0, 0)) for name in ("open", "in_progress", "closed")
    )
    counts = {
        "": waiting + working,
        "overdue": waiting_late + working_late,
        "in_progress": working,
        "closed": closed,
    }
    return [(status, word, counts[status]) for status, word in TABS.items()]


def _count_by_status(
    connection: Connection, asked: QueueFilter, now: datetime
) -> dict[str, tuple[int, int]]:
    """Of each stored status the cases, and those past their target."""
    late = func.sum(case((Case.expected_at < int(now.timestamp()), 1), else_=0))
    query = select(Case.status, func.count(), late).where(*_filter(asked)).group_by(Case.status)
    return {status: (cases, late_cases) for status, cases, late_cases in connection.execute(query)}


def _read_position(after: str) -> tuple[int, int] | None:
    """The end of the previous page, such as "1764000000_123"; None for anything else."""
    parts = after.split("_")
    if len(parts) == 2 and all(
        part.removeprefix("-").isdecimal() and part.isascii() and len(part) < 18 for part in parts
    ):
        return int(parts[0]), int(parts[1])
    return None


def _list_queues(connection: Connection) -> list[tuple[str, int]]:
    """Queues, and how many cases wait in each."""
    waiting = func.count().filter(Case.status != "closed")
    return [
        (queue, count)
        for queue, count in connection.execute(
            select(Case.queue, waiting).group_by(Case.queue).order_by(Case.queue)
        )
    ]


def _describe_case(
    row: Row[Any], names: dict[str, str], now: datetime, zone: tzinfo
) -> dict[str, Any]:
    at = int(now.timestamp())
    is_overdue = row.status != "closed" and row.expected_at is not None and row.expected_at < at
    status = "overdue" if is_overdue else row.status
    return {
        "id": row.request_id,
        "service": names[row.service_code],
        "address": row.address,
        "note": row.description,
        "queue": row.queue,
        "status": status,
        "status_word": STATUS_WORDS[status],
        "shape": STATUS_SHAPES[status],
        "age": _describe_span(at - row.requested_at),
        "due": _describe_target(row, at),
        "target": _describe_time(row.expected_at, zone),
        "closed": _describe_time(row.closed_at, zone),
        "taken_by": row.taken_by,
        "is_public": row.is_public,
        "has_photo": bool(row.media_url),
    }


def _describe_target(row: Row[Any], at: int) -> str:
    """The target in words; "" for a closed case or one without a target."""
    if row.status == "closed" or row.expected_at is None:
        return ""
    late = at - row.expected_at
    span = _describe_span(abs(late))
    return f"{span} over its target" if late > 0 else f"due in {span}"


def _describe_entry(entry: Row[Any], zone: tzinfo) -> dict[str, Any]:
    is_photo = entry.verb == "photographed"
    return {
        "at": _describe_time(entry.at, zone),
        "actor": entry.actor,
        "verb": VERB_WORDS[entry.verb],
        "words": "" if is_photo else entry.words,
        "photo": entry.words if is_photo else "",
        "is_public": entry.is_public,
    }


def _describe_span(seconds: int) -> str:
    """A duration as people say it: "5 minutes", "3 hours", "12 days"."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        # Days start at two: "26 hours" says more than "1 day".
        if seconds >= size * (2 if unit == "day" else 1):
            count = seconds // size
            return f"{count:,} {unit}{'' if count == 1 else 's'}"
    return "a moment"


def _describe_time(epoch: int | None, zone: tzinfo) -> dict[str, str] | None:
    """A time for people and for programs; None for None."""
    if epoch is None:
        return None
    local = datetime.fromtimestamp(epoch, zone)
    return {"words": f"{local:%a} {local.day} {local:%b %Y, %H:%M}", "exact": local.isoformat()}
