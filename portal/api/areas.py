"""Outlines of areas: GeoJSON for the live map, a drawing for the still one. Routes /areas/<kind>.json and /areas/<kind>.svg."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Blueprint, Response, request

from portal.context import Portal
from portal.domain import morton
from portal.domain.jurisdiction import Bounds
from portal.errors import NotFound
from portal.queries.areas import Area, areas

KINDS = ("neighborhood", "district", "tract")
DRAWING_WIDTH = 1000
# The drawing is a picture of its own: the page's variables do not reach it, so both themes stand here.
_DRAWING_STYLE = (
    "path{fill:#fff;stroke:#76838f;stroke-width:1;vector-effect:non-scaling-stroke}"
    "@media(prefers-color-scheme:dark){path{fill:#17222d;stroke:#7b8b9b}}"
)


def blueprint(portal: Portal) -> Blueprint:
    """The two routes."""
    routes = Blueprint("areas", __name__)

    @routes.get("/areas/<kind>.json")
    def area_json(kind: str) -> Response:
        found = portal.look_up(areas, portal.city(request.host).id, _known(kind))
        return _answer(json.dumps(feature_collection(found), separators=(",", ":"), ensure_ascii=False), "application/geo+json")

    @routes.get("/areas/<kind>.svg")
    def area_drawing(kind: str) -> Response:
        city = portal.city(request.host)
        return _answer(drawing(portal.look_up(areas, city.id, _known(kind)), city.bounds), "image/svg+xml")

    return routes


def feature_collection(found: Iterable[Area]) -> dict[str, Any]:
    """GeoJSON of some areas, each with its name and slug."""
    features = [{"type": "Feature", "properties": {"name": a.name, "slug": a.slug}, "geometry": a.geometry} for a in found]
    return {"type": "FeatureCollection", "features": features}


def drawing(found: Iterable[Area], bounds: Bounds) -> str:
    """An SVG whose edges are the edges of `bounds` in Web Mercator, so that it can lie under circles placed in per cent."""
    west, north = morton.mercator(bounds.north, bounds.west)
    east, south = morton.mercator(bounds.south, bounds.east)
    scale = DRAWING_WIDTH / (east - west)
    height = round((south - north) * scale, 1)
    paths = "".join(f'<path d="{_path(area.geometry, west, north, scale)}"/>' for area in found)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {DRAWING_WIDTH} {height}" preserveAspectRatio="none">'
        f"<style>{_DRAWING_STYLE}</style>{paths}</svg>"
    )


def _path(geometry: dict[str, Any], west: int, north: int, scale: float) -> str:
    return "".join(_ring_path(ring, west, north, scale) for ring in _rings(geometry))


def _ring_path(ring: list[Any], west: int, north: int, scale: float) -> str:
    points = (morton.mercator(point[1], point[0]) for point in ring)
    return "M" + "L".join(f"{(x - west) * scale:.0f} {(y - north) * scale:.0f}" for x, y in points) + "z"


def _rings(geometry: dict[str, Any]) -> Iterator[list[Any]]:
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    for polygon in polygons:
        yield from polygon


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise NotFound("We have no outlines of “{value}”. We have: {known}.", value=kind[:40], known=", ".join(KINDS))
    return kind


def _answer(body: str, mimetype: str) -> Response:
    answer = Response(body, mimetype=mimetype)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    answer.set_etag(hashlib.sha256(body.encode()).hexdigest()[:20])
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]
