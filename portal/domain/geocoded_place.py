"""A place found by an outside geocoder."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GeocodedPlace:
    """A place's name and its position in degrees."""

    name: str
    lat: float
    lon: float
