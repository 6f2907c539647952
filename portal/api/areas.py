"""Outlines of areas for the live map: GeoJSON. Route /areas/<kind>.json."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy import Connection

from portal.api.addresses import refuse_unknown_parameters
from portal.context import Portal
from portal.errors import NotFound
from portal.queries.cases.areas import Area, areas

KINDS = ("neighborhood", "district", "tract")
SHARED_SECONDS = 3600


def blueprint(portal: Portal) -> Blueprint:
    """The route."""
    routes = Blueprint("areas", __name__)

    @routes.get("/areas/<kind>.json")
    def area_json(kind: str) -> Response:
        refuse_unknown_parameters()
        city_id = portal.city(request.host).id
        body = portal.cached_shared(
            _make_geojson, city_id, _check_kind(kind), seconds=SHARED_SECONDS
        )
        return _make_response(body)

    return routes


def feature_collection(found: Iterable[Area]) -> dict[str, Any]:
    """GeoJSON of some areas, each with its name and slug."""
    features = [
        {"type": "Feature", "properties": {"name": a.name, "slug": a.slug}, "geometry": a.geometry}
        for a in found
    ]
    return {"type": "FeatureCollection", "features": features}


def _make_geojson(connection: Connection, city_id: str, kind: str) -> bytes:
    collection = feature_collection(areas(connection, city_id, kind))
    return json.dumps(collection, separators=(",", ":"), ensure_ascii=False).encode()


def _check_kind(kind: str) -> str:
    if kind not in KINDS:
        raise NotFound(
            "We have no outlines of “{value}”. We have: {known}.",
            value=kind[:40],
            known=", ".join(KINDS),
        )
    return kind


def _make_response(body: bytes) -> Response:
    answer = Response(body, mimetype="application/geo+json")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    answer.set_etag(hashlib.sha256(body).hexdigest()[:20])
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]
