"""The outlines of a city's areas as one small drawing, shown under the circles of a still map.

Read from the store's public views.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from portal.domain import morton
from portal.domain.bounds import Bounds
from portal.queries.cases.areas import geometries, simplified_outline

WIDTH = 1_000
FINEST = 2.0
"""What the drawing leaves out, in its units: a pixel on a phone that shows the whole city."""

Point = tuple[float, float]


@dataclass(frozen=True)
class AreaDrawing:
    """One SVG path in a box `WIDTH` wide and `height` high; no boundaries: an empty path.

    The edges of the box are those of the city in Web Mercator.
    """

    height: float
    path: str

    @property
    def view_box(self) -> str:
        """The box as an SVG viewBox."""
        return f"0 0 {WIDTH} {self.height:g}"


def area_drawing(connection: Connection, city_id: str, kind: str, bounds: Bounds) -> AreaDrawing:
    """The drawing of a city's areas of a kind (neighborhood, district, tract).

    Source: the city's boundary layers.
    """
    return _draw_stored(geometries(connection, city_id, kind), bounds)


# Every report makes a new version of the data, while outlines stay the same for years.
@lru_cache(maxsize=100)
def _draw_stored(stored: tuple[str, ...], bounds: Bounds) -> AreaDrawing:
    return draw_areas(map(simplified_outline, stored), bounds)


def draw_areas(outlines: Iterable[dict[str, Any]], bounds: Bounds) -> AreaDrawing:
    """The drawing of outlines: GeoJSON Polygons and MultiPolygons."""
    west, north = morton.mercator(bounds.north, bounds.west)
    east, south = morton.mercator(bounds.south, bounds.east)
    scale = WIDTH / (east - west)

    def place(point: list[float]) -> Point:
        x, y = morton.mercator(point[1], point[0])
        return (x - west) * scale, (y - north) * scale

    rings = (ring for outline in outlines for ring in _rings(outline))
    path = "".join(_ring_path([place(point) for point in ring]) for ring in rings)
    return AreaDrawing(round((south - north) * scale, 1), path)


def _rings(geometry: dict[str, Any]) -> Iterator[list[Any]]:
    is_single = geometry["type"] == "Polygon"
    for polygon in [geometry["coordinates"]] if is_single else geometry["coordinates"]:
        yield from polygon


def _ring_path(points: list[Point]) -> str:
    """A ring by its first point and steps, which are shorter than coordinates.

    Empty for a ring too small to be seen.
    """
    from shapely.geometry import LineString

    fewer_points = LineString(points).simplify(FINEST).coords
    whole = [(round(x), round(y)) for x, y in fewer_points]
    steps = [(x - x0, y - y0) for (x0, y0), (x, y) in pairwise(whole) if (x, y) != (x0, y0)]
    steps = steps[:-1]  # z closes the ring
    if len(steps) < 2:
        return ""
    return f"M{whole[0][0]} {whole[0][1]}l{_written(steps)}z"


def _written(steps: list[tuple[int, int]]) -> str:
    """The numbers, with a space between them where no minus separates them."""
    text = "".join(f"{number}" if number < 0 else f" {number}" for step in steps for number in step)
    return text.removeprefix(" ")
