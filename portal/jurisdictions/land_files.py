"""The GeoJSON files beside the cities' files: land of a rule, and the names of a layer's areas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from portal.domain.land import Land, Ring
from portal.jurisdictions.faults import BadValue

GEO_FOLDER = Path(__file__).parent / "geo"
MAX_POINTS = 20_000
Polygon = tuple[Ring, ...]


def read_land(file: Any) -> Land:
    """The polygons of a GeoJSON file in portal/jurisdictions/geo. Raises BadValue."""
    if not isinstance(file, str) or not file.strip():
        raise BadValue("{key} is {value}; it must be a GeoJSON file, such as geo/parks.geojson")
    name = Path(file.strip()).name
    geometries = [feature.get("geometry") for feature in _read_features(name)]
    polygons = tuple(polygon for geometry in geometries for polygon in _read_polygons(geometry))
    if sum(len(ring) for polygon in polygons for ring in polygon) > MAX_POINTS:
        raise BadValue(
            "{key} {value} has more than {most:,} points; draw it more simply", most=MAX_POINTS
        )
    return Land(name, polygons)


@lru_cache(maxsize=64)
def read_area_names(file: str, name_property: str) -> tuple[str, ...]:
    """Names of the areas in a boundary file that comes with the program, sorted.

    Empty if the file cannot be read: the sync says so when it imports the boundaries.
    """
    try:
        layer = json.loads((GEO_FOLDER / Path(file).name).read_bytes())
        named = [feature["properties"][name_property] for feature in layer["features"]]
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return tuple(sorted({str(name).strip() for name in named}))


def _read_features(name: str) -> list[Mapping[str, Any]]:
    try:
        layer = json.loads((GEO_FOLDER / name).read_bytes())
    except OSError as problem:
        raise BadValue(
            "{key} {value} cannot be read: {problem}; put it into portal/jurisdictions/geo",
            problem=problem.strerror,
        ) from None
    except ValueError as problem:
        raise BadValue("{key} {value} is not JSON: {problem}", problem=problem) from None
    features = layer.get("features") if isinstance(layer, dict) else None
    if not isinstance(features, list) or not features or not all(map(_is_object, features)):
        raise BadValue("{key} {value} is no GeoJSON FeatureCollection with features")
    return features


def _is_object(feature: Any) -> bool:
    return isinstance(feature, dict)


def _read_polygons(geometry: Any) -> list[Polygon]:
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise BadValue(
            "{key} {value} has a {kind}; land is a Polygon or a MultiPolygon in WGS84", kind=kind
        )
    polygons = _read_coordinates(geometry)
    if not all(_is_on_earth(lon, lat) for lon, lat in _points_of(polygons)):
        raise BadValue(
            "{key} {value} has coordinates that are not degrees; "
            "export it in WGS84 (longitude, latitude)"
        )
    return polygons


def _read_coordinates(geometry: dict[str, Any]) -> list[Polygon]:
    try:
        is_one = geometry["type"] == "Polygon"
        parts = [geometry["coordinates"]] if is_one else geometry["coordinates"]
        return [tuple(_read_ring(ring) for ring in rings) for rings in parts]
    except (TypeError, ValueError, KeyError) as problem:
        raise BadValue(
            "{key} {value} has coordinates that are none: {problem}", problem=problem
        ) from None


def _read_ring(ring: Any) -> Ring:
    return tuple((float(lon), float(lat)) for lon, lat, *_ in ring)


def _points_of(polygons: list[Polygon]) -> Iterator[tuple[float, float]]:
    for polygon in polygons:
        for ring in polygon:
            yield from ring


def _is_on_earth(lon: float, lat: float) -> bool:
    return abs(lon) <= 180 and abs(lat) <= 90
