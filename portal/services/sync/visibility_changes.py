"""The revisions that say when a case came into the public's sight and went out of it.

As of a past day, the portal shows what the public could see then. Only whether a case was public is
read from them: why it was hidden is never shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from portal.store import bulk

REVISION_COLUMNS = (
    "jurisdiction_id",
    "id",
    "rev",
    "field",
    "old_value",
    "new_value",
    "seen_at",
    "source_updated_at",
    "sync_run_id",
)

Change = tuple[int, str, str, int]
"""A case's key, its visibility before and after, and the source's time of it (epoch s)."""


def add_visibility_changes(
    connection: Connection, city_id: str, rev: int, changes: Sequence[Change], now: int
) -> None:
    """Store that cases changed their visibility in the batch `rev`. `now` is in epoch seconds."""
    rows = [
        (city_id, case, rev, "visibility", before, after, now, source_updated_at, None)
        for case, before, after, source_updated_at in changes
        if before != after
    ]
    bulk.insert_rows(connection, "case_revisions", REVISION_COLUMNS, rows)
