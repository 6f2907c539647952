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
    """Names of the areas a place is in; None if it is in none, or we do not know.

    `city_…` come from the city's label, `polygon_…` from the polygons.
    """

    neighborhood: str | None = None
    """By the city's label if there is one, else by polygon."""
    city_neighborhood: str | None = None
    polygon_neighborhood: str | None = None
    district: str | None = None
    city_district: str | None = None
    polygon_district: str | None = None
    tract: str | None = None

    def are_any_of(self, names: Iterable[AreaName]) -> bool:
        """Whether the place is in one of the named areas."""
        return any(name_key(getattr(self, kind)) == name_key(name) for kind, name in names)


def name_key(name: str | None) -> str:
    """A key that is the same for all spellings of an area: capitals and spaces do not count."""
    return " ".join((name or "").casefold().split())
