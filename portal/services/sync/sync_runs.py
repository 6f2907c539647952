"""The log of the sync: runs with their counts, and where each source goes on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, insert, select, text, update

from portal.store import bulk
from portal.store.models import SyncCursor, SyncRun

RUNNING, DONE, FAILED, STOPPED = "running", "done", "failed", "stopped"
LONGEST_MESSAGE = 1_000
FORGOTTEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class PageCounts:
    """What became of a page: read = new + changed + unchanged + quarantined. `rev`: the city's data version afterwards."""

    read: int
    new: int
    changed: int
    unchanged: int
    quarantined: int
    rev: int


def start(connection: Connection, city_id: str, source: str, now: int) -> int:
    """Begin a run and return its number. Runs that were killed are marked as such: the caller holds the city's lease."""
    killed = SyncRun.jurisdiction_id == city_id, SyncRun.source == source, SyncRun.state == RUNNING
    connection.execute(
        update(SyncRun)
        .where(*killed)
        .values(state=FAILED, finished_at=now, message="the process ended before the run did")
    )
    last = (
        connection.execute(
            select(func.max(SyncRun.sync_run_id)).where(SyncRun.jurisdiction_id == city_id)
        ).scalar()
        or 0
    )
    connection.execute(
        insert(SyncRun).values(
            jurisdiction_id=city_id, sync_run_id=last + 1, source=source, state=RUNNING, started_at=now,
            read=0, new=0, changed=0, unchanged=0, quarantined=0,
        )
    )  # fmt: skip
    return last + 1


def finish(
    connection: Connection,
    city_id: str,
    sync_run_id: int,
    state: str,
    message: str | None,
    now: int,
) -> None:
    """End a run: done, failed or stopped, with a sentence where there is something to say."""
    of_run = SyncRun.jurisdiction_id == city_id, SyncRun.sync_run_id == sync_run_id
    said = message[:LONGEST_MESSAGE] if message else None
    connection.execute(
        update(SyncRun).where(*of_run).values(state=state, finished_at=now, message=said)
    )


def count_page(
    connection: Connection,
    city_id: str,
    sync_run_id: int | None,
    counts: PageCounts,
    newest: int | None,
) -> None:
    """Add a page to its run."""
    if sync_run_id is None:
        return
    of_run = SyncRun.jurisdiction_id == city_id, SyncRun.sync_run_id == sync_run_id
    values: dict[Any, Any] = {
        name: getattr(SyncRun, name) + getattr(counts, name)
        for name in ("read", "new", "changed", "unchanged", "quarantined")
    }
    if newest is not None:
        values["newest_source_at"] = func.coalesce(
            _greater(connection, SyncRun.newest_source_at, newest), newest
        )
    connection.execute(update(SyncRun).where(*of_run).values(values))


def cursor_of(connection: Connection, city_id: str, source: str) -> dict[str, Any] | None:
    """Where the source goes on; None before its first page."""
    query = select(SyncCursor.cursor).where(
        SyncCursor.jurisdiction_id == city_id, SyncCursor.source == source
    )
    stored = connection.execute(query).scalar()
    return json.loads(stored) if stored else None


_MOVE = """
insert into sync_cursors (jurisdiction_id, source, cursor, newest_source_at, moved_at) values (:city, :source, :cursor, :newest, :now)
on conflict (jurisdiction_id, source) do update set cursor = excluded.cursor, moved_at = excluded.moved_at,
    newest_source_at = case when sync_cursors.newest_source_at > excluded.newest_source_at then sync_cursors.newest_source_at
        else coalesce(excluded.newest_source_at, sync_cursors.newest_source_at) end
"""


def move_cursor(
    connection: Connection,
    city_id: str,
    source: str,
    cursor: dict[str, Any] | None,
    newest: int | None,
    now: int,
) -> None:
    """Go on from here next time; None leaves the cursor where it is. `newest` never goes back and is never in the future."""
    if cursor is None:
        return
    values = {
        "city": city_id,
        "source": source,
        "cursor": json.dumps(cursor, sort_keys=True),
        "newest": newest,
        "now": now,
    }
    connection.execute(text(_MOVE), values)


def forget_old(connection: Connection, city_id: str, before: int) -> int:
    """Delete runs that began before a moment, but for each source's last run and last good one; a few at a time. Returns how many."""
    old = list(
        connection.execute(
            text(_OLD), {"city": city_id, "before": before, "most": FORGOTTEN_AT_ONCE}
        ).scalars()
    )
    if not old:
        return 0
    kept = set(connection.execute(text(_KEPT), {"city": city_id}).scalars())
    gone = [run for run in old if run not in kept]
    bulk.change_in(
        connection,
        "delete from sync_runs where jurisdiction_id = :city and sync_run_id in {values}",
        gone,
        city=city_id,
    )
    return len(gone)


# Numbers grow with time: the first few tell whether any run is old.
_OLD = """
select sync_run_id from (select sync_run_id, started_at from sync_runs where jurisdiction_id = :city order by sync_run_id limit :most) first
where started_at < :before
"""
_KEPT = """
select max(sync_run_id) from sync_runs where jurisdiction_id = :city group by source
union select max(sync_run_id) from sync_runs where jurisdiction_id = :city and state = 'done' group by source
"""


def _greater(connection: Connection, column: Any, value: int) -> Any:
    # The larger of two values: `max` on SQLite is `greatest` on PostgreSQL.
    return (
        func.max(column, value)
        if connection.dialect.name == "sqlite"
        else func.greatest(column, value)
    )
