"""The one gate before every request that changes something: where it is from, how large, how many.

No handler calls it, so none can forget it. A view says what is special about it:

    @brings_photos       # up to 20 MB
    @from_anywhere       # a mail program may post here: the address itself is the key
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Flask, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from portal.abuse.flood import Flood
from portal.abuse.rate_limits import find_network
from portal.errors import BadRequest, NotAllowed, TooMany
from portal.settings import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MAX_BODY_BYTES = 256 * 1024
MAX_PHOTOS_BYTES = 20 * 1024 * 1024
MAX_FIELDS = 400
DEFAULT_PORTS = {"http": 80, "https": 443}
View = TypeVar("View", bound=Callable)


def brings_photos(view: View) -> View:
    """Mark a view whose form may be large."""
    view.most_bytes = MAX_PHOTOS_BYTES
    return view


def from_anywhere(view: View) -> View:
    """Mark a view that any site or program may post to."""
    view.is_from_anywhere = True
    return view


def put_up(server: Flask, settings: Settings, flood: Flood | None = None) -> None:
    """Put the gate before a server's views. Call it before anything else reads the request."""
    origins = our_origins(settings)
    counted = flood or Flood()
    server.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES

    @server.before_request
    def check() -> None:
        if request.method in SAFE or request.endpoint is None:
            return
        view = server.view_functions[request.endpoint]
        if not getattr(view, "is_from_anywhere", False):
            require_same_origin(origins)
        if counted.is_one_too_many(find_network(request.remote_addr)):
            raise TooMany("Too much came from your network just now. Please try again in a minute.")
        _limit_size(most_bytes_of(view))


def our_origins(settings: Settings) -> frozenset[str]:
    """The base URL's origin and the trusted hosts', which hold whatever host a proxy asks for."""
    others = filter(None, (name.strip() for name in settings.trusted_hosts.split(",")))
    addresses = [settings.site_url, *(f"https://{name}" for name in others)]
    return frozenset(filter(None, map(_origin, addresses)))


def most_bytes_at(server: Flask, path: str) -> int:
    """How many bytes a request to a path may bring."""
    try:
        endpoint, _ = server.url_map.bind("").match(path, method="POST")
    except HTTPException:
        return MAX_BODY_BYTES
    return most_bytes_of(server.view_functions[endpoint])


def most_bytes_of(view: Callable) -> int:
    """How many bytes a request to a view may bring."""
    return getattr(view, "most_bytes", MAX_BODY_BYTES)


def require_same_origin(origins: Iterable[str]) -> None:
    """Raise NotAllowed for a form that another site sent.

    `origins` are our own, besides the host that was asked: a proxy may ask for another one. A
    program that is no browser names no origin, and has no visitor to deceive.
    """
    if not _is_ours(origins):
        raise NotAllowed(
            "This form was sent from another site. Please open it here and send it again."
        )


def _is_ours(origins: Iterable[str]) -> bool:
    if site := request.headers.get("Sec-Fetch-Site"):
        return site in ("same-origin", "none")
    said = request.headers.get("Origin")
    if said in (None, "null"):
        # A page that tells no one where it is has "null" for its origin, in older browsers.
        referrer = request.headers.get("Referer")
        return said is None if referrer is None else _is_one_of(referrer, origins)
    return _is_one_of(said, origins)


def _is_one_of(address: str, origins: Iterable[str]) -> bool:
    origin = _origin(address)
    scheme = origin.partition("://")[0]
    return bool(origin) and (origin in origins or origin == _origin(f"{scheme}://{request.host}"))


def _origin(address: str) -> str:
    """“https://311.example.gov” of an address, without the scheme's own port; "" of none."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    if not parts.hostname:
        return ""
    shown = "" if port in (None, DEFAULT_PORTS.get(parts.scheme)) else f":{port}"
    return f"{parts.scheme}://{parts.hostname}{shown}"


def _limit_size(most: int) -> None:
    request.max_content_length = most
    is_too_large = (request.content_length or 0) > most
    if most < MAX_PHOTOS_BYTES:
        if is_too_large:
            raise RequestEntityTooLarge
        return
    request.max_form_parts = MAX_FIELDS
    if is_too_large:
        raise BadRequest(
            "The photos together are larger than 20 MB. Go back, where all you wrote still is,"
            " and send them one at a time."
        )
