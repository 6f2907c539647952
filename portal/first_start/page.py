"""The page at the portal's own address until the portal answers there itself."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections.abc import Callable
from functools import partial
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template

from portal.first_start.building import Building

FOLDER = Path(__file__).parent
STYLES = sorted((FOLDER.parents[1] / "assets").glob("shared-[1-4]-*.css"))
RETRY_SECONDS = 2
REQUEST_SECONDS = 10.0
POLL_SECONDS = 0.05
"""How long the end of the server may take."""

_PAGE = Template((FOLDER / "page.html").read_text(encoding="utf-8"))
_SCRIPT = (FOLDER / "page.js").read_text(encoding="utf-8")


class FirstPage(ThreadingHTTPServer):
    """Answers every request with how far the city is, and 503, until it is closed.

    The port may be shared: so the portal's own web server takes it over without a gap in which
    no one would answer. Raises OSError if another program has it.
    """

    daemon_threads = True
    allow_reuse_port = True

    def __init__(self, host: str, port: int, tell: Callable[[], tuple[Building, str]]) -> None:
        self.tell = tell
        """How far the city is, and in words how long it will still take."""
        super().__init__((host, port), _Answer)
        serve = partial(self.serve_forever, POLL_SECONDS)
        threading.Thread(target=serve, name="first page", daemon=True).start()

    def close(self) -> None:
        """Answer no more."""
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A visitor who hangs up is no news."""


class _Answer(BaseHTTPRequestHandler):
    timeout = REQUEST_SECONDS
    server: FirstPage

    def do_GET(self) -> None:
        building, time_left = self.server.tell()
        is_page = "text/html" in self.headers.get("Accept", "")
        text = draw_page(building, time_left) if is_page else f"{building.describe()}\n"
        body = text.encode()
        self.send_response(503)
        for name, value in _headers("text/html" if is_page else "text/plain").items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 - their names

    def version_string(self) -> str:
        return "citizens-connect"

    def log_message(self, format: str, *args: object) -> None:
        """Requests for this page are not logged."""


def draw_page(building: Building, time_left: str) -> str:
    """The whole document, which brings its own styles and script."""
    return _PAGE.substitute(
        sentence=escape(building.describe()),
        step=escape(building.describe_step()),
        time_left=escape(time_left),
        done=building.stored_cases,
        cases=building.cases,
        seconds=RETRY_SECONDS,
        styles=_read_styles(),
        script=_SCRIPT,
    )


def _read_styles() -> str:
    text = "".join(path.read_text(encoding="utf-8") for path in STYLES)
    return re.sub(r"/\*.*?\*/|\n\s*", "", text, flags=re.DOTALL)


def _headers(kind: str) -> dict[str, str]:
    script_hash = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    return {
        "Content-Type": f"{kind}; charset=utf-8",
        "Retry-After": str(RETRY_SECONDS),
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{script_hash}'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    }
