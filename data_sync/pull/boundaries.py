"""Boundary layers: GeoJSON read, checked and stored; cases set into their areas again.

A layer comes from a file of the program (the city's file names it), from a file on disk, or from the city's own address.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from data_sync.pull.area_finder import finder_for
from data_sync.reading.base import Fetch
from portal import jurisdictions
from portal.context import Portal
from portal.domain.jurisdiction import AreaKind, BoundaryLayer, Jurisdiction
from portal.errors import SettingsError, SourceError
from portal.services.sync import areas

GEO_FOLDER = jurisdictions.FOLDER / "geo"
MAX_BYTES = 64 * 1024 * 1024
MAX_FEATURES = 20_000
WGS84_NAMES = ("CRS84", "4326", "4269", "4979")
Polygons = list[tuple[str, str]]


def load_missing_layers(portal: Portal, city: Jurisdiction, now: datetime) -> list[str]:
    """Store the layers whose file comes with the program and that are not stored yet; returns their kinds. For a city's first sync."""
    with portal.core.connect() as connection:
        stored = areas.layers(connection, city.id)
    missing = [layer for layer in city.boundaries if layer.file and layer.kind not in stored]
    for layer in missing:
        store_layer(
            portal,
            city,
            layer.kind,
            polygons_of_file(city, GEO_FOLDER / Path(layer.file).name, layer.name_property),
            now,
        )
    return [layer.kind for layer in missing]


def store_layer(
    portal: Portal, city: Jurisdiction, kind: AreaKind, polygons: Polygons, now: datetime
) -> int:
    """Replace a layer and set every case anew; returns how many cases moved to another area."""
    epoch = int(now.timestamp())
    with portal.transaction() as connection:
        areas.save_layer(connection, city, kind, polygons, epoch)
    return areas.reassign(portal.transaction, city, finder_for(portal.core, city).areas_of, epoch)


def polygons_of_file(city: Jurisdiction, path: Path, name_property: str | None) -> Polygons:
    """The areas of a GeoJSON file on disk. Raises SourceError naming the file and what is wrong with it."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SourceError(f"{path.name}: {path.stat().st_size:,} bytes; at most {MAX_BYTES:,}")
        body = path.read_bytes()
    except OSError as problem:
        raise SourceError(f"{path}: cannot be read: {problem.strerror}") from problem
    return polygons_of(city, path.name, body, name_property)


def polygons_of_address(city: Jurisdiction, layer: BoundaryLayer, fetch: Fetch) -> Polygons:
    """The areas of the city's own layer."""
    if not layer.url:
        raise SettingsError(
            f"{city.id}.toml: the {layer.kind} boundaries name no url; give a file: --from-file F"
        )
    answer = fetch(layer.url)
    if answer.status != 200:
        raise SourceError(f"{city.id}: {layer.url} answered {answer.status}")
    return polygons_of(city, layer.url, answer.body, layer.name_property)


def polygons_of(
    city: Jurisdiction, source: str, body: bytes, name_property: str | None
) -> Polygons:
    """(name, GeoJSON geometry) of every area in a GeoJSON body, polygons of one name joined, sorted by name."""
    features = _features(source, body)
    shapes: dict[str, list[BaseGeometry]] = {}
    for number, feature in enumerate(features, 1):
        name = _name(source, number, feature, name_property)
        shapes.setdefault(name, []).append(
            _polygon(f"{source}: feature {number} ({name})", feature.get("geometry"))
        )
    joined = {
        name: parts[0] if len(parts) == 1 else shapely.union_all(parts)
        for name, parts in shapes.items()
    }
    _require_city(city, source, list(joined.values()))
    return [(name, shapely.to_geojson(joined[name])) for name in sorted(joined)]


def _features(source: str, body: bytes) -> list[dict[str, Any]]:
    try:
        layer = json.loads(body)
    except (ValueError, RecursionError) as problem:
        first = " ".join(body[:60].decode("utf-8", "replace").split())
        raise SourceError(f"{source}: is not JSON; it begins with {first!r}") from problem
    features = layer.get("features") if isinstance(layer, dict) else None
    if not isinstance(features, list) or not features:
        raise SourceError(f"{source}: is not a GeoJSON FeatureCollection with features")
    if len(features) > MAX_FEATURES:
        raise SourceError(f"{source}: {len(features):,} features; at most {MAX_FEATURES:,}")
    crs = str(layer.get("crs") or "CRS84")
    if not any(name in crs for name in WGS84_NAMES):
        raise SourceError(
            f"{source}: its coordinates are {crs[:100]}; export it in WGS84 (longitude, latitude)"
        )
    return [feature if isinstance(feature, dict) else {} for feature in features]


def _name(source: str, number: int, feature: dict[str, Any], name_property: str | None) -> str:
    properties = feature.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    wanted = name_property or next((key for key in properties if key.lower() == "name"), "name")
    name = str(properties.get(wanted) if properties.get(wanted) is not None else "").strip()
    if not name:
        raise SourceError(
            f"{source}: feature {number} has no property {wanted!r}; it has: {', '.join(map(str, properties)) or 'none'}"
        )
    return name[:200]


def _polygon(where: str, geometry: Any) -> BaseGeometry:
    try:
        polygon = shapely.force_2d(shape(geometry))
        if not polygon.is_valid:
            polygon = shapely.make_valid(polygon)
    except (
        TypeError,
        ValueError,
        AttributeError,
        KeyError,
        IndexError,
        shapely.errors.ShapelyError,
    ) as problem:
        raise SourceError(f"{where}: no usable geometry: {problem}") from problem
    surfaces = [
        part
        for part in shapely.get_parts(polygon, return_index=False)
        if part.geom_type in ("Polygon", "MultiPolygon") and part.area
    ]
    if not surfaces:
        raise SourceError(f"{where}: is a {polygon.geom_type}; areas are Polygons or MultiPolygons")
    west, south, east, north = polygon.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise SourceError(
            f"{where}: reaches to {west:.0f},{south:.0f},{east:.0f},{north:.0f}, which are not degrees; export it in WGS84"
        )
    return surfaces[0] if len(surfaces) == 1 else shapely.union_all(surfaces)


def _require_city(city: Jurisdiction, source: str, polygons: list[BaseGeometry]) -> None:
    bounds = city.bounds
    box = shapely.box(bounds.west, bounds.south, bounds.east, bounds.north)
    if not any(polygon.intersects(box) for polygon in polygons):
        raise SourceError(f"{source}: none of its {len(polygons)} areas touches {city.name}")


def layer_for(city: Jurisdiction, kind: str) -> BoundaryLayer | None:
    """What the city's file says of a kind of boundary."""
    return next((layer for layer in city.boundaries if layer.kind == kind), None)
