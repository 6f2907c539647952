"""The demo city's 100 m grid: where on earth a cell is.

Plain equirectangular meters around the city's middle latitude: the error is below 10 m over 20 km,
a tenth of a cell.
"""

from __future__ import annotations

import math

CELL_METRES = 100.0
METRES_PER_DEGREE = 111_195.0  # of latitude, on a sphere of the earth's mean radius
SOUTH = 42.2  # the outer corner of row 0, column 0, in degrees
WEST = -71.2
_METRES_PER_DEGREE_EAST = METRES_PER_DEGREE * math.cos(math.radians(42.31))


def to_metres(lat, lon):
    """Meters (east, north) from the grid's corner, for degrees; takes numbers or arrays."""
    return (lon - WEST) * _METRES_PER_DEGREE_EAST, (lat - SOUTH) * METRES_PER_DEGREE


def to_degrees(east, north):
    """Degrees (lat, lon) for meters (east, north) from the grid's corner; numbers or arrays."""
    return SOUTH + north / METRES_PER_DEGREE, WEST + east / _METRES_PER_DEGREE_EAST
