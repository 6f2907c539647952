"""The headers of every answer, and the hosts we answer to."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, Response, request

from portal.domain.jurisdiction import Jurisdiction
from portal.errors import BadRequest
from portal.settings import Settings

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
FRAMED = "/embed/"
"""Where the pages begin that other sites may show in a frame (callbacks.data.embeds)."""
AGAINST_FRAMES = frozenset({"X-Frame-Options", "Cross-Origin-Opener-Policy"})
ANY_HOST_PATHS = frozenset({"/healthz", "/readyz"})
"""Load balancers ask for these, and know no host name."""


def guard(server: Flask, settings: Settings, cities: Iterable[Jurisdiction], script: str) -> None:
    """Put headers on a server's answers. `script` is the one that pages may contain."""
    hosts = known_hosts(settings, cities)
    headers = security_headers(settings, script)

    @server.before_request
    def refuse_unknown_host() -> None:
        if request.path not in ANY_HOST_PATHS and host_name(request.host) not in hosts:
            raise BadRequest("There is no portal at “{host}”.", host=request.host[:80])

    @server.after_request
    def add_headers(response: Response) -> Response:
        is_for_frames = request.path.startswith(FRAMED)
        for name, value in headers.items():
            if not (is_for_frames and name in AGAINST_FRAMES):
                response.headers.setdefault(name, value)
        return response


def known_hosts(settings: Settings, cities: Iterable[Jurisdiction]) -> frozenset[str]:
    """Lower-case names without ports: the cities', the base URL's, trusted ones, this machine's."""
    names: set[str | None] = {name for city in cities for name in city.host_names}
    names |= {name.strip() for name in settings.trusted_hosts.split(",")}
    names.add(urlsplit(settings.site_url).hostname)
    return frozenset(name.lower() for name in names if name) | LOCAL_HOSTS


def host_name(host: str) -> str:
    """A Host header without its port, lower case: 'Boston.Localhost:8050' → 'boston.localhost'."""
    bare = host.lower().strip()
    return bare[: bare.find("]") + 1] if bare.startswith("[") else bare.split(":", 1)[0]


def security_headers(settings: Settings, script: str) -> dict[str, str]:
    """Headers of every answer.

    Styles may be inline because Leaflet and Dash bring theirs that way; one script may (ADR 2).
    """
    headers = {
        "Content-Security-Policy": content_policy(settings.tile_url, script),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if settings.site_url.startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


def content_policy(tile_url: str, script: str) -> str:
    """The content security policy: everything from our own host, and inline only this script.

    Pictures may also come from the street tiles' host, if there is one.
    """
    script_hash = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'self' 'sha256-{script_hash}'; "
        "style-src 'self' 'unsafe-inline'; connect-src 'self'; manifest-src 'self'; "
        f"img-src 'self' data:{tile_origin(tile_url)}; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def tile_origin(tile_url: str) -> str:
    """“ https://tile.example” for the policy, with any subdomain as *.

    Empty where there are no street tiles.
    """
    if tile_url == "none":
        return ""
    parts = urlsplit(tile_url.replace("{s}", "*"))
    return (
        f" {parts.scheme}://{parts.netloc}"
        if parts.scheme in ("https", "http") and parts.netloc
        else ""
    )
