"""Photos: /photos/<name>-<side>.webp, for anyone who may see the case; checked each time.

Unknown, private, hidden and lost photos get the same answer. A browser keeps a picture for five
minutes and then asks if it still may: long enough for a visit, short enough that a photo the city
hides is gone soon.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from flask import Blueprint, Response, request

from portal.context import Portal
from portal.errors import NotFound
from portal.photos import files
from portal.photos.develop import SIZES
from portal.photos.signed import is_signed, read_jpeg
from portal.queries.cases.photos import is_public_photo
from portal.queries.report.held_photos import is_hidden_photo
from portal.store.engines import explain_timeouts

KEPT_SECONDS = 300
POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


def blueprint(portal: Portal, clock: Callable[[], float] = time.time) -> Blueprint:
    """The routes."""
    routes = Blueprint("photos", __name__)

    @routes.get("/photos/<name>-<int:side>.webp")
    def photo(name: str, side: int) -> Response:
        _require_public(portal, portal.city(request.host).id, name, side)
        return _make_response(portal, name, side)

    @routes.get("/photos/signed/<name>-<int:until>-<mark>.jpg")
    def signed_photo(name: str, until: int, mark: str) -> Response:
        is_ours = is_signed(portal.settings, name, until, mark, int(clock()))
        if not is_ours or is_hidden_photo(portal, name):
            raise NotFound("There is no such photo.")
        return _answer_system(portal, name)

    return routes


def _require_public(portal: Portal, city_id: str, name: str, side: int) -> None:
    if not files.NAME.fullmatch(name) or side not in SIZES:
        raise NotFound("There is no such photo.")
    with explain_timeouts(), portal.public.connect() as connection:
        if not is_public_photo(connection, city_id, name):
            raise NotFound("There is no such photo.")


def _make_response(portal: Portal, name: str, side: int) -> Response:
    body = files.read_photo(portal.photos_folder, name, side)
    answer = Response(body, mimetype="image/webp")
    answer.headers["Cache-Control"] = f"public, max-age={KEPT_SECONDS}"
    answer.headers["Content-Security-Policy"] = POLICY
    # The bytes under a name never change.
    answer.set_etag(f"{name}-{side}")
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]


def _answer_system(portal: Portal, name: str) -> Response:
    try:
        body = read_jpeg(portal.photos_folder, name)
    except OSError:
        raise NotFound("There is no such photo.") from None
    answer = Response(body, mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "private, no-store"
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
