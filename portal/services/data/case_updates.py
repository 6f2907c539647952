"""Updates of reports made here, told by the city's program instead of read from its system.

    apply_update(portal, city, SentUpdate("u-7", "K7DX0A4QPM", "CLOSED", "Filled"), key, now)

A case that the portal reads from the city's system is changed there and nowhere else: two sources
of one truth would contradict each other. What an update says is stored, published and told to
residents and followers as the sync does (services/sync/case_batch).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from portal.context import Portal
from portal.domain.api_key import ApiKey
from portal.domain.areas import Areas
from portal.domain.case import CaseRecord, CityNote, Status
from portal.domain.clean_record import CleanRecord, content_hash
from portal.domain.jurisdiction import Jurisdiction
from portal.domain.tidy import tidy
from portal.errors import BadCall, CallNotFound
from portal.open311.words import CLOSING, LONGEST_ID, REOPENING, STATUSES, WORKING
from portal.queries.cases.case_numbers import exact_number
from portal.queries.cases.outlines import areas_at_in_transaction
from portal.services.sync.arrivals import Arrival, StoredCase
from portal.services.sync.case_batch import SECONDS_PER_DAY, CaseBatch
from portal.services.sync.case_rows import Stamp
from portal.services.sync.case_states import PORTAL_SOURCE
from portal.services.sync.vocabulary import Vocabulary
from portal.store import data_version
from portal.store.buckets import Limit, take_token

MAX_WORDS = 4_000
PROGRAM = "program"
ONCE = Limit(1, 0)
"""A repeated update is known for a day, as rate limits are; later it changes nothing again."""


@dataclass(frozen=True)
class SentUpdate:
    """An update as a program sends it; `update_id` is the sender's own number for it."""

    update_id: str
    number: str
    status: str = ""
    words: str = ""


def apply_update(
    portal: Portal, city: Jurisdiction, sent: SentUpdate, key: ApiKey, now: int
) -> None:
    """Apply an update to its case, once. `now` is in epoch seconds.

    Raises CallNotFound for a number that no report made here has, and BadCall for what cannot be
    applied or was applied before.
    """
    _check(sent)
    with portal.transaction() as connection:
        rev = data_version.lock(connection, city.id, now) + 1
        row = _find_case(connection, city.id, sent.number)
        _require_first(connection, city.id, sent, key, now)
        clean = _clean(connection, city, row, _changed(connection, city.id, row, sent, now), now)
        vocabulary = Vocabulary(connection, city)
        rule = vocabulary.rule_for(row.service_code, row.service_name)
        arrival = Arrival(clean, rule, _stored(row), set_visibility=row.visibility)
        batch = CaseBatch(connection, vocabulary, Stamp(city.id, PROGRAM, rev, now), None)
        batch.change([arrival])
        # The city's own system is still to send it back, and is then to be believed.
        kept = {"city": city.id, "id": row.id, "order": row.work_order_id, "hash": row.content_hash}
        connection.execute(text(_KEEP), kept)
        data_version.set_version(connection, city.id, rev, now, is_public=batch.is_seen)


def _check(sent: SentUpdate) -> None:
    if not sent.update_id or len(sent.update_id) > LONGEST_ID:
        raise BadCall(
            "update_id is the sender's own number of the update, of 1 to {most} characters.",
            most=LONGEST_ID,
        )
    if sent.status not in STATUSES:
        raise BadCall(
            "status is {status!r}; it is one of {known}.",
            status=sent.status[:40],
            known=", ".join(sorted(STATUSES - {""})),
        )
    if not sent.status and not sent.words:
        raise BadCall("An update has a status, or a description, or both.")


def _find_case(connection: Connection, city_id: str, number: str) -> Row[Any]:
    values = {"city": city_id, "number": exact_number(number)}
    rows = connection.execute(text(_CASE), values).all()
    if not rows or rows[0].visibility == "withdrawn":
        raise CallNotFound("There is no case with this number.")
    if rows[0].source != PORTAL_SOURCE:
        raise BadCall("The portal reads this case from the city's own system; change it there.")
    return rows[0]


def _require_first(
    connection: Connection, city_id: str, sent: SentUpdate, key: ApiKey, now: int
) -> None:
    digest = hashlib.sha256(sent.update_id.encode("utf-8", "replace")).hexdigest()[:32]
    if not take_token(connection, city_id, f"update {key.id} {digest}", ONCE, now):
        raise BadCall("The update {id!r} already exists.", id=sent.update_id)


def _changed(
    connection: Connection, city_id: str, row: Row[Any], sent: SentUpdate, now: int
) -> dict[str, Any]:
    """What the record says after the update: status, closing, and the city's notes."""
    at = datetime.fromtimestamp(now, UTC)
    words = tidy(sent.words, MAX_WORDS, keeps_lines=True)
    known = connection.execute(text(_NOTES), {"city": city_id, "id": row.id})
    notes = [CityNote(n.kind, n.said, datetime.fromtimestamp(n.said_at, UTC)) for n in known]
    was_closed = row.status == "closed"
    status: Status = row.status
    closed_at = None if row.closed_at is None else datetime.fromtimestamp(row.closed_at, UTC)
    reason = row.closure_reason
    if sent.status in CLOSING and not was_closed:
        said = words or sent.status.replace("_", " ").capitalize()
        status, closed_at, reason, words = "closed", at, said, None
    elif sent.status in REOPENING and was_closed:
        status, closed_at, reason = "open", None, None
    elif sent.status in WORKING and not was_closed:
        status = "in_progress"
    if words:
        kind = "reopened" if was_closed and status == "open" else "note"
        notes.append(CityNote(kind, words, at))
    said_now = {"status": status, "closed_at": closed_at, "closure_reason": reason}
    return said_now | {"notes": tuple(notes)}


def _clean(
    connection: Connection, city: Jurisdiction, row: Row[Any], changed: dict[str, Any], now: int
) -> CleanRecord:
    opened_at = datetime.fromtimestamp(row.opened_at, UTC)
    closed: datetime | None = changed["closed_at"]
    closed_at = None if closed is None else int(closed.timestamp())
    record = CaseRecord(
        source_id=row.work_order_id or row.case_id,
        case_id=row.case_id,
        service_code=row.service_code,
        service_name=row.service_name,
        service_group=row.group_name,
        city_status=row.city_status,
        opened_at=opened_at,
        updated_at=datetime.fromtimestamp(now, UTC),
        close_provenance="source" if closed else None,
        department=row.department,
        queue=row.queue,
        channel=row.channel,
        photo_url=row.photo_url,
        closed_photo_url=row.closed_photo_url,
        parent_id=row.parent_case_id,
        **changed,
    )
    return CleanRecord(
        record=record,
        contradictions=0,
        updated_at=now,
        opened_at=row.opened_at,
        closed_at=closed_at,
        target_at=row.target_at,
        opened_month=_month(opened_at, city),
        closed_month=None if closed is None else _month(closed, city),
        days_open=None if closed_at is None else (closed_at - row.opened_at) // SECONDS_PER_DAY,
        content_hash=content_hash(record, row.opened_at, closed_at, row.target_at),
        areas=Areas()
        if row.lat is None
        else areas_at_in_transaction(connection, city.id, row.lat, row.lon),
    )


def _month(at: datetime, city: Jurisdiction) -> int:
    local = at.astimezone(city.zone)
    return local.year * 12 + local.month - 1


def _stored(row: Row[Any]) -> StoredCase:
    return StoredCase(
        row.id,
        row.source_updated_at,
        row.content_hash,
        row.visibility,
        row.place_precision,
        row.source,
        row.status,
        row.closed_at,
        row.opened_at,
        awaits_echo=False,
    )


def _name(kind: str) -> str:
    of_case = f"l.jurisdiction_id = c.jurisdiction_id and l.label_id = c.{kind}_id"
    return f"(select l.name from labels l where {of_case}) as {kind}"


_CASE = f"""
select c.id, c.case_id, c.source, c.work_order_id, c.visibility, c.place_precision, c.status,
    c.city_status, c.opened_at, c.closed_at, c.target_at, c.source_updated_at, c.content_hash,
    c.photo_url, c.closed_photo_url, c.parent_case_id,
    case when o.id is null then c.lat else o.lat end as lat,
    case when o.id is null then c.lon else o.lon end as lon,
    case when o.id is null then c.closure_reason else o.closure_reason end as closure_reason,
    s.service_code, s.name as service_name, s.group_name,
    {", ".join(map(_name, ("department", "queue", "channel")))}
from cases c
join services s on s.jurisdiction_id = c.jurisdiction_id and s.service_id = c.service_id
left join case_originals o on o.jurisdiction_id = c.jurisdiction_id and o.id = c.id
where c.jurisdiction_id = :city and c.case_id = :number
"""
_NOTES = """
select kind, coalesce(original, words) as said, said_at from case_notes
where jurisdiction_id = :city and case_key = :id order by number
"""
_KEEP = """
update cases set work_order_id = :order, content_hash = :hash
where jurisdiction_id = :city and id = :id
"""
