"""A server whose answers break off in the middle, and one that never ends by itself."""

from __future__ import annotations

import time

from portal.web.front import IS_LONG, Front

PIECE = b"x" * 100_000


def make_front() -> Front:
    """For Granian, as app.create_front is."""
    return Front(app, 1, lambda _path: 0, lambda environ: environ["REMOTE_ADDR"])


def app(environ, start_response):
    """`/broken` raises after three pieces, `/whole` ends, `/endless` goes on."""
    environ[IS_LONG] = environ["PATH_INFO"] != "/page"
    start_response("200 OK", [("content-type", "text/csv")])
    if environ["PATH_INFO"] == "/page":
        return [b"a page"]
    return pieces(environ["PATH_INFO"])


def pieces(path: str):
    for _ in range(3):
        yield PIECE
    if path == "/broken":
        raise OSError("the disk is gone")
    while path == "/endless":
        time.sleep(0.05)
        yield PIECE
