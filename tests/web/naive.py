"""A server as it was: each request has a thread from its first byte to its last."""

from __future__ import annotations


def app(environ, start_response):
    """Read whatever comes, in the thread that answers."""
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
