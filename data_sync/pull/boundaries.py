"""Boundary layers: read from GeoJSON, checked and stored; then every case gets its areas again.

A layer comes from a file that ships with the program (the city's file names it), from a file on
disk, or from the city's own address.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from data_sync.pull.area_finder import load_area_finder
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
_NOT_A_GEOMETRY = (
    TypeError,
    ValueError,
    AttributeError,
    KeyError,
    IndexError,
    shapely.errors.ShapelyError,
)
Polygons = list[tuple[str, str]]
"""(name, GeoJSON geometry) of each area."""


def load_missing_layers(portal: Portal, city: Jurisdiction, now: datetime) -> list[str]:
    """Store the layers that ship with the program and are not stored yet; returns their kinds.

    Work for a city's first sync.
    """
    with portal.core.connect() as connection:
        stored = areas.stored_layers(connection, city.id)
    missing = [layer for layer in city.boundaries if layer.file and layer.kind not in stored]
    for layer in missing:
        polygons = read_polygons(city, GEO_FOLDER / Path(layer.file).name, layer.name_property)
        store_layer(portal, city, layer.kind, polygons, now)
    return [layer.kind for layer in missing]


def store_layer(
    portal: Portal, city: Jurisdiction, kind: AreaKind, polygons: Polygons, now: datetime
) -> int:
    """Replace a layer and find every case's areas again; returns how many cases moved."""
    epoch = int(now.timestamp())
    with portal.transaction() as connection:
        areas.save_layer(connection, city, kind, polygons, epoch)
    finder = load_area_finder(portal.core, city)
    return areas.reassign_areas(portal.transaction, city, finder.areas_of, epoch)


def layer_of_kind(city: Jurisdiction, kind: str) -> BoundaryLayer | None:
    """What the city's file says about a kind of boundary."""
    return next((layer for layer in city.boundaries if layer.kind == kind), None)


def read_polygons(city: Jurisdiction, path: Path, name_property: str | None) -> Polygons:
    """The areas of a GeoJSON file on disk. Raises SourceError that names the file and its fault."""
    return parse_polygons(city, path.name, _read_bytes(path), name_property)


def read_properties(path: Path) -> list[dict[str, Any]]:
    """The properties of every feature of a GeoJSON file on disk. Raises as read_polygons."""
    found = [feature.get("properties") for feature in _features(path.name, _read_bytes(path))]
    return [properties if isinstance(properties, dict) else {} for properties in found]


def _read_bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise SourceError(f"{path.name}: {size:,} bytes; at most {MAX_BYTES:,}")
        return path.read_bytes()
    except OSError as problem:
        raise SourceError(f"{path}: cannot be read: {problem.strerror}") from problem


def fetch_polygons(city: Jurisdiction, layer: BoundaryLayer, fetch: Fetch) -> Polygons:
    """The areas at the city's address. Raises SourceError, or SettingsError if there is none."""
    if not layer.url:
        raise SettingsError(
            f"{city.id}.toml: the {layer.kind} boundaries name no url; give a file: --from-file F"
        )
    answer = fetch(layer.url)
    if answer.status != 200:
        raise SourceError(f"{city.id}: {layer.url} answered {answer.status}")
    return parse_polygons(city, layer.url, answer.body, layer.name_property)


def parse_polygons(
    city: Jurisdiction, source: str, body: bytes, name_property: str | None
) -> Polygons:
    """Every area of a GeoJSON body, sorted by name; polygons with the same name are joined.

    Raises SourceError that names the feature.
    """
    shapes: dict[str, list[BaseGeometry]] = {}
    for number, feature in enumerate(_features(source, body), 1):
        name = _name(source, number, feature, name_property)
        where = f"{source}: feature {number} ({name})"
        shapes.setdefault(name, []).append(_polygon(where, feature.get("geometry")))
    joined = {name: _join(parts) for name, parts in shapes.items()}
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
    value = properties.get(wanted)
    name = "" if value is None else str(value).strip()
    if not name:
        there = ", ".join(map(str, properties)) or "none"
        raise SourceError(f"{source}: feature {number} has no property {wanted!r}; it has: {there}")
    return name[:200]


def _polygon(where: str, geometry: Any) -> BaseGeometry:
    try:
        polygon = shapely.force_2d(shape(geometry))
        if not polygon.is_valid:
            polygon = shapely.make_valid(polygon)
    except _NOT_A_GEOMETRY as problem:
        raise SourceError(f"{where}: no usable geometry: {problem}") from problem
    surfaces = [
        part
        for part in shapely.get_parts(polygon, return_index=False)
        if part.geom_type in ("Polygon", "MultiPolygon") and part.area
    ]
    if not surfaces:
        raise SourceError(f"{where}: is a {polygon.geom_type}; areas are Polygons or MultiPolygons")
    _check_degrees(where, *polygon.bounds)
    return _join(surfaces)


def _check_degrees(where: str, west: float, south: float, east: float, north: float) -> None:
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise SourceError(
            f"{where}: reaches to {west:.0f},{south:.0f},{east:.0f},{north:.0f}, "
            "which are not degrees; export it in WGS84"
        )


def _join(parts: list[BaseGeometry]) -> BaseGeometry:
    return parts[0] if len(parts) == 1 else shapely.union_all(parts)


def _require_city(city: Jurisdiction, source: str, polygons: list[BaseGeometry]) -> None:
    bounds = city.bounds
    box = shapely.box(bounds.west, bounds.south, bounds.east, bounds.north)
    if not any(polygon.intersects(box) for polygon in polygons):
        raise SourceError(f"{source}: none of its {len(polygons)} areas touches {city.name}")
