"""What every posted form needs: it must be ours, and with photos it may be large."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge

from portal.errors import BadRequest, NotAllowed

MAX_BODY_BYTES = 20 * 1024 * 1024
MAX_FIELDS = 400


def require_same_origin() -> None:
    """Raise NotAllowed for a form that another site sent.

    A program that is no browser names no origin, and has no visitor to deceive.
    """
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site:
        is_ours = site in ("same-origin", "none")
    else:
        is_ours = origin is None or urlsplit(origin).netloc == request.host
    if not is_ours:
        raise NotAllowed(
            "This form was sent from another site. Please open it here and send it again."
        )


@contextmanager
def allow_photos() -> Iterator[None]:
    """Let the form bring photos. Raises BadRequest if they are over 20 MB together."""
    request.max_content_length = MAX_BODY_BYTES
    request.max_form_parts = MAX_FIELDS
    try:
        yield
    except RequestEntityTooLarge:
        raise BadRequest(
            "The photos together are larger than 20 MB. Go back, where all you wrote still is,"
            " and send them one at a time."
        ) from None
