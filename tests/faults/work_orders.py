"""A city's work-order system that fails in every way one can, as a seeded die tells it to.

It makes a new case of every report that reaches it, as most systems do, and never looks whether it
has had it: what comes twice is there twice.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

WAYS = (
    *["fine"] * 3,
    "429",
    "503",
    "500 before",
    "500 after",
    "html before",
    "html after",
    "cut off",
    "dropped before",
    "dropped after",
    "late",
    "answered twice",
    "no id",
)
"""What becomes of a POST; before and after say whether the case was made."""
LATE_SECONDS = 0.6
"""Longer than the sender waits."""


class Patient(ThreadingHTTPServer):
    """Those who ask are killed in the middle: that is the trial, and no fault worth a word."""

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # pyright: ignore[reportArgumentType]


class WorkOrders:
    """The system: `cases` by our number, and how often each way of failing was gone."""

    def __init__(self, seed: int) -> None:
        self.cases: Counter[str] = Counter()
        self.ways: Counter[str] = Counter()
        self.is_well = self.is_down = False
        self._die, self._lock = random.Random(seed), threading.Lock()  # noqa: S311
        self._server = Patient(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def way(self) -> str:
        """How the next POST goes."""
        with self._lock:
            way = "fine" if self.is_well else "down" if self.is_down else self._die.choice(WAYS)
            self.ways[way] += 1
            return way

    def take(self, reference: str) -> str:
        """A new case; its number."""
        with self._lock:
            self.cases[reference] += 1
            return f"W-{sum(self.cases.values())}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(system: WorkOrders) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            fields = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            reference, way = fields["external_reference"][0], system.way()
            if way in ("429", "503"):
                return self._say(int(way), "", {"Retry-After": "1"})
            if way in ("500 before", "down"):
                return self._say(500, "oh")
            if way == "html before":
                return self._say(200, "<!DOCTYPE html><p>Back soon</p>")
            if way == "dropped before":
                return self._drop()
            return self._took(way, system.take(reference))

        def _took(self, way: str, number: str) -> None:
            row = {"service_request_id": number}
            if way == "500 after":
                self._say(500, "oh")
            elif way == "html after":
                self._say(200, "<!DOCTYPE html><p>Back soon</p>")
            elif way == "cut off":
                self._say(200, json.dumps([row]), {"Content-Length": "500"})
                self._drop()
            elif way == "dropped after":
                self._drop()
            elif way == "no id":
                self._say(200, "[{}]")
            else:
                time.sleep(LATE_SECONDS if way == "late" else 0)
                self._say(200, json.dumps([row, row] if way == "answered twice" else [row]))

        def do_GET(self) -> None:
            if system.is_down:
                return self._say(500, "oh")
            reference = parse_qs(urlsplit(self.path).query)["external_reference"][0]
            extended = {"external_reference": reference}
            row = {"service_request_id": f"W-{reference}", "extended_attributes": extended}
            return self._say(200, json.dumps([row] if system.cases[reference] else []))

        def _say(self, status: int, body: str, headers: dict[str, str] | None = None) -> None:
            try:
                self.send_response(status)
                for name, value in {
                    "Content-Length": str(len(body)),
                    "Connection": "close",
                    **(headers or {}),
                }.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())
            except OSError:
                return  # nobody waits any more

        def _drop(self) -> None:
            self.close_connection = True
            self.connection.close()

        def log_message(self, format: str, *args: object) -> None:
            return None

    return Handler
