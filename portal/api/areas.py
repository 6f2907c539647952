"""Outlines of areas for the live map: GeoJSON. Route /areas/<kind>.json."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, request

from portal.context import Portal
from portal.errors import NotFound
from portal.queries.cases.areas import Area, areas

KINDS = ("neighborhood", "district", "tract")


def blueprint(portal: Portal) -> Blueprint:
    """The route."""
    routes = Blueprint("areas", __name__)

    @routes.get("/areas/<kind>.json")
    def area_json(kind: str) -> Response:
        found = portal.cached(areas, portal.city(request.host).id, _known(kind))
        return _answer(
            json.dumps(feature_collection(found), separators=(",", ":"), ensure_ascii=False)
        )

    return routes


def feature_collection(found: Iterable[Area]) -> dict[str, Any]:
    """GeoJSON of some areas, each with its name and slug."""
    features = [
        {"type": "Feature", "properties": {"name": a.name, "slug": a.slug}, "geometry": a.geometry}
        for a in found
    ]
    return {"type": "FeatureCollection", "features": features}


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise NotFound(
            "We have no outlines of “{value}”. We have: {known}.",
            value=kind[:40],
            known=", ".join(KINDS),
        )
    return kind


def _answer(body: str) -> Response:
    answer = Response(body, mimetype="application/geo+json")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    answer.set_etag(hashlib.sha256(body.encode()).hexdigest()[:20])
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]
