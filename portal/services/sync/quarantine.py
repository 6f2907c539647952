"""Rows that the sync could not use, kept raw with the reason.

A row stays until its case arrives in order, or until it has not come again for a long time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

from sqlalchemy import Connection, select, text

from portal.store import bulk
from portal.store.models import QuarantinedRow

LONGEST_RAW = 20_000
LONGEST_NUMBER = 100
LONGEST_MESSAGE = 1_000
FORGOTTEN_AT_ONCE = 1_000

_ADD = """
insert into quarantine (jurisdiction_id, source, raw_hash, source_id, reason, message, raw,
    first_seen_at, last_seen_at, resolved_at)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, null)
on conflict (jurisdiction_id, source, raw_hash) do update set
    source_id = excluded.source_id, reason = excluded.reason, message = excluded.message,
    last_seen_at = excluded.last_seen_at, resolved_at = null
"""
_RESOLVE = """
update quarantine set resolved_at = :now
where jurisdiction_id = :city and source = :source and resolved_at is null and source_id in {values}
"""


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that cannot be used.

    `raw` is the row as it came (JSON), `reason` one word to count by, `message` names the case, the
    field and the value.
    """

    raw: str
    reason: str
    message: str
    source_id: str | None = None


def add_rows(
    connection: Connection, city_id: str, source: str, rows: Iterable[RejectedRow], now: int
) -> None:
    """Keep rejected rows. One that is kept already only gets a new time."""
    kept = {}
    for row in rows:
        digest = blake2b(row.raw.encode("utf-8", "replace"), digest_size=16).hexdigest()
        raw = _storable(row.raw)[:LONGEST_RAW]
        message = _storable(row.message)[:LONGEST_MESSAGE]
        number = None if row.source_id is None else _storable(row.source_id)[:LONGEST_NUMBER]
        kept[digest] = (city_id, source, digest, number, row.reason, message, raw, now, now)
    bulk.execute_many(connection, _ADD, list(kept.values()))


def resolve_rows(
    connection: Connection, city_id: str, source: str, source_ids: list[str], now: int
) -> None:
    """Mark the rows of these cases as resolved, because the cases have arrived in order."""
    unresolved = select(QuarantinedRow.raw_hash).where(
        QuarantinedRow.jurisdiction_id == city_id,
        QuarantinedRow.source == source,
        QuarantinedRow.resolved_at.is_(None),
    )
    if connection.execute(unresolved.limit(1)).first():
        bulk.change_in(connection, _RESOLVE, source_ids, now=now, city=city_id, source=source)


def forget_old_rows(connection: Connection, city_id: str, before: int) -> int:
    """Delete rows last seen before a moment (epoch s), because they may name people.

    Deletes resolved and unresolved rows, a few at a time; returns how many.
    """
    old = connection.execute(
        text(_OLD), {"city": city_id, "before": before, "most": FORGOTTEN_AT_ONCE}
    ).all()
    bulk.execute_many(connection, _DELETE, [(city_id, source, digest) for source, digest in old])
    return len(old)


_OLD = (
    "select source, raw_hash from quarantine"
    " where jurisdiction_id = :city and last_seen_at < :before limit :most"
)
_DELETE = "delete from quarantine where jurisdiction_id = ? and source = ? and raw_hash = ?"


def _storable(text: str) -> str:
    """The text without NUL and lone surrogates, which PostgreSQL does not take."""
    return text.replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode()
