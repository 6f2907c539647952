"""A box on the map, in degrees."""

from __future__ import annotations

from dataclasses import dataclass

METRES_PER_DEGREE = 111_320.0
"""Of latitude; a degree of longitude is this times the cosine of the latitude."""


@dataclass(frozen=True)
class Bounds:
    """A box in degrees, edges included."""

    south: float
    west: float
    north: float
    east: float

    def holds(self, lat: float, lon: float) -> bool:
        """Whether a place is in the box or on its edge."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east

    @property
    def center(self) -> tuple[float, float]:
        """Latitude and longitude of its middle."""
        return (self.south + self.north) / 2, (self.west + self.east) / 2
