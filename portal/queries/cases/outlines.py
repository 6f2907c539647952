"""Areas around a place: their outlines on a small map, and which of them a place is in.

Read from the store's public views: the city's boundary layers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from portal.domain.areas import AREA_KINDS, AreaKind, Areas
from portal.domain.bounds import METRES_PER_DEGREE, Bounds
from portal.queries.cases.areas import Area, areas

if TYPE_CHECKING:
    from portal.context import Portal

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Outline:
    """The part of an area within a box: closed rings of (lat, lon), and where to put its name."""

    name: str
    rings: tuple[Ring, ...]
    name_at: tuple[float, float]


def outlines_in(
    connection: Connection, city_id: str, kind: str, bounds: Bounds
) -> tuple[Outline, ...]:
    """The areas of a kind (neighborhood, district, tract) within a box, by name.

    Empty where no boundaries are known.
    """
    return clip_areas(areas(connection, city_id, kind), bounds)


def clip_areas(of: tuple[Area, ...], bounds: Bounds) -> tuple[Outline, ...]:
    """The parts of these areas within a box, in their order."""
    outlines = (_clip_area(area, bounds) for area in of)
    return tuple(outline for outline in outlines if outline is not None)


def _clip_area(area: Area, bounds: Bounds) -> Outline | None:
    from shapely import clip_by_rect

    inside = clip_by_rect(area.shape, bounds.west, bounds.south, bounds.east, bounds.north)
    polygons = [
        part
        for part in getattr(inside, "geoms", [inside])
        if part.geom_type == "Polygon" and not part.is_empty
    ]
    if not polygons:
        return None
    largest = max(polygons, key=lambda polygon: polygon.area)
    middle = largest.representative_point()
    return Outline(area.name, tuple(_ring(polygon) for polygon in polygons), (middle.y, middle.x))


def area_at(of: tuple[Area, ...], lat: float, lon: float, within_metres: float = 0.0) -> str | None:
    """The name of the area a place is in, else of the nearest one within `within_metres`.

    So a pier belongs to the city too. None: neither.
    """
    from shapely.geometry import Point

    here = Point(lon, lat)
    near: list[tuple[float, str]] = []
    for area in of:
        if area.shape.contains(here):
            return area.name
        if within_metres:
            near.append((_metres_to(area.shape.boundary, here), area.name))
    metres, name = min(near, default=(math.inf, ""))
    return name if metres <= within_metres else None


def _metres_to(line: Any, here: Any) -> float:
    # A degree of longitude is shorter than one of latitude: squeezed, both are as long.
    squeeze = math.cos(math.radians(here.y))
    touch = line.interpolate(line.project(here))
    return METRES_PER_DEGREE * math.hypot((touch.x - here.x) * squeeze, touch.y - here.y)


def areas_at(portal: Portal, city_id: str, lat: float, lon: float) -> Areas:
    """The areas a place is in, by polygon.

    A kind is None where the place is in no area of it, and where the city has no boundaries.
    """
    return _areas_among(portal.cached(area_layers, city_id), lat, lon)


def areas_at_in_transaction(connection: Connection, city_id: str, lat: float, lon: float) -> Areas:
    """`areas_at` within a transaction that is already open."""
    return _areas_among(area_layers(connection, city_id), lat, lon)


def area_layers(connection: Connection, city_id: str) -> dict[AreaKind, tuple[Area, ...]]:
    """The city's areas by kind; a kind without boundaries is empty."""
    return {kind: areas(connection, city_id, kind) for kind in AREA_KINDS}


def _areas_among(of: dict[AreaKind, tuple[Area, ...]], lat: float, lon: float) -> Areas:
    neighborhood, district, tract = (area_at(of[kind], lat, lon) for kind in AREA_KINDS)
    return Areas(
        neighborhood=neighborhood,
        polygon_neighborhood=neighborhood,
        district=district,
        polygon_district=district,
        tract=tract,
    )


def _ring(polygon: Any) -> Ring:
    return tuple((round(lat, 5), round(lon, 5)) for lon, lat in polygon.exterior.coords)
