"""Circles on a map that stands still: how coarse they are, and which of them would overlap.

A map without scripts shows the cases of a part of the city as a few circles:

    zoom = still_zoom(bounds)                     11 for all of Boston on a phone
    cells = join_near_cells(cells, bounds)        no two circles cover each other
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from portal.domain import morton
from portal.domain.bounds import Bounds

MAX_ZOOM = 18
_TILE_PIXELS = 256
_STILL_PIXELS = 420.0
"""About the longer side of a phone's map; decides how coarse the circles are."""
_LEAST_DISTANCE = 0.1
"""How far circles stay apart, as a share of the map's longer side: about 25 pixels on a phone."""


@dataclass(frozen=True)
class Cell:
    """Cases near one place, in degrees."""

    lat: float
    lon: float
    cases: int
    open_cases: int


def still_zoom(bounds: Bounds) -> int:
    """The closest zoom at which a part of the city fits on a phone."""
    for zoom in range(MAX_ZOOM, 0, -1):
        if longer_side(bounds, zoom) <= _STILL_PIXELS:
            return zoom
    return 0


def join_near_cells(cells: Iterable[Cell], bounds: Bounds) -> tuple[Cell, ...]:
    """The same cases in circles that do not overlap on a phone, largest first.

    Smaller circles join a larger one near them, so no case is lost.
    """
    least = _LEAST_DISTANCE * longer_side(bounds, MAX_ZOOM)
    joined: list[Cell] = []
    for cell in sorted(cells, key=lambda cell: -cell.cases):
        near = next((i for i, other in enumerate(joined) if _distance(cell, other) < least), None)
        if near is None:
            joined.append(cell)
        else:
            joined[near] = _join(joined[near], cell)
    return tuple(joined)


def longer_side(bounds: Bounds, zoom: int) -> float:
    """Pixels of the longer side of a box at a zoom."""
    x0, y0 = morton.mercator(bounds.north, bounds.west)
    x1, y1 = morton.mercator(bounds.south, bounds.east)
    pixel = (1 << (morton.ZOOM - zoom)) / _TILE_PIXELS
    return max((x1 - x0) / pixel, (y1 - y0) / pixel)


def _distance(one: Cell, other: Cell) -> float:
    """Pixels between two circles at the closest zoom."""
    x0, y0 = morton.mercator(one.lat, one.lon)
    x1, y1 = morton.mercator(other.lat, other.lon)
    return math.hypot(x1 - x0, y1 - y0) * _TILE_PIXELS / (1 << (morton.ZOOM - MAX_ZOOM))


def _join(one: Cell, other: Cell) -> Cell:
    """Both circles as one, at the middle of their cases."""
    cases = one.cases + other.cases
    return Cell(
        lat=(one.lat * one.cases + other.lat * other.cases) / cases,
        lon=(one.lon * one.cases + other.lon * other.cases) / cases,
        cases=cases,
        open_cases=one.open_cases + other.open_cases,
    )
