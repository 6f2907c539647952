"""The web server under load: two processes, asked over connections that stay open."""

from __future__ import annotations

import selectors
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from portal.benchmarks.figures import Figure
from portal.cli.serve import free_port, status_of, web_command
from portal.errors import PortalError
from portal.settings import Settings

REPOSITORY = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
START_SECONDS = 60
LOAD_SECONDS = 5.0
CONNECTIONS = 8
WORKERS = 2
KEPT_PAGE = "/cases?status=open"
NEWS = "/version.json"
END_OF_HEADERS = b"\r\n\r\n"
RUN_WITH = ("DATA_DIR", "DATABASE_URL", "SECRET_KEY", "PORT", "WORKERS")
"""The settings that a program to be measured is run with."""


def measure_web(
    settings: Settings, city_id: str, queries: Sequence[str], numbers: Sequence[str]
) -> Iterator[Figure]:
    """The web server's figures.

    Lists and cases not asked for yet, one after the other; then one page, and whether there is
    anything new, as fast as possible.
    """
    with run_web_server(settings, city_id) as port:
        lists = _each_once(port, (f"/cases?{query}" for query in queries))
        yield Figure("list page, any filter, not asked before", "ms", lists, 30)
        cases = _each_once(port, (f"/cases/{number}" for number in numbers))
        yield Figure("page of a case, not asked before", "ms", cases)
        yield from _measure_kept(port)


def _measure_kept(port: int) -> Iterator[Figure]:
    """What is asked again, and so answered before Flask is."""
    pages = (measure_rate(port, KEPT_PAGE, 200),)
    name = f"list page asked again, {WORKERS} processes"
    yield Figure(name, "pages/s", pages, 3_000, at_least=True)
    answers = (measure_rate(port, NEWS, 304, f"If-None-Match: {ask_once(port, NEWS).etag}"),)
    name = "“is there anything new?” “no” (304)"
    yield Figure(name, "answers/s", answers, 5_000, at_least=True)


def _each_once(port: int, addresses: Iterable[str]) -> tuple[float, ...]:
    """How long each page takes, in ms."""
    return tuple(1000 * ask_once(port, address).seconds for address in addresses)


@contextmanager
def run_web_server(settings: Settings, city_id: str) -> Iterator[int]:
    """Run the portal's own web server on a free port; stopped afterwards."""
    own = settings.model_copy(update={"host": HOST, "port": free_port(), "workers": WORKERS})
    with run_program(web_command(own), own, city_id, START_SECONDS):
        yield own.port


@contextmanager
def run_program(command: list[str], own: Settings, city_id: str, seconds: float) -> Iterator[None]:
    """Run a program that serves pages, and wait until it does; stopped afterwards.

    Raises PortalError if it serves none after so many seconds.
    """
    given = {"JURISDICTIONS": city_id, "TILE_URL": "none"}
    given |= {name: getattr(own, name.lower()) for name in RUN_WITH}
    command = with_settings(given, command)
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL) as server:
        try:
            _wait(server, own.port, seconds)
            yield
        finally:
            server.terminate()


def with_settings(given: Mapping[str, object], command: Sequence[str]) -> list[str]:
    """The command with these settings, DATA_DIR and so on, in its environment."""
    return ["env", *(f"PORTAL_{name}={value}" for name, value in given.items()), *command]


def _wait(server: subprocess.Popen, port: int, seconds: float) -> None:
    give_up_at = time.monotonic() + seconds
    while status_of(HOST, port, "/readyz") != 200:
        if server.poll() is not None or time.monotonic() > give_up_at:
            raise PortalError("the web server to be measured did not start")
        time.sleep(0.1)


@dataclass(frozen=True)
class Answer:
    """How long an answer took, and its ETag."""

    seconds: float
    etag: str


@dataclass
class Visitor:
    """One connection that sends the same request again and again."""

    port: int
    request: bytes
    expected: int
    answers: int = 0
    socket: socket.socket = field(init=False)
    _received: bytes = b""

    def __post_init__(self) -> None:
        self.socket = socket.create_connection((HOST, self.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self) -> None:
        """Send the request."""
        self.socket.sendall(self.request)

    def receive(self) -> bytes | None:
        """Read what has arrived. Returns the headers once the answer is whole, else None.

        Raises PortalError for an answer with another status.
        """
        part = self.socket.recv(1 << 18)
        self._received += part
        headers, end, body = self._received.partition(END_OF_HEADERS)
        if not part or (end and not headers.startswith(f"HTTP/1.1 {self.expected} ".encode())):
            raise PortalError(f"the server answered {headers[:60]!r} and not {self.expected}")
        if not end or len(body) < body_length(headers):
            return None
        self._received = b""
        self.answers += 1
        return headers


def ask_once(port: int, address: str) -> Answer:
    """Ask for one page on a connection of its own."""
    return time_answer(Visitor(port, build_request(port, address), 200))


def time_answer(visitor: Visitor) -> Answer:
    """Time one question of a visitor, from sending it, and close the connection."""
    started = time.perf_counter()
    visitor.ask()
    while (headers := visitor.receive()) is None:
        pass
    visitor.socket.close()
    return Answer(time.perf_counter() - started, read_header(headers, "etag"))


def measure_rate(
    port: int, address: str, expected: int, *headers: str, seconds: float = LOAD_SECONDS
) -> float:
    """Answers per second to a few visitors who ask again as soon as they are answered."""
    request = build_request(port, address, *headers)
    visitors = [Visitor(port, request, expected) for _ in range(CONNECTIONS)]
    with selectors.DefaultSelector() as selector:
        for visitor in visitors:
            selector.register(visitor.socket, selectors.EVENT_READ, visitor)
            visitor.ask()
        taken = _keep_asking(selector, seconds)
    for visitor in visitors:
        visitor.socket.close()
    return sum(visitor.answers for visitor in visitors) / taken


def _keep_asking(selector: selectors.BaseSelector, seconds: float) -> float:
    """Let all visitors ask for some seconds; returns how long it was."""
    started = time.perf_counter()
    while time.perf_counter() - started < seconds:
        for key, _ in selector.select(1):
            if key.data.receive() is not None:
                key.data.ask()
    return time.perf_counter() - started


def build_request(port: int, address: str, *headers: str) -> bytes:
    """A GET as a browser sends it."""
    first = (f"GET {address} HTTP/1.1", f"Host: {HOST}:{port}", "Accept-Encoding: gzip, br")
    return "\r\n".join((*first, *headers, "", "")).encode()


def body_length(headers: bytes) -> int:
    """How many bytes follow the headers; none after a 304."""
    return int(read_header(headers, "content-length") or 0)


def read_header(headers: bytes, name: str) -> str:
    """The value of a header; empty if it is not there."""
    for line in headers.decode("latin-1").split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.lower() == name:
            return value.strip()
    return ""
