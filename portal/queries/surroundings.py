"""Outlines around a place, clipped to a small map. Read from the public views: the city's boundary layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from portal.domain.jurisdiction import Bounds
from portal.queries.areas import areas

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Outline:
    """The part of an area that lies in a box: closed rings of (lat, lon), and a place inside for its name."""

    name: str
    rings: tuple[Ring, ...]
    name_at: tuple[float, float]


def outlines_in(connection: Connection, city_id: str, kind: str, bounds: Bounds) -> tuple[Outline, ...]:
    """The areas of a kind (neighborhood, district, tract) within a box, by name. No boundaries known: empty."""
    from shapely import clip_by_rect
    from shapely.geometry import shape

    found = []
    for area in areas(connection, city_id, kind):
        clipped = clip_by_rect(shape(area.geometry), bounds.west, bounds.south, bounds.east, bounds.north)
        polygons = [part for part in getattr(clipped, "geoms", [clipped]) if part.geom_type == "Polygon" and not part.is_empty]
        if polygons:
            largest = max(polygons, key=lambda polygon: polygon.area)
            inside = largest.representative_point()
            found.append(Outline(area.name, tuple(_ring(polygon) for polygon in polygons), (inside.y, inside.x)))
    return tuple(found)


def _ring(polygon: Any) -> Ring:
    return tuple((round(lat, 5), round(lon, 5)) for lon, lat in polygon.exterior.coords)
