"""Being near a place, as SQL over the facts."""

from __future__ import annotations

from portal.domain import morton
from portal.domain.distance import box_around, metres_per_degree

DISTANCE = "cast(round(100 * sqrt(pow((lat - ?) * ?, 2) + pow((lon - ?) * ?, 2))) as bigint)"
"""Whole centimetres, so that a page can say where it ended. Wants `distance_values`."""


def distance_values(lat: float, lon: float) -> list[float]:
    """The parameters of DISTANCE."""
    north, east = metres_per_degree(lat)
    return [lat, north, lon, east]


def around(lat: float, lon: float, metres: float) -> str:
    """SQL that lets through everything within `metres` of a place and a little more.

    One range of the order the facts are sorted in, then the box: measured, more ranges cost more than the cases they spare.
    """
    box = box_around(lat, lon, metres)
    ((start, end),) = morton.cover(box.south, box.west, box.north, box.east, max_ranges=1)
    return f"(quad >= {start} and quad < {end} and lat between {box.south!r} and {box.north!r} and lon between {box.west!r} and {box.east!r})"
