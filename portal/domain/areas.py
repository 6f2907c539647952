"""In which areas of the city a case is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Areas:
    """Names of the areas a place is in; None: in none, or not known. `city_…` by the city's label, `polygon_…` by the polygons."""

    neighborhood: str | None = None
    """By the city's label where we know it, else by polygon."""
    city_neighborhood: str | None = None
    polygon_neighborhood: str | None = None
    district: str | None = None
    city_district: str | None = None
    polygon_district: str | None = None
    tract: str | None = None
