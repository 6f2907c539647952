"""Answers that scripts of any site may read."""

from __future__ import annotations

from flask import Response

_OF_PAGES = "X-Next-Page-URL, X-Page-Count, X-Result-Count"
SHOWN_HEADERS = f"ETag, Link, RateLimit, RateLimit-Policy, Retry-After, {_OF_PAGES}"


def let_others_read(response: Response, methods: str = "GET, HEAD, OPTIONS") -> Response:
    """The answer with the headers that let any site's script read it; without cookies."""
    response.headers.update(
        {
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": methods,
            "Access-Control-Allow-Headers": "Authorization, Content-Type, If-None-Match",
            "Access-Control-Expose-Headers": SHOWN_HEADERS,
            "Access-Control-Max-Age": "86400",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
    )
    return response
