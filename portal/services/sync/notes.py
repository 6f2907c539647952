"""What a sync notices in rows that it stores: values left empty, hours that have moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from portal.domain.clean_record import CleanRecord
from portal.domain.sync_notes import LEFT_EMPTY, MOVED_HOURS
from portal.services.sync.arrivals import Arrival
from portal.services.sync.case_states import PORTAL_SOURCE


def note_rows(
    records: Iterable[CleanRecord], arrivals: Iterable[Arrival], zone: ZoneInfo
) -> Counter[str]:
    """How many rows of a page had what; empty for most pages."""
    notes: Counter[str] = Counter()
    for clean in records:
        for name in clean.record.unreadable:
            notes[LEFT_EMPTY + name] += 1
        for note in clean.record.remarks:
            notes[note] += 1
    for arrival in arrivals:
        if _has_moved_hours(arrival, zone):
            notes[MOVED_HOURS] += 1
    return notes


def _has_moved_hours(arrival: Arrival, zone: ZoneInfo) -> bool:
    stored = arrival.stored
    if stored is None or stored.source == PORTAL_SOURCE:
        return False
    moved = arrival.clean.opened_at - stored.opened_at
    if not moved or moved % 1800:
        return False
    offset = datetime.fromtimestamp(arrival.clean.opened_at, zone).utcoffset()
    return offset is not None and abs(moved) == abs(offset.total_seconds())
