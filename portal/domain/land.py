"""A piece of land on the map, and whether a place is on it.

Enough for the rules of a city's file, without a geometry library.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

Ring = tuple[tuple[float, float], ...]
"""(longitude, latitude) in degrees, as in GeoJSON; the last repeats the first."""


@dataclass(frozen=True)
class Land:
    """Polygons, each an outline and its holes. `name` is their file's name."""

    name: str
    polygons: tuple[tuple[Ring, ...], ...]

    def contains(self, lat: float, lon: float) -> bool:
        """Whether a place, in degrees, is on this land."""
        return any(_is_within(rings, lat, lon) for rings in self.polygons)


def _is_within(rings: tuple[Ring, ...], lat: float, lon: float) -> bool:
    # A line to the east crosses the rings an odd number of times from inside; holes included.
    edges = (edge for ring in rings for edge in pairwise(ring))
    return sum(_crosses(one, other, lat, lon) for one, other in edges) % 2 == 1


def _crosses(one: tuple[float, float], other: tuple[float, float], lat: float, lon: float) -> bool:
    (x1, y1), (x2, y2) = one, other
    return (y1 > lat) != (y2 > lat) and lon < x1 + (lat - y1) / (y2 - y1) * (x2 - x1)
