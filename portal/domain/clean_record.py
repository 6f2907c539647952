"""A case that passed the checks of the sync: what `portal.services.ingest` stores."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.case import CONTRADICTIONS, CaseRecord


@dataclass(frozen=True, slots=True)
class CleanRecord:
    """A record whose texts are tidy and whose times are possible, with what follows from it in the city's zone."""

    record: CaseRecord
    contradictions: int
    """What the city says that cannot be true: a sum of bits of CONTRADICTIONS."""
    opened_month: int
    """year * 12 + month - 1 in the city's zone."""
    closed_month: int | None = None
    days_open: int | None = None
    """Whole elapsed days from opened to closed; None while open, and where the two times contradict each other."""
    neighborhood: str | None = None
    """By the city's label, else by polygon."""
    city_neighborhood: str | None = None
    """The city's label alone, by the name we know the area under; `record.neighborhood` is what the city wrote."""
    polygon_neighborhood: str | None = None
    district: str | None = None
    city_district: str | None = None
    polygon_district: str | None = None
    tract: str | None = None

    @property
    def place_is_credible(self) -> bool:
        """False where the city placed the case outside itself."""
        return not self.contradictions & CONTRADICTIONS["outside_city"]
