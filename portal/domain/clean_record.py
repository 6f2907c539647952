"""A case that passed the checks of the sync: what `portal.services.sync.ingest` stores."""

from __future__ import annotations

from dataclasses import dataclass, fields
from hashlib import blake2b
from operator import attrgetter
from typing import Any

from portal.domain.areas import Areas
from portal.domain.case import CONTRADICTIONS, CaseRecord

_TIMES = ("opened_at", "closed_at", "target_at", "updated_at")
_content_of = attrgetter(
    *(field.name for field in fields(CaseRecord) if field.name not in ("source_id", *_TIMES))
)


@dataclass(slots=True)
class CleanRecord:
    """A record whose texts are tidy and whose times are possible, with what follows from it in the city's zone. Times in epoch seconds."""

    record: CaseRecord
    contradictions: int
    """What the city says that cannot be true: a sum of bits of CONTRADICTIONS."""
    updated_at: int
    opened_at: int
    closed_at: int | None
    target_at: int | None
    opened_month: int
    """year * 12 + month - 1 in the city's zone."""
    closed_month: int | None
    days_open: int | None
    """Whole elapsed days from opened to closed; None while open, and where the two times contradict each other."""
    content_hash: str
    """What the source says of the case, in 24 characters; the source's own time of the row is not part of it."""
    areas: Areas
    """By the city's labels alone, until data_sync.pull.area_finder has looked at the polygons."""

    @property
    def place_is_credible(self) -> bool:
        """False where the city placed the case outside itself."""
        return not self.contradictions & CONTRADICTIONS["outside_city"]

    def __reduce__(self) -> tuple[Any, ...]:
        """Between two processes of the sync it goes as its values alone."""
        return CleanRecord, _values_of(self)


def content_hash(
    record: CaseRecord, opened_at: int, closed_at: int | None, target_at: int | None
) -> str:
    """A digest of everything a source says of a case but when it said so. Times in epoch seconds."""
    content = _content_of(record), opened_at, closed_at, target_at
    return blake2b(repr(content).encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()


_values_of = attrgetter(*(field.name for field in fields(CleanRecord)))
