"""Distance from a place, as SQL over the facts."""

from __future__ import annotations

from portal.domain import morton
from portal.domain.distance import box_around, metres_per_degree

DISTANCE = "cast(round(100 * sqrt(pow((lat - ?) * ?, 2) + pow((lon - ?) * ?, 2))) as bigint)"
"""In whole centimetres, so that a page of a list can say where it ended. See `distance_values`."""


def distance_values(lat: float, lon: float) -> list[float]:
    """The parameters of DISTANCE, for a place in degrees."""
    north, east = metres_per_degree(lat)
    return [lat, north, lon, east]


def around(lat: float, lon: float, metres: float) -> str:
    """SQL that everything within `metres` of a place passes, and a little more.

    One range of `quad`, by which the facts are sorted, and the box. More ranges were measured:
    they cost more than the cases they leave out.
    """
    box = box_around(lat, lon, metres)
    ((start, end),) = morton.cover(box.south, box.west, box.north, box.east, max_ranges=1)
    inside = (
        f"lat between {box.south!r} and {box.north!r} and lon between {box.west!r} and {box.east!r}"
    )
    return f"(quad >= {start} and quad < {end} and {inside})"
