"""In which areas of the city a case is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

AreaKind = Literal["neighborhood", "district", "tract"]
AREA_KINDS: tuple[AreaKind, ...] = get_args(AreaKind)
AreaName = tuple[AreaKind, str]
"""An area as a city's file names it in a rule: ("neighborhood", "Roxbury")."""


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

    def are_any_of(self, names: Iterable[AreaName]) -> bool:
        """Whether one of the named areas is among these."""
        return any(name_key(getattr(self, kind)) == name_key(name) for kind, name in names)


def name_key(name: str | None) -> str:
    """What makes two spellings of an area one: capitals and spaces do not."""
    return " ".join((name or "").casefold().split())
