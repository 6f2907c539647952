"""A case that passed the checks of the sync: what `portal.services.ingest` stores."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.areas import Areas
from portal.domain.case import CONTRADICTIONS, CaseRecord


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
    areas: Areas
    """By the city's labels alone, until data_sync.places has looked at the polygons."""

    @property
    def place_is_credible(self) -> bool:
        """False where the city placed the case outside itself."""
        return not self.contradictions & CONTRADICTIONS["outside_city"]
