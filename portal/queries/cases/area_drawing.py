"""The outlines of a city's areas as one small drawing, to lie under the circles of a still map. Read from the public views."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from portal.domain import morton
from portal.domain.bounds import Bounds
from portal.queries.cases.areas import geometries, light

WIDTH = 1_000
FINEST = 2.0
"""What the drawing leaves out, in its units: a pixel of a phone that shows the whole city."""

Point = tuple[float, float]


@dataclass(frozen=True)
class AreaDrawing:
    """One SVG path in a box `WIDTH` wide and `height` high, whose edges are those of the city in Web Mercator. No boundaries: no path."""

    height: float
    path: str

    @property
    def view_box(self) -> str:
        """What SVG calls its coordinates."""
        return f"0 0 {WIDTH} {self.height:g}"


def area_drawing(connection: Connection, city_id: str, kind: str, bounds: Bounds) -> AreaDrawing:
    """The drawing of a city's areas of a kind (neighborhood, district, tract). Source: the city's boundary layers."""
    return _drawn(geometries(connection, city_id, kind), bounds)


@lru_cache(
    maxsize=100
)  # every report makes a new version of the data, and the outlines are those of last year
def _drawn(stored: tuple[str, ...], bounds: Bounds) -> AreaDrawing:
    return drawing_of(map(light, stored), bounds)


def drawing_of(outlines: Iterable[dict[str, Any]], bounds: Bounds) -> AreaDrawing:
    """Likewise, of outlines that were read before: GeoJSON Polygons and MultiPolygons."""
    west, north = morton.mercator(bounds.north, bounds.west)
    east, south = morton.mercator(bounds.south, bounds.east)
    scale = WIDTH / (east - west)

    def place(point: list[float]) -> Point:
        x, y = morton.mercator(point[1], point[0])
        return (x - west) * scale, (y - north) * scale

    path = "".join(
        _ring([place(point) for point in ring]) for outline in outlines for ring in _rings(outline)
    )
    return AreaDrawing(round((south - north) * scale, 1), path)


def _rings(geometry: dict[str, Any]) -> Iterator[list[Any]]:
    polygons = (
        [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    )
    for polygon in polygons:
        yield from polygon


def _ring(points: list[Point]) -> str:
    """From its first point on by steps, which are shorter to write than places. A ring too small to be seen: nothing."""
    from shapely.geometry import LineString

    light = LineString(points).simplify(FINEST).coords
    whole = [(round(x), round(y)) for x, y in light]
    steps = [(x - x0, y - y0) for (x0, y0), (x, y) in pairwise(whole) if (x, y) != (x0, y0)][
        :-1
    ]  # the last one closes it
    if len(steps) < 2:
        return ""
    return f"M{whole[0][0]} {whole[0][1]}l{_written(steps)}z"


def _written(steps: list[tuple[int, int]]) -> str:
    """Numbers with a space between them where no minus parts them."""
    text = "".join(f"{number}" if number < 0 else f" {number}" for step in steps for number in step)
    return text.removeprefix(" ")
