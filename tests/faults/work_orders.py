"""A city's work-order system that fails and lies in every way one can, as a seeded die tells it to.

It makes a new case of every report that reaches it, as most systems do, and never looks whether it
has had it: what comes twice is there twice. Asked for its number, it may name another case's, one
that it gave before, or none that could be one.
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
    "token",
    "drip",
    *["lie"] * 3,
)
"""What becomes of a POST; before and after say whether the case was made."""
LIES = {
    "the number of a case that was there": "101",
    "100,000 characters": "9" * 100_000,
    "a line break": "W-5\r\nX-Key: stolen",
    "a comma": "W-5,W-6",
    "an unseen character": "W-\u202e5",
}
OF_ANOTHER = "the number of another report"
LIES_OF_A_HUNDRED = 10
"""How often a question by our reference or by a token is answered with a lie."""
DRIP_SECONDS = 1.0
LATE_SECONDS = 0.6
"""Longer than the sender waits."""


class Patient(ThreadingHTTPServer):
    """Those who ask are killed in the middle: that is the trial, and no fault worth a word."""

    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # pyright: ignore[reportArgumentType]


class WorkOrders:
    """The system: `cases` by our number, and how often each way of failing was gone.

    `lies` are those it told, by kind, and `lied_about` our numbers of the cases they were about.
    `known` are numbers that their reports have, for lies about other reports.
    """

    def __init__(self, seed: int) -> None:
        self.cases: Counter[str] = Counter()
        self.ways: Counter[str] = Counter()
        self.lies: Counter[str] = Counter()
        self.lied_about: set[str] = set()
        self.known: list[str] = []
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
            return self.number_of(reference)

    @staticmethod
    def number_of(reference: str) -> str:
        """The true number of a case."""
        return f"W-{reference}"

    def answer(self, reference: str) -> str:
        """The number as it is told to one who asks: true, or now and then a lie."""
        if self.is_well or self._die.randrange(100) >= LIES_OF_A_HUNDRED:
            return self.number_of(reference)
        return self.lie(reference)

    def lie(self, reference: str) -> str:
        """A number that is not this case's; each kind of lie in turn."""
        with self._lock:
            others = [number for number in self.known if number != self.number_of(reference)]
            kinds = [OF_ANOTHER, *LIES] if others else [*LIES]
            kind = min(kinds, key=lambda kind: self.lies[kind])
            self.lies[kind] += 1
            self.lied_about.add(reference)
            return self._die.choice(others) if kind == OF_ANOTHER else LIES[kind]

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
            system.take(reference)
            return self._took(way, reference)

        def _took(self, way: str, reference: str) -> None:
            number = system.lie(reference) if way == "lie" else system.number_of(reference)
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
            elif way == "token":
                self._say(200, json.dumps([{"token": reference}]))
            elif way == "drip":
                self._drip(json.dumps([row]))
            else:
                time.sleep(LATE_SECONDS if way == "late" else 0)
                self._say(200, json.dumps([row, row] if way == "answered twice" else [row]))

        def do_GET(self) -> None:
            if system.is_down:
                return self._say(500, "oh")
            parts = urlsplit(self.path)
            if "/tokens/" in parts.path:
                token = parts.path.rpartition("/")[2].removesuffix(".json")
                row = {"token": token, "service_request_id": system.answer(token)}
                return self._say(200, json.dumps([row]))
            reference = parse_qs(parts.query)["external_reference"][0]
            if not system.cases[reference]:
                return self._say(200, "[]")
            extended = {"external_reference": reference}
            row = {"service_request_id": system.answer(reference), "extended_attributes": extended}
            return self._say(200, json.dumps([row]))

        def _drip(self, body: str) -> None:
            """A byte a second, for as long as somebody listens."""
            try:
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                for letter in body.encode():
                    self.wfile.write(bytes([letter]))
                    self.wfile.flush()
                    time.sleep(DRIP_SECONDS)
            except OSError:
                return  # nobody waits any more

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
