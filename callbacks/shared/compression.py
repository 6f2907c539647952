"""Smaller answers: Brotli or gzip, packed once for each content and shared like pages."""

from __future__ import annotations

from functools import partial

from flask import Flask, Response, g, request
from flask_compress import Compress

from portal.cache.shared import Question
from portal.context import Portal
from portal.web.front import IS_LONG, SENT_FILE

SHARED_SECONDS = 600
MIMETYPES = [
    "text/html", "text/css", "text/plain", "text/javascript", "application/javascript",
    "application/json", "application/geo+json", "application/xml", "text/xml", "image/svg+xml",
    "application/problem+json",
]  # fmt: skip


class PackedBodies:
    """Packed bodies under names of their content, as flask_compress asks for them.

    A key such as `br;3f9c…` ends in what a view put in `g.unchanging`. Where that is empty, the
    answer is one person's, or has no name: it is packed each time and not kept.
    """

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def get(self, key: str) -> bytes | None:
        """The packed body under a key."""
        if key.endswith(";"):
            return None
        body = self._portal.shared.get(self._make_question(key))
        if body is not None:
            g.packed_before = key
        return body

    def set(self, key: str, value: bytes) -> bool:
        """Keep a packed body; flask_compress also brings back those that it was given."""
        if key.endswith(";") or g.get("packed_before") == key:
            return False
        self._portal.shared.keep(self._make_question(key), value, SHARED_SECONDS)
        return True

    def _make_question(self, key: str) -> Question:
        return Question("packed", self._portal.city(request.host).id, "body", 0, (key,))


class Compression(Compress):
    """Packs refusals as it does pages; flask_compress leaves all answers but 2xx as they are."""

    def after_request(self, response: Response) -> Response:
        """The answer, smaller where the browser can read that; not files, and what takes long."""
        if request.environ.get(IS_LONG) or request.environ.get(SENT_FILE):
            return response
        if response.status_code < 400:
            return super().after_request(response)
        refusal = response.status
        response.status = "200 OK"
        packed = super().after_request(response)
        packed.status = refusal
        return packed


def compress_answers(server: Flask, portal: Portal) -> None:
    """Pack what a server answers. To be called before anything else asks to change answers."""
    server.config["COMPRESS_ALGORITHM"] = ["br", "gzip"]
    server.config["COMPRESS_BR_LEVEL"] = 6
    server.config["COMPRESS_MIMETYPES"] = MIMETYPES
    server.config["COMPRESS_CACHE_BACKEND"] = partial(PackedBodies, portal)
    server.config["COMPRESS_CACHE_KEY"] = lambda _request: g.get("unchanging", "")
    Compression(server)
