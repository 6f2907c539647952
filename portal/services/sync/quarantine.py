"""Rows the sync could not use: kept raw with their reason until the same case arrives in order, or they have long not come again."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

from sqlalchemy import Connection, select, text

from portal.store import bulk
from portal.store.models import QuarantinedRow

LONGEST_RAW = 20_000
LONGEST_MESSAGE = 1_000
FORGOTTEN_AT_ONCE = 1_000

_HOLD = """
insert into quarantine (jurisdiction_id, source, raw_hash, source_id, reason, message, raw, first_seen_at, last_seen_at, resolved_at)
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
    """One row that cannot be used: `raw` as it came (JSON), `reason` one word for counting, `message` with case, field and value."""

    raw: str
    reason: str
    message: str
    source_id: str | None = None


def hold(
    connection: Connection, city_id: str, source: str, rows: list[RejectedRow], now: int
) -> None:
    """Keep the rows; one that is here already is only seen again."""
    held = {}
    for row in rows:
        digest = blake2b(row.raw.encode("utf-8", "replace"), digest_size=16).hexdigest()
        raw, message = _storable(row.raw)[:LONGEST_RAW], _storable(row.message)[:LONGEST_MESSAGE]
        held[digest] = (city_id, source, digest, row.source_id, row.reason, message, raw, now, now)
    bulk.execute_many(connection, _HOLD, list(held.values()))


def resolve(
    connection: Connection, city_id: str, source: str, source_ids: list[str], now: int
) -> None:
    """Mark what we hold of these cases as settled: they have arrived in order."""
    unresolved = select(QuarantinedRow.raw_hash).where(
        QuarantinedRow.jurisdiction_id == city_id,
        QuarantinedRow.source == source,
        QuarantinedRow.resolved_at.is_(None),
    )
    if connection.execute(unresolved.limit(1)).first():
        bulk.change_in(connection, _RESOLVE, source_ids, now=now, city=city_id, source=source)


def forget_old(connection: Connection, city_id: str, before: int) -> int:
    """Delete rows that have not come again since a moment, settled or not, a few at a time: they may name people. Returns how many."""
    old = connection.execute(
        text(_OLD), {"city": city_id, "before": before, "most": FORGOTTEN_AT_ONCE}
    ).all()
    bulk.execute_many(connection, _FORGET, [(city_id, source, digest) for source, digest in old])
    return len(old)


_OLD = "select source, raw_hash from quarantine where jurisdiction_id = :city and last_seen_at < :before limit :most"
_FORGET = "delete from quarantine where jurisdiction_id = ? and source = ? and raw_hash = ?"


def _storable(text: str) -> str:
    """PostgreSQL takes no NUL and no half character in a text."""
    return text.replace("\x00", "\\0").encode("utf-8", "backslashreplace").decode()
