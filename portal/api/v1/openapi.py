"""The API as OpenAPI 3.1, made from its endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from portal.api.v1.endpoints import ENDPOINTS, PREFIX
from portal.api.v1.schemas import SCHEMAS, refer
from portal.domain.api_reference import Endpoint, Parameter
from portal.domain.problem import MEDIA_TYPE

VERSION = "1.0.0"
REFUSALS: Mapping[int, str] = {
    400: "A parameter is unknown or is not understood; `parameter` names it.",
    403: "The API key is unknown or was revoked.",
    404: "There is nothing at this address, or nothing that is public.",
    405: "The address does not take this method; the header Allow says which it takes.",
    429: "Too many requests; the header Retry-After says when to ask again.",
    503: "Not ready just now; the header Retry-After says when to ask again.",
}
"""Every refusal that an endpoint may give, and what it means."""


def describe_api(title: str, site: str) -> dict[str, Any]:
    """The whole document, for the API of a portal at `site`."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": VERSION,
            "description": "Public cases as data. Times are RFC 3339 in UTC.",
        },
        "servers": [{"url": f"{site}{PREFIX}"}],
        "externalDocs": {"url": f"{site}/developers"},
        "security": [{}, {"key": []}],
        "paths": dict(_describe_paths(ENDPOINTS)),
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "schemas": SCHEMAS,
            "responses": {f"Problem{status}": _refusal(status) for status in REFUSALS},
        },
    }


def _describe_paths(endpoints: Iterable[Endpoint]) -> Iterable[tuple[str, Any]]:
    for endpoint in endpoints:
        yield endpoint.path, {"get": _describe(endpoint)}


def _describe(endpoint: Endpoint) -> dict[str, Any]:
    content = {kind: {"schema": refer(name)} for kind, name in endpoint.answers.items()}
    answered = {"description": endpoint.summary, "headers": _HEADERS, "content": content}
    known = {"description": "Nothing has changed since the ETag in If-None-Match."}
    refusals = {
        str(status): {"$ref": f"#/components/responses/Problem{status}"} for status in REFUSALS
    }
    return {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "description": endpoint.meaning,
        "parameters": [_describe_parameter(one) for one in endpoint.parameters],
        "responses": {"200": answered, "304": known, **refusals},
    }


def _describe_parameter(parameter: Parameter) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.is_required,
        "description": parameter.meaning,
        "schema": parameter.schema,
    }
    if parameter.is_list:
        described |= {"style": "form", "explode": False}
    return described


def _refusal(status: int) -> dict[str, Any]:
    content = {MEDIA_TYPE: {"schema": refer("Problem")}}
    meaning = f"{HTTPStatus(status).phrase}. {REFUSALS[status]}"
    return {"description": meaning, "content": content}


_TEXT = {"schema": {"type": "string"}}
_HEADERS = {
    "RateLimit": {"description": "Calls left, and in how many seconds all are back.", **_TEXT},
    "RateLimit-Policy": {"description": "How many calls an hour you have.", **_TEXT},
    "ETag": {"description": "Of exactly this answer.", **_TEXT},
    "Link": {"description": "The next page, as rel=next.", **_TEXT},
}
