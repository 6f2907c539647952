"""Places as Morton codes, so that a map tile is one range of numbers.

A code is the place in Web Mercator at zoom 24, with the bits of x and y interleaved: `quad >> (2 *
(24 - z))` is the tile of zoom z. A tile's 64-pixel cells are two zooms finer.
"""

from __future__ import annotations

import math
from functools import lru_cache

ZOOM = 24
MAX_LATITUDE = 85.05112878
_SIDE = 1 << ZOOM


def mercator(lat: float, lon: float) -> tuple[int, int]:
    """Column and row of a place on the zoom-24 grid, clamped to the map's edge."""
    lat = max(-MAX_LATITUDE, min(MAX_LATITUDE, lat))
    sine = math.sin(math.radians(lat))
    x = int((lon + 180.0) / 360.0 * _SIDE)
    y = int((0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)) * _SIDE)
    return max(0, min(_SIDE - 1, x)), max(0, min(_SIDE - 1, y))


@lru_cache(maxsize=1)
def _spread_bytes() -> tuple[int, ...]:
    return tuple(sum(((value >> bit) & 1) << (2 * bit) for bit in range(8)) for value in range(256))


def _spread(value: int) -> int:
    table = _spread_bytes()
    return table[value & 255] | table[value >> 8 & 255] << 16 | table[value >> 16 & 255] << 32


def interleave(x: int, y: int) -> int:
    """Morton code of a grid cell (up to 24 bits each)."""
    return _spread(x) | _spread(y) << 1


def encode(lat: float, lon: float) -> int:
    """48-bit Morton code of a place."""
    return interleave(*mercator(lat, lon))


def tile_range(z: int, x: int, y: int) -> tuple[int, int]:
    """A tile's first code, and the first code after it."""
    shift = 2 * (ZOOM - z)
    start = interleave(x, y) << shift
    return start, start + (1 << shift)


def cover(
    south: float, west: float, north: float, east: float, max_ranges: int = 8
) -> list[tuple[int, int]]:
    """At most `max_ranges` half-open Morton ranges that together cover a box in degrees.

    They also cover some places outside it.
    """
    left, top = mercator(north, west)
    right, bottom = mercator(south, east)
    shift = 0
    while ((right >> shift) - (left >> shift) + 1) * ((bottom >> shift) - (top >> shift) + 1) > 64:
        shift += 1
    columns = range(left >> shift, (right >> shift) + 1)
    rows = range(top >> shift, (bottom >> shift) + 1)
    ranges = _joined(sorted(interleave(x, y) for x in columns for y in rows), max_ranges)
    return [(start << 2 * shift, end << 2 * shift) for start, end in ranges]


def _joined(cells: list[int], max_ranges: int) -> list[list[int]]:
    """Sorted cells as ranges; where there are too many, the smallest gaps are closed."""
    ranges = [[cells[0], cells[0] + 1]]
    for cell in cells[1:]:
        if cell == ranges[-1][1]:
            ranges[-1][1] = cell + 1
        else:
            ranges.append([cell, cell + 1])
    while len(ranges) > max_ranges:
        gap = min(range(len(ranges) - 1), key=lambda i: ranges[i + 1][0] - ranges[i][1])
        ranges[gap][1] = ranges.pop(gap + 1)[1]
    return ranges
