"""Service request updates, FixMyStreet's extension of Open311, sent and received."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from data_sync.desk import store
from data_sync.desk.errors import DeskError
from data_sync.desk.models import Case, History, Update
from portal.open311.values import (
    MAX_PAGE,
    MAX_PAGE_SIZE,
    format_time,
    read_time,
    read_whole_number,
)
from portal.open311.words import CLOSING, LONGEST_ID, REOPENING, STATUSES, WORKING

SAID_AS = {"noted": "OPEN", "closed": "CLOSED", "reopened": "REOPEN"}
FOREVER = 1 << 40


@dataclass(frozen=True)
class SentUpdate:
    """An update as another system sends it.

    `update_id` is the sender's number; `media_url` is the address of a photo, or "". `is_public`:
    whether residents may read its words. `case_is_public`: whether the public may see the case
    from now on; None leaves that as it is.
    """

    update_id: str
    request_id: str
    status: str
    words: str
    media_url: str
    is_public: bool = True
    case_is_public: bool | None = None


def read_update(fields: Mapping[str, str], media_url: str) -> SentUpdate:
    """The update in a form. Raises DeskError, which names what is missing."""
    sent = SentUpdate(
        update_id=fields.get("update_id", "").strip(),
        request_id=fields.get("service_request_id", "").strip(),
        status=fields.get("status", "").strip().upper(),
        words=store.clean_text(fields.get("description", "")),
        media_url=media_url,
        is_public=fields.get("is_public") != "false",
        case_is_public={"true": True, "false": False}.get(fields.get("case_is_public", "")),
    )
    _check_update(sent)
    return sent


def _check_update(sent: SentUpdate) -> None:
    if not sent.update_id or len(sent.update_id) > LONGEST_ID:
        raise DeskError(
            f"update_id is the sender's own number of the update, of 1 to {LONGEST_ID} characters; "
            f"it is {sent.update_id[:40]!r}."
        )
    if sent.status not in STATUSES:
        raise DeskError(
            f"status is {sent.status[:40]!r}; it is one of {', '.join(sorted(STATUSES - {''}))}."
        )


def apply_update(connection: Connection, sent: SentUpdate, *, actor: str, now: datetime) -> None:
    """Apply an update to its case, once.

    Raises UnknownCase, or DeskError if the update was applied before. If the case already is as
    the update wants it (closing a closed case), only its words are added, as a note.
    """
    case = store.case_row(connection, sent.request_id)
    if connection.execute(
        select(Update.update_id).where(Update.update_id == sent.update_id)
    ).first():
        raise DeskError(f"The update {sent.update_id!r} already exists.")
    acts = {"actor": actor, "now": now}
    has_used_words = _change_status(connection, sent, case.status, acts)
    if sent.words and not has_used_words:
        store.add_note(connection, sent.request_id, sent.words, is_public=sent.is_public, **acts)
    if sent.case_is_public is not None and sent.case_is_public != case.is_public:
        store.set_visibility(connection, sent.request_id, sent.case_is_public, now=now)
    if sent.media_url:
        store.add_photo(
            connection, sent.request_id, sent.media_url, is_public=sent.is_public, **acts
        )
    connection.execute(
        insert(Update).values(update_id=sent.update_id, case_id=case.id, at=int(now.timestamp()))
    )


def _change_status(
    connection: Connection, sent: SentUpdate, status: str, acts: dict[str, Any]
) -> bool:
    """Close, reopen or take the case as the update says; whether its words went into that."""
    if sent.status in CLOSING and status != "closed":
        reason = sent.words or sent.status.replace("_", " ").capitalize()
        store.close_case(connection, sent.request_id, reason, **acts)
        return True
    if sent.status in REOPENING and status == "closed":
        store.reopen_case(connection, sent.request_id, sent.words, **acts)
        return True
    if sent.status in WORKING and status == "open":
        store.take_case(connection, sent.request_id, **acts)
    return False


def list_updates(connection: Connection, args: Mapping[str, str]) -> list[dict[str, str]]:
    """A page of public notes, closings and reopenings from start_date to end_date, oldest first.

    Raises BadRequest.
    """
    start = read_time(args, "start_date")
    end = read_time(args, "end_date")
    page = read_whole_number(args, "page", 1, MAX_PAGE)
    size = read_whole_number(args, "page_size", MAX_PAGE_SIZE, MAX_PAGE_SIZE)
    told = (
        select(History.__table__, Case.request_id)
        .join(Case, Case.id == History.case_id)
        .where(History.is_public, Case.is_public)
    )
    span = History.at.between(0 if start is None else start, FOREVER if end is None else end)
    rows = connection.execute(
        told.where(span).order_by(History.at, History.id).limit(size).offset((page - 1) * size)
    )
    return [_describe(row) for row in rows]


def _describe(row: Any) -> dict[str, str]:
    return {
        "update_id": str(row.id),
        "service_request_id": row.request_id,
        "status": SAID_AS[row.verb],
        "updated_datetime": format_time(row.at),
        "description": row.words,
        "media_url": "",
    }
