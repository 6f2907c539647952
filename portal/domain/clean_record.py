"""A case that has passed the sync's checks: what `portal.services.sync.ingest` stores."""

from __future__ import annotations

from dataclasses import dataclass, fields
from hashlib import blake2b
from operator import attrgetter
from typing import Any

from portal.domain.areas import Areas
from portal.domain.case import CONTRADICTIONS, CaseRecord

_TIMES = ("opened_at", "closed_at", "target_at", "updated_at")
_NO_CONTENT = ("source_id", "unreadable", "remarks", "notes", *_TIMES)
_content_of = attrgetter(
    *(field.name for field in fields(CaseRecord) if field.name not in _NO_CONTENT)
)


@dataclass(slots=True)
class CleanRecord:
    """A record with tidy texts and possible times, and what follows from it in the city's zone.

    Times are in epoch seconds.
    """

    record: CaseRecord
    contradictions: int
    """What the city says that cannot be true: a sum of CONTRADICTIONS' bits."""
    updated_at: int
    opened_at: int
    closed_at: int | None
    target_at: int | None
    opened_month: int
    """year * 12 + month - 1 in the city's zone."""
    closed_month: int | None
    days_open: int | None
    """Whole days from opened to closed; None while open, or if the times contradict each other."""
    content_hash: str
    """A digest of what the source says about the case, without its times: 24 characters."""
    areas: Areas
    """By the city's labels only, until data_sync.pull.area_finder has checked the polygons."""

    @property
    def place_is_credible(self) -> bool:
        """False if the city placed the case outside its own bounds."""
        return not self.contradictions & CONTRADICTIONS["outside_city"]

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as its values alone, between two processes of the sync."""
        return CleanRecord, _values_of(self)


def content_hash(
    record: CaseRecord, opened_at: int, closed_at: int | None, target_at: int | None
) -> str:
    """A digest of all a source says about a case but `updated_at`. Times in epoch seconds."""
    content = _content_of(record), opened_at, closed_at, target_at
    if record.notes:  # most have none, and keep the digest they have always had
        content = (*content, record.notes)
    return blake2b(repr(content).encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()


_values_of = attrgetter(*(field.name for field in fields(CleanRecord)))
