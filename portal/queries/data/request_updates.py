"""What became of public cases, as FixMyStreet's service request updates: notes and statuses.

    query = read_updates_query({"start_date": "2026-11-01"}, city.zone, now)
    list_updates(connection, city.id, query, "a key for ids")

An update is a public note of the city, at the time it was written, or a change of status, at the
time that the portal saw it. A case that came closed has none: its state is in GET requests.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, RowMapping, bindparam, text

from portal.open311.values import MAX_PAGE, MAX_PAGE_SIZE, format_time, read_list, read_whole_number
from portal.queries.data.requests_query import Args, Reader, read_span
from portal.queries.data.service_requests import find_keys

Tree = dict[str, Any]
ID_DIGITS = 24
SAID_AS = {"open": "OPEN", "in_progress": "IN_PROGRESS", "closed": "CLOSED"}
REOPENED = "REOPEN"


@dataclass(frozen=True)
class UpdatesQuery:
    """A checked question: a span of time (epoch s, both ends included) or cases by number."""

    start: int
    end: int
    ids: tuple[str, ...] = ()
    page: int = 1
    page_size: int = MAX_PAGE_SIZE


def read_updates_query(given: Args, zone: ZoneInfo, now: int) -> UpdatesQuery:
    """The question in GET parameters; the last 90 days if no time is named.

    With `service_request_id` all updates of these cases. Raises BadCalls.
    """
    args = {name: value.strip() for name, value in given.items() if value.strip()}
    reader = Reader()
    size = reader.get(lambda: read_whole_number(args, "page_size", MAX_PAGE_SIZE, MAX_PAGE_SIZE), 1)
    page = reader.get(lambda: read_whole_number(args, "page", 1, MAX_PAGE), 1)
    ids = tuple(reader.get(lambda: read_list(args, "service_request_id"), []))
    span = (0, now)
    if not ids or "start_date" in args or "end_date" in args:
        span = reader.get(lambda: read_span(args, zone, now), span)
    reader.finish()
    return UpdatesQuery(*span, ids, page, size)


def list_updates(
    connection: Connection, city_id: str, query: UpdatesQuery, key: str, site: str
) -> list[Tree]:
    """A page of updates of public cases, oldest first.

    `key` makes their ids, which tell nothing else; photos of the work are at `site`.
    """
    values = {
        "city": city_id,
        "start": query.start,
        "end": query.end,
        "limit": query.page_size,
        "skipped": (query.page - 1) * query.page_size,
    }
    if query.ids:
        keys = find_keys(connection, city_id, query.ids)
        of_cases = text(_select(" and r.id in :keys", " and n.case_key in :keys"))
        statement = of_cases.bindparams(bindparam("keys", expanding=True))
        rows = connection.execute(statement, {**values, "keys": keys}).mappings()
    else:
        rows = connection.execute(text(_select("", "")), values).mappings()
    return [_describe(row, key, site) for row in rows]


def _describe(row: RowMapping, key: str, site: str) -> Tree:
    identity = f"{row['case_id']} {row['kind']} {row['at']} {row['part']}"
    digest = hmac.new(key.encode(), identity.encode("utf-8", "replace"), hashlib.sha256)
    photo = row["photo"] if row["kind"] == "closed" else None
    return {
        "update_id": digest.hexdigest()[:ID_DIGITS],
        "service_request_id": row["case_id"],
        "status": _status(row),
        "updated_datetime": format_time(row["at"]),
        "description": row["words"] or "",
        "media_url": f"{site}/photos/{photo}-1600.webp" if photo else "",
    }


def _status(row: RowMapping) -> str:
    """A note says where its case stands: only a change of status changes it."""
    if row["kind"] == "note":
        return SAID_AS[row["status"]]
    is_reopened = row["old"] == "closed" and row["kind"] != "closed"
    return REOPENED if is_reopened else SAID_AS.get(row["kind"], "OPEN")


def _select(of_statuses: str, of_notes: str) -> str:
    return f"""
select * from ({_STATUSES}{of_statuses} union all {_NOTES}{of_notes}) told
order by at, case_id, kind, part limit :limit offset :skipped
"""


# The reason belongs to the last closing; of an earlier one the city's words are gone.
_STATUSES = """
select r.seen_at as at, c.case_id as case_id, r.new_value as kind, r.old_value as old, 0 as part,
    c.status as status,
    case when r.new_value = 'closed' and c.status = 'closed' and not exists (
        select 1 from public_case_revisions l where l.jurisdiction_id = r.jurisdiction_id
        and l.id = r.id and l.field = 'status' and l.rev > r.rev
    ) then c.closure_reason end as words,
    (select max(p.name) from public_photos p where p.jurisdiction_id = c.jurisdiction_id
        and p.case_key = c.id and p.kind = 'after') as photo
from public_case_revisions r
join public_cases c on c.jurisdiction_id = r.jurisdiction_id and c.id = r.id
where r.jurisdiction_id = :city and r.field = 'status' and r.seen_at between :start and :end"""
_NOTES = """
select n.said_at, c.case_id, 'note', null, n.number, c.status, n.words, null
from public_case_notes n
join public_cases c on c.jurisdiction_id = n.jurisdiction_id and c.id = n.case_key
where n.jurisdiction_id = :city and n.said_at between :start and :end"""
