"""A page that arrives in pieces, as on a bad line; each waits until the last one is painted."""

from __future__ import annotations

import re
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

from playwright.sync_api import Page

from tests.support.browser import SCRIPTS_ARE_THERE

PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
SHIFT = """() => new Promise(done => {
    let sum = 0;
    const add = list => list.getEntries().forEach(entry => sum += entry.value);
    new PerformanceObserver(add).observe({type: 'layout-shift', buffered: true});
    setTimeout(() => done(sum), 300);
})"""


@dataclass
class SlowLine:
    """A proxy in front of a site, at `address`; a page gets through piece by piece."""

    address: str
    pieces: list[bytes]
    _turns: threading.Semaphore

    def let_through(self, page: Page) -> None:
        """Let the whole page come, piece by piece, each painted before the next."""
        for _ in self.pieces:
            page.evaluate(PAINTED)
            self._turns.release()


def open_in_pieces(page: Page, site: str, path: str, cuts: tuple[str, ...] | None = None) -> None:
    """Open a page over a slow line, and go on once it is whole and its scripts are there."""
    with slow_line(site, path, cuts) as line:
        page.goto(line.address + path, wait_until="commit")
        line.let_through(page)
        page.wait_for_load_state("load")
        page.wait_for_function(SCRIPTS_ARE_THERE)


@contextmanager
def slow_line(site: str, path: str, cuts: tuple[str, ...] | None = None) -> Iterator[SlowLine]:
    """A line to the site that cuts the page at `path` before each of `cuts`, in their order.

    Without `cuts` before every tag of its upper part, then every fourth up to the footer.
    Everything else comes whole.
    """
    turns = threading.Semaphore(1)
    whole = _fetch(site, path)[2]
    pieces = _cut(whole, [cut.encode() for cut in cuts]) if cuts else _cut_at_tags(whole)

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


def _cut_at_tags(whole: bytes) -> list[bytes]:
    start = whole.index(b"<body") + 1
    end = whole.index(b"<footer")  # stands at the window's end and grows upward, by a line or two
    tags = [start + tag.start() for tag in re.finditer(rb"<(?!/)", whole[start:end])]
    places = [*tags[:60], *tags[60:400:4], len(whole)]
    return [whole[: places[0]], *(whole[one:two] for one, two in pairwise(places))]
