"""Cases counted by square, and larger squares added up from these.

A page that has counted its filter by square needs no second query for its map.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from portal.domain import morton
from portal.domain.bounds import Bounds
from portal.facts.schema import COUNTS_ZOOM

Range = tuple[int, int]
"""The first number, and the first after it."""


class Square(NamedTuple):
    """A selection's cases in one square of zoom `COUNTS_ZOOM`: all, open, and with a location.

    `south` to `east` are the edges of the box around the latter, in degrees; `lon_sum` and
    `lat_sum` add up their places. For cases without a location `square` and all places are None.
    """

    square: int | None
    cases: int
    open_cases: int
    placed_cases: int
    south: float | None
    west: float | None
    north: float | None
    east: float | None
    lon_sum: float | None
    lat_sum: float | None


def squares_between(quads: Range, zoom: int) -> Range:
    """A range of Morton codes as a range of squares of a zoom."""
    shift = 2 * (morton.ZOOM - zoom)
    return quads[0] >> shift, -(-quads[1] >> shift)


def box_of(squares: Iterable[Square]) -> Bounds | None:
    """The box around all cases with a location; None where there are none."""
    boxes = [square[4:8] for square in squares if square.placed_cases]
    if not boxes:
        return None
    souths, wests, norths, easts = zip(*boxes, strict=True)
    return Bounds(min(souths), min(wests), max(norths), max(easts))


def cells_of(squares: Iterable[Square], cell_zoom: int, quads: Range) -> list[tuple]:
    """The cells of a zoom in a range of Morton codes: (cell, lon, lat, cases, open cases), by cell.

    lon and lat are the middle of the cell's cases. `cell_zoom` is at most `COUNTS_ZOOM`; cells at
    the ends of the range may be partly outside.
    """
    shift = 2 * (COUNTS_ZOOM - cell_zoom)
    sums = _add_up(squares, squares_between(quads, COUNTS_ZOOM), shift)
    return [
        (cell, lon / cases, lat / cases, cases, still_open)
        for cell, (lon, lat, cases, still_open) in sorted(sums.items())
    ]


def _add_up(squares: Iterable[Square], within: Range, shift: int) -> dict[int, list[float]]:
    """By cell: the sums of longitudes and latitudes, cases, and open cases."""
    first, end = within
    sums: dict[int, list[float]] = {}
    for square in squares:
        if square.square is not None and first <= square.square < end:
            cell = sums.setdefault(square.square >> shift, [0, 0, 0, 0])
            cell[0] += square.lon_sum or 0
            cell[1] += square.lat_sum or 0
            cell[2] += square.cases
            cell[3] += square.open_cases
    return sums
