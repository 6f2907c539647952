"""The demo city's 100 m grid: where a cell lies on the earth.

Plain equirectangular metres around the city's middle latitude: over 20 km the error is under 10 m, a tenth of a cell.
"""

from __future__ import annotations

import math

CELL_METRES = 100.0
METRES_PER_DEGREE = 111_195.0  # of latitude, on a sphere of the earth's mean radius
SOUTH, WEST = 42.2, -71.2  # the outer corner of row 0, column 0, in degrees
_METRES_PER_DEGREE_EAST = METRES_PER_DEGREE * math.cos(math.radians(42.31))


def to_metres(lat, lon):
    """Metres (east, north) of the grid's corner, from degrees; takes numbers or arrays."""
    return (lon - WEST) * _METRES_PER_DEGREE_EAST, (lat - SOUTH) * METRES_PER_DEGREE


def to_degrees(east, north):
    """Degrees (lat, lon) from metres (east, north) of the grid's corner; takes numbers or arrays."""
    return SOUTH + north / METRES_PER_DEGREE, WEST + east / _METRES_PER_DEGREE_EAST
