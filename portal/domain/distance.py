"""Distances within a city, in metres: as if on a plane, right to a thousandth over kilometres."""

from __future__ import annotations

import math

from portal.domain.bounds import METRES_PER_DEGREE, Bounds


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Metres in a degree of latitude, and in one of longitude, at a latitude in degrees.

    Near the poles the second one stays above zero.
    """
    return METRES_PER_DEGREE, METRES_PER_DEGREE * max(0.01, math.cos(math.radians(lat)))


def metres_between(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Metres from one place to another; places are in degrees."""
    north, east = metres_per_degree(lat)
    return math.hypot((other_lat - lat) * north, (other_lon - lon) * east)


def box_around(lat: float, lon: float, metres: float) -> Bounds:
    """The box around everything within `metres` of a place."""
    north, east = metres_per_degree(lat)
    high, wide = metres / north, metres / east
    return Bounds(
        south=max(-90.0, lat - high),
        west=max(-180.0, lon - wide),
        north=min(90.0, lat + high),
        east=min(180.0, lon + wide),
    )
