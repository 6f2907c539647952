"""A page that comes in pieces, as over a bad line: each waits until the last is painted."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from playwright.sync_api import Page

PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@dataclass
class SlowLine:
    """Stands in front of a site, at `address`; a page gets through piece by piece."""

    address: str
    pieces: list[bytes]
    _turns: threading.Semaphore

    def let_through(self, page: Page) -> None:
        """Let the whole page come, piece by piece, each painted before the next."""
        for _ in self.pieces:
            page.evaluate(PAINTED)
            self._turns.release()


@contextmanager
def slow_line(site: str, path: str, cuts: tuple[str, ...]) -> Iterator[SlowLine]:
    """A line to the site that cuts the page at `path` before each of `cuts`, in their order.

    Everything else comes whole.
    """
    turns = threading.Semaphore(1)
    whole = _fetch(site, path)[2]
    pieces = _cut(whole, [cut.encode() for cut in cuts])

    class Line(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802 - the name http.server asks for
            status, headers, body = _fetch(site, self.path)
            self.send_response(status)
            for name in ("Content-Type", "Content-Security-Policy"):
                if name in headers:
                    self.send_header(name, headers[name])
            self.end_headers()
            if self.path != path:
                self.wfile.write(body)
                return
            for piece in pieces:
                turns.acquire()
                self.wfile.write(piece)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Line)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield SlowLine(f"http://127.0.0.1:{server.server_port}", pieces, turns)
    server.shutdown()
    server.server_close()
    thread.join()


def _fetch(site: str, path: str) -> tuple[int, dict[str, str], bytes]:
    with urllib.request.urlopen(site + path) as answer:
        return answer.status, dict(answer.headers), answer.read()


def _cut(whole: bytes, cuts: list[bytes]) -> list[bytes]:
    pieces = []
    for cut in cuts:
        before, found, after = whole.partition(cut)
        assert found, f"{cut!r} is not in the page"
        pieces.append(before)
        whole = found + after
    return [*pieces, whole]
