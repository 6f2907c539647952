"""The server's side of the pages: takes requests from Granian, and hands them on whole.

A thread is taken once a request has come with its whole body, and given back once its answer is
made; the server sends it. However many visitors send or read slowly, threads are for pages
(decision 19).
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from http import HTTPStatus
from io import BytesIO
from typing import Any, Protocol

import orjson

from portal import logs
from portal.abuse.rate_limits import find_network
from portal.domain.problem import MEDIA_TYPE, describe_problem, is_for_programs
from portal.web.bodies import BodyReader, BodyRefused
from portal.web.broken_off import drop_connection
from portal.web.threads import Threads

log = logs.get_logger(__name__)

THREADS = 4
"""Pages made at a time in a process (decision 8)."""
AT_ONCE_BYTES = 4 << 20
"""An answer up to this size is handed over whole; more of a larger one is made as it is sent."""
IS_LONG = "portal.is_long"
"""What a view sets in the environ of an answer that takes long to make, such as a download. It is
sent from its first byte on, and made in threads of its own, so that no page waits for it."""
SENT_FILE = "portal.sent_file"
"""What a view sets in the environ of an answer whose body is a file: its path, and the first byte
and the one after the last. The server sends it by itself, and no thread waits for it."""
LONG_THREADS = 1
GIVE_WAY_SECONDS, GIVE_WAY_STEPS = 0.02, 15
"""A long answer waits before each piece while pages are being made, but not for ever."""
SECONDS_TO_TAKE = 120
"""How long a visitor may take over one piece of an answer before the connection is dropped."""
Environ = dict[str, Any]
Headers = list[tuple[str, str]]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
Start = tuple[int, Headers]
SizeLimit = Callable[[str], int]
"""path → how many bytes a request to it may bring."""
ClientOf = Callable[[Environ], str]
"""The address of the visitor, behind the proxies we trust (portal.web.proxies)."""


class Scope(Protocol):
    """A request's head, as Granian gives it (RSGI 1.6)."""

    http_version: str
    server: str
    client: str
    scheme: str
    method: str
    path: str
    query_string: str
    headers: Any


class Exchange(Protocol):
    """A request's body and the way to answer it (RSGI 1.6)."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None: ...

    def response_stream(self, status: int, headers: Headers) -> Any: ...

    def response_file_range(
        self, status: int, headers: Headers, file: str, start: int, end: int
    ) -> None: ...


class Kept(Protocol):
    """An answer that is there already (portal.api.kept_answers)."""

    status: str
    headers: Headers
    body: bytes


Peek = Callable[[Environ], Kept | None]
"""The answer to a request, if it is there without waiting for anything."""


class Front:
    """An RSGI application in front of a WSGI one."""

    def __init__(
        self,
        app: WsgiApp,
        threads: int,
        limit_of: SizeLimit,
        client_of: ClientOf,
        peek: Peek = lambda environ: None,
    ) -> None:
        self._app = app
        self._limit_of = limit_of
        self._client_of = client_of
        self._peek = peek
        self._reader = BodyReader()
        self._threads = Threads(threads)
        self._long_threads = Threads(LONG_THREADS)

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        """Answer a request (Granian calls this in its event loop)."""
        environ = make_environ(scope)
        try:
            if "HTTP_TRANSFER_ENCODING" in environ:
                raise BodyRefused(HTTPStatus.LENGTH_REQUIRED)
            if _length_of(environ):
                await self._read_and_answer(environ, scope, exchange)
            elif kept := self._peek(environ):
                exchange.response_bytes(int(kept.status[:3]), kept.headers, kept.body)
            else:
                await self._answer(environ, scope, exchange)
        except BodyRefused as problem:
            _refuse(exchange, problem.status, environ["PATH_INFO"])

    def __rsgi_del__(self, _loop: Any) -> None:
        """Give the threads back at the end."""
        self._threads.close()
        self._long_threads.close()

    async def _read_and_answer(self, environ: Environ, scope: Scope, exchange: Exchange) -> None:
        announced = _length_of(environ)
        is_too_large = announced > self._limit_of(environ["PATH_INFO"])
        with self._reader.kept() as body:
            with self._reader.take_turn(find_network(self._client_of(environ))):
                if is_too_large:
                    await self._reader.discard(aiter(exchange), announced)
                else:
                    await self._reader.read(aiter(exchange), body, announced)
            environ["wsgi.input"] = body.file
            await self._answer(environ, scope, exchange)  # where it is too large, its page says so

    async def _answer(self, environ: Environ, scope: Scope, exchange: Exchange) -> None:
        rest = await self._threads.run(self._ask, environ, exchange)
        if rest is None:
            return
        start, pieces = rest
        threads = self._long_threads if environ.get(IS_LONG) else self._threads
        try:
            transport = exchange.response_stream(*start)
            try:
                while (piece := await threads.run(next, pieces, None)) is not None:
                    if threads is self._long_threads:
                        await self._give_way()
                    if piece:
                        await asyncio.wait_for(transport.send_bytes(piece), SECONDS_TO_TAKE)
            except Exception as problem:
                log.info("answer broken off", path=scope.path, reason=repr(problem))
                drop_connection(scope.client, transport)
        finally:
            await threads.run(pieces.close)

    async def _give_way(self) -> None:
        """Let pages go first."""
        for _ in range(GIVE_WAY_STEPS):
            if not self._threads.running:
                return
            await asyncio.sleep(GIVE_WAY_SECONDS)

    def _ask(self, environ: Environ, exchange: Exchange) -> tuple[Start, Pieces] | None:
        """Answer, in a thread. An answer too large to be handed over at once is returned."""
        start = _Started()
        try:
            body = self._app(environ, start)
            if isinstance(body, list):
                exchange.response_bytes(*start.as_sent, b"".join(body))
                return None
            pieces = Pieces(body)
            if file := environ.get(SENT_FILE):
                exchange.response_file_range(*start.as_sent, *file)
                pieces.close()
                return None
            if environ.get(IS_LONG) or pieces.take(AT_ONCE_BYTES) >= AT_ONCE_BYTES:
                return start.as_sent, pieces
            exchange.response_bytes(*start.as_sent, b"".join(pieces))
            pieces.close()
            return None
        except Exception:
            log.exception("request failed")
            _refuse(exchange, HTTPStatus.INTERNAL_SERVER_ERROR, environ["PATH_INFO"])
            return None


class _Started:
    """WSGI's start_response: keeps the status and the headers."""

    as_sent: Start = (500, [])

    def __call__(self, status: str, headers: Headers, _problem: Any = None) -> None:
        self.as_sent = int(status[:3]), headers


def make_environ(scope: Scope) -> Environ:
    """A request's head as PEP 3333 wants it, with an empty body.

    A name with an underscore is left out: it would pass for one with a hyphen that a proxy sets.
    """
    host, _, port = scope.server.rpartition(":")
    environ: Environ = {
        "SERVER_SOFTWARE": "Granian",
        "GATEWAY_INTERFACE": "CGI/1.1",
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        **_WSGI,
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": BytesIO(),
    }
    for name, value in scope.headers.items():
        if "_" not in name:
            _add_header(environ, name.upper().replace("-", "_"), value)
    return environ


def _add_header(environ: Environ, name: str, value: str) -> None:
    key = name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"
    glue = "; " if key == "HTTP_COOKIE" else ","
    environ[key] = f"{environ[key]}{glue}{value}" if key in environ else value


def _length_of(environ: Environ) -> int:
    announced = environ.get("CONTENT_LENGTH", "")
    return int(announced) if announced.isdecimal() else 0


def _refuse(exchange: Exchange, status: int, path: str) -> None:
    """A short answer, for a program: a browser that is still sending shows none."""
    phrase = HTTPStatus(status).phrase
    words, kind = f"{phrase}\n".encode(), "text/plain"
    if is_for_programs(path):
        words, kind = orjson.dumps(describe_problem(status, f"{phrase}.", path)), MEDIA_TYPE
    headers = [("content-type", kind), ("cache-control", "no-store")]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers.append(("retry-after", "30"))
    exchange.response_bytes(status, headers, words)


class Pieces:
    """The pieces of an answer: those taken already, then the rest of its body."""

    def __init__(self, body: Iterable[bytes]) -> None:
        self._body = body
        self._rest = iter(body)
        self._taken: list[bytes] = []

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return self._taken.pop(0) if self._taken else next(self._rest)

    def take(self, size: int) -> int:
        """Have the first pieces made, until they are `size` bytes together; how many they are."""
        made = 0
        while made < size and (piece := next(self._rest, None)) is not None:
            self._taken.append(piece)
            made += len(piece)
        return made

    def close(self) -> None:
        """Close the body, as WSGI wants it, whether or not a piece was ever asked for."""
        getattr(self._body, "close", lambda: None)()


_WSGI: Environ = {
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multithread": True,
    "wsgi.multiprocess": True,
    "wsgi.run_once": False,
}
