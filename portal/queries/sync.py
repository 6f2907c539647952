"""How fresh the data is, and which rows could not be used. Read from the store's public views."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

LATE_SECONDS = 3_600


@dataclass(frozen=True)
class SourceHealth:
    """The state of a source. Times are epoch seconds UTC; counts are rows of its last run.

    `succeeded_at`: when a run last succeeded. `newest_source_at`: the newest of the city's own
    times in what is stored; `lag_seconds`: how long ago that was. None before the first run.
    """

    source: str
    state: str
    started_at: int | None
    finished_at: int | None
    succeeded_at: int | None
    newest_source_at: int | None
    lag_seconds: int | None
    read: int
    new: int
    changed: int
    unchanged: int
    quarantined: int
    notes: Mapping[str, int] = field(default_factory=dict)
    """What the run noticed in its rows, and in how many (portal.services.sync.notes)."""

    def is_late(self, now: int) -> bool:
        """Whether no run has succeeded for an hour, or none ever."""
        return self.succeeded_at is None or now - self.succeeded_at > LATE_SECONDS

    def is_in_trouble(self, now: int) -> bool:
        """Whether it is late, or its last run failed."""
        return self.state == "failed" or self.is_late(now)


@dataclass(frozen=True)
class QuarantineCount:
    """Rows of a source that could not be used, and that no good row has replaced since."""

    source: str
    reason: str
    rows: int
    first_seen_at: int
    last_seen_at: int


def source_health(connection: Connection, city_id: str, now: int) -> tuple[SourceHealth, ...]:
    """Each source's last run, by source; empty before the first. `now`: epoch s.

    Source: the portal's own records of its syncs.
    """
    rows = connection.execute(_LAST_RUNS, {"city": city_id}).mappings()
    return tuple(
        SourceHealth(
            **{
                **row,
                "notes": json.loads(row["notes"] or "{}"),
                "lag_seconds": _seconds_since(row["newest_source_at"], now),
            }
        )
        for row in rows
    )


def quarantine_by_reason(connection: Connection, city_id: str) -> tuple[QuarantineCount, ...]:
    """How many rows could not be used, by source and reason, most first.

    Source: the portal's quarantine, whose rows themselves are never public.
    """
    rows = connection.execute(_QUARANTINE_COUNTS, {"city": city_id})
    return tuple(QuarantineCount(*row) for row in rows)


_LAST_RUNS = text(
    "select r.source, r.state, r.started_at, r.finished_at,"
    " (select g.finished_at from public_sync_runs g"
    " where g.jurisdiction_id = r.jurisdiction_id and g.source = r.source and g.state = 'done'"
    " order by g.sync_run_id desc limit 1) as succeeded_at,"
    " coalesce(k.newest_source_at, r.newest_source_at) as newest_source_at,"
    " r.read, r.new, r.changed, r.unchanged, r.quarantined, r.notes"
    " from public_sync_runs r left join public_sync_cursors k"
    " on k.jurisdiction_id = r.jurisdiction_id and k.source = r.source"
    " where r.jurisdiction_id = :city and r.sync_run_id in"
    " (select max(l.sync_run_id) from public_sync_runs l"
    " where l.jurisdiction_id = :city group by l.source) order by r.source"
)
_QUARANTINE_COUNTS = text(
    'select source, reason, "rows", first_seen_at, last_seen_at from public_quarantine_counts'
    ' where jurisdiction_id = :city order by "rows" desc, source, reason'
)


def _seconds_since(moment: int | None, now: int) -> int | None:
    return None if moment is None else max(0, now - moment)
