"""Outlines of a city's neighborhoods, districts and tracts, light enough for a map."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

SIMPLIFIED_DEGREES = 0.0002
"""About 20 m: finer than a map of the whole city can show."""


@dataclass(frozen=True)
class Area:
    """One named area; `geometry` is a GeoJSON Polygon or MultiPolygon in WGS84, simplified."""

    slug: str
    name: str
    geometry: dict[str, Any]

    @cached_property
    def shape(self) -> BaseGeometry:
        """The same as a shape that can be asked what is in it; made when first needed."""
        from shapely.geometry import shape

        return shape(self.geometry)


def areas(connection: Connection, city_id: str, kind: str) -> tuple[Area, ...]:
    """A city's areas of a kind (neighborhood, district, tract), by name.

    Empty where no boundaries are known. Source: the city's boundary layers.
    """
    return tuple(_area(*row) for row in _outlines(connection, city_id, kind))


def geometries(connection: Connection, city_id: str, kind: str) -> tuple[str, ...]:
    """The outlines of these areas as stored: GeoJSON in WGS84, not simplified."""
    return tuple(geometry for _slug, _name, geometry in _outlines(connection, city_id, kind))


def _outlines(connection: Connection, city_id: str, kind: str) -> Iterable[Any]:
    return connection.execute(_OUTLINES, {"city": city_id, "kind": kind})


_OUTLINES = text(
    "select l.slug, l.name, b.geometry from public_boundaries b join public_labels l"
    " on l.jurisdiction_id = b.jurisdiction_id and l.label_id = b.label_id"
    " where b.jurisdiction_id = :city and b.kind = :kind order by l.name"
)


# Every new version of the data asks again, and outlines hardly ever change.
@lru_cache(maxsize=2_000)
def _area(slug: str, name: str, geometry: str) -> Area:
    return Area(slug, name, simplified_outline(geometry))


@lru_cache(maxsize=2_000)
def simplified_outline(geometry: str) -> dict[str, Any]:
    """A stored outline without the points that a city-wide map cannot show, at five decimals."""
    from shapely.geometry import mapping, shape

    fewer_points = shape(json.loads(geometry)).simplify(SIMPLIFIED_DEGREES, preserve_topology=True)
    plain = mapping(fewer_points)
    return {"type": plain["type"], "coordinates": _rounded(plain["coordinates"])}


def _rounded(value: Any) -> Any:
    return round(value, 5) if isinstance(value, float) else [_rounded(part) for part in value]
