"""The log of the sync: runs with their counts, and where each source resumes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, insert, select, text, update

from portal.store import bulk
from portal.store.models import SyncCursor, SyncRun

RUNNING, DONE, FAILED, STOPPED = "running", "done", "failed", "stopped"
COUNTED = ("read", "new", "changed", "unchanged", "quarantined")
LONGEST_MESSAGE = 1_000
FORGOTTEN_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class PageCounts:
    """What became of a page's rows: read = new + changed + unchanged + quarantined.

    `rev` is the city's data version afterwards.
    """

    read: int
    new: int
    changed: int
    unchanged: int
    quarantined: int
    rev: int
    outside: int = 0
    """Cases that the city places outside its own bounds."""
    numbers: Sequence[str] = ()
    """The numbers of its cases, one for each row, that the public sees."""
    notes: Mapping[str, int] = field(default_factory=dict)
    """What was noticed in the rows, and in how many (portal.services.sync.notes)."""


def start_run(connection: Connection, city_id: str, source: str, now: int) -> int:
    """Start a run and return its number. `now` is in epoch seconds.

    The caller holds the city's lease, so a run that still counts as running was killed: it is
    marked as failed.
    """
    _fail_killed(connection, city_id, source, now)
    last = select(func.max(SyncRun.sync_run_id)).where(SyncRun.jurisdiction_id == city_id)
    number = (connection.execute(last).scalar() or 0) + 1
    values: dict[str, Any] = dict.fromkeys(COUNTED, 0)
    values |= {"jurisdiction_id": city_id, "sync_run_id": number, "source": source}
    values |= {"state": RUNNING, "started_at": now}
    connection.execute(insert(SyncRun).values(**values))
    return number


def _fail_killed(connection: Connection, city_id: str, source: str, now: int) -> None:
    killed = SyncRun.jurisdiction_id == city_id, SyncRun.source == source, SyncRun.state == RUNNING
    end = {"state": FAILED, "finished_at": now, "message": "the process ended before the run did"}
    connection.execute(update(SyncRun).where(*killed).values(**end))


def finish_run(
    connection: Connection,
    city_id: str,
    sync_run_id: int,
    state: str,
    message: str | None,
    now: int,
) -> None:
    """End a run as done, failed or stopped, with a message if there is something to say."""
    of_run = SyncRun.jurisdiction_id == city_id, SyncRun.sync_run_id == sync_run_id
    short = message[:LONGEST_MESSAGE] if message else None
    connection.execute(
        update(SyncRun).where(*of_run).values(state=state, finished_at=now, message=short)
    )


def count_page(
    connection: Connection,
    city_id: str,
    sync_run_id: int | None,
    counts: PageCounts,
    newest: int | None,
) -> None:
    """Add a page's counts to its run. `newest` is the latest source time in it (epoch s)."""
    if sync_run_id is None:
        return
    of_run = SyncRun.jurisdiction_id == city_id, SyncRun.sync_run_id == sync_run_id
    values: dict[Any, Any] = {
        name: getattr(SyncRun, name) + getattr(counts, name) for name in COUNTED
    }
    if newest is not None:
        values["newest_source_at"] = func.coalesce(
            _greater(connection, SyncRun.newest_source_at, newest), newest
        )
    connection.execute(update(SyncRun).where(*of_run).values(values))


def add_notes(
    connection: Connection, city_id: str, sync_run_id: int | None, notes: Mapping[str, int]
) -> None:
    """Add to what was noticed in the rows of a run."""
    if not notes or sync_run_id is None:
        return
    of_run = SyncRun.jurisdiction_id == city_id, SyncRun.sync_run_id == sync_run_id
    before = connection.execute(select(SyncRun.notes).where(*of_run)).scalar()
    total = Counter(json.loads(before or "{}")) + Counter(notes)
    written = json.dumps(total, sort_keys=True)
    connection.execute(update(SyncRun).where(*of_run).values(notes=written))


def cursor_of(connection: Connection, city_id: str, source: str) -> dict[str, Any] | None:
    """Where a source resumes; None before its first page."""
    query = select(SyncCursor.cursor).where(
        SyncCursor.jurisdiction_id == city_id, SyncCursor.source == source
    )
    stored = connection.execute(query).scalar()
    return json.loads(stored) if stored else None


_MOVE = """
insert into sync_cursors (jurisdiction_id, source, cursor, newest_source_at, moved_at)
values (:city, :source, :cursor, :newest, :now)
on conflict (jurisdiction_id, source) do update set
    cursor = excluded.cursor, moved_at = excluded.moved_at,
    newest_source_at = case
        when sync_cursors.newest_source_at > excluded.newest_source_at
        then sync_cursors.newest_source_at
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
    """Set where a source resumes; None leaves it where it is.

    `newest`, the latest source time seen (epoch s), never goes back and is never in the future.
    """
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


def forget_old_runs(connection: Connection, city_id: str, before: int) -> int:
    """Delete runs that started before a moment (epoch s), a few at a time; returns how many.

    Keeps each source's last run and its last good one.
    """
    values = {"city": city_id, "before": before, "most": FORGOTTEN_AT_ONCE}
    old = list(connection.execute(text(_OLD), values).scalars())
    if not old:
        return 0
    kept = set(connection.execute(text(_KEPT), {"city": city_id}).scalars())
    gone = [run for run in old if run not in kept]
    bulk.change_in(connection, _DELETE, gone, city=city_id)
    return len(gone)


# Numbers grow with time, so the first few tell whether any run is old.
_OLD = """
select sync_run_id from (
    select sync_run_id, started_at from sync_runs
    where jurisdiction_id = :city order by sync_run_id limit :most
) first
where started_at < :before
"""
_KEPT = """
select max(sync_run_id) from sync_runs where jurisdiction_id = :city group by source
union
select max(sync_run_id) from sync_runs
where jurisdiction_id = :city and state = 'done' group by source
"""
_DELETE = "delete from sync_runs where jurisdiction_id = :city and sync_run_id in {values}"


def _greater(connection: Connection, column: Any, value: int) -> Any:
    """The larger of two values: `max` on SQLite, `greatest` on PostgreSQL."""
    is_sqlite = connection.dialect.name == "sqlite"
    return func.max(column, value) if is_sqlite else func.greatest(column, value)
