"""HTTP that keeps to this thread's deadline with every byte (portal.network.deadline).

client = httpx2.Client(transport=TimedTransport(), follow_redirects=False, trust_env=False)
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpcore2
import httpx2

from portal.network.sockets import TimedTlsSocket, connect


class TimedTransport(httpx2.HTTPTransport):
    """httpx2's own transport, over connections that look at the clock before each wait."""

    def __init__(self, trusted: ssl.SSLContext | None = None) -> None:
        context = _take_our_sockets(trusted) if trusted else _trust_all_authorities()
        super().__init__(verify=context, trust_env=False)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context,
            max_connections=100,
            max_keepalive_connections=20,
            keepalive_expiry=5.0,
            network_backend=_TimedBackend(),
        )


@cache
def _trust_all_authorities() -> ssl.SSLContext:
    """One for the process: reading a hundred authorities' certificates takes 10 ms or more."""
    return _take_our_sockets(httpx2.create_ssl_context(trust_env=False))


def _take_our_sockets(context: ssl.SSLContext) -> ssl.SSLContext:
    context.sslsocket_class = TimedTlsSocket
    return context


class _TimedBackend(httpcore2.NetworkBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection to a host, whichever of its addresses takes it."""
        with _as(httpcore2.ConnectTimeout, httpcore2.ConnectError):
            made = connect(host, port, timeout)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return _TimedStream(made)


class _TimedStream(httpcore2.NetworkStream):
    """A connection as httpcore uses it. `timeout` is for one wait; the deadline is for all."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Whatever has come; empty at the end."""
        with _as(httpcore2.ReadTimeout, httpcore2.ReadError):
            self._connection.settimeout(timeout)
            return self._connection.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        with _as(httpcore2.WriteTimeout, httpcore2.WriteError):
            self._connection.settimeout(timeout)
            self._connection.sendall(buffer)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        """The same connection, over TLS from here on."""
        try:
            with _as(httpcore2.ConnectTimeout, httpcore2.ConnectError):
                self._connection.settimeout(timeout)
                made = ssl_context.wrap_socket(self._connection, server_hostname=server_hostname)
        except Exception:
            self.close()
            raise
        return _TimedStream(made)

    def get_extra_info(self, info: str) -> Any:
        """Whether something has come on an idle connection, which means that it is closing."""
        return _is_readable(self._connection) if info == "is_readable" else None


def _is_readable(connection: socket.socket) -> bool:
    if connection.fileno() < 0:
        return True
    look = select.poll()
    look.register(connection, select.POLLIN)
    return bool(look.poll(0))


@contextmanager
def _as(too_late: type[Exception], other: type[Exception]) -> Iterator[None]:
    """The socket's errors as those of httpcore."""
    try:
        yield
    except TimeoutError as problem:
        raise too_late(str(problem)) from problem
    except OSError as problem:
        raise other(str(problem)) from problem
