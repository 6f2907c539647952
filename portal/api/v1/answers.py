"""The API's answers: JSON with its ETag, and what each says of itself."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from flask import Response, g, request

from portal.api.v1.endpoints import GEOJSON, JSON
from portal.queries.data.published_cases import Case, write_time

Tree = Mapping[str, Any]
PLACE = ("latitude", "longitude")


def stamp(permalink: str, as_of: int, version: int) -> dict[str, Any]:
    """The page that shows the same, and which state of the data this is (epoch s, version)."""
    return {
        "permalink": permalink,
        "data_as_of": write_time(as_of),
        "data_version": version,
    }


def answer_json(tree: Tree, media_type: str = JSON) -> Response:
    """The answer, or 304 for a client that has it; a cache asks each time."""
    body = orjson.dumps(tree, option=orjson.OPT_UTC_Z)
    answer = Response(body, content_type=media_type)
    answer.headers["Cache-Control"] = "public, no-cache"
    answer.vary.add("Accept")
    if following := tree.get("next"):
        answer.headers["Link"] = f'<{following}>; rel="next"'
    g.unchanging = hashlib.sha256(body).hexdigest()[:20]  # packed once (shared.compression)
    answer.set_etag(g.unchanging)
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]


def answer_features(cases: Iterable[Case], rest: Tree) -> Response:
    """Cases as GeoJSON (RFC 7946); one without a place has no geometry."""
    features = [make_feature(case) for case in cases]
    return answer_json({"type": "FeatureCollection", "features": features, **rest}, GEOJSON)


def make_feature(case: Case) -> dict[str, Any]:
    """A case as a GeoJSON feature; it must have its number and place."""
    latitude, longitude = (case[name] for name in PLACE)
    point = {"type": "Point", "coordinates": [longitude, latitude]}
    return {
        "type": "Feature",
        "id": case["case_id"],
        "geometry": None if latitude is None or longitude is None else point,
        "properties": {name: value for name, value in case.items() if name not in PLACE},
    }
