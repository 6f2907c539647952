"""Connections whose every wait keeps to this thread's deadline (portal.network.deadline).

For clients that read from a socket themselves: the mail server's and the cache server's.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from typing import Any

from portal.network.deadline import seconds_left

LONGEST_LOOK_UP_SECONDS = 15.0


class _TimedReads(socket.socket):
    """What both kinds of connection read with."""

    __slots__ = ()

    def recv(self, *arguments: Any) -> bytes:
        """Receive some bytes. Raises TimeoutError."""
        with _limited(self):
            return super().recv(*arguments)

    def recv_into(self, *arguments: Any) -> int:
        """Receive some bytes into a buffer. Raises TimeoutError."""
        with _limited(self):
            return super().recv_into(*arguments)


class TimedSocket(_TimedReads):
    """A socket that waits no longer than the deadline."""

    __slots__ = ()

    def sendall(self, *arguments: Any) -> None:
        """Send all bytes. Raises TimeoutError."""
        with _limited(self):
            super().sendall(*arguments)


class TimedTlsSocket(_TimedReads, ssl.SSLSocket):
    """The same over TLS: `context.sslsocket_class = TimedTlsSocket`."""

    def do_handshake(self, *arguments: Any) -> None:
        """Agree on keys. Raises TimeoutError."""
        with _limited(self):
            super().do_handshake(*arguments)

    def send(self, *arguments: Any) -> int:
        """Send some bytes. Raises TimeoutError."""
        with _limited(self):
            return super().send(*arguments)


def connect(host: str, port: int, seconds: float | None = None) -> TimedSocket:
    """A connection to the first of a host's addresses that takes one.

    `seconds` is for each address; the deadline is for all. Raises OSError.
    """
    problem: OSError = OSError(f"{host} has no address")
    for family, kind, protocol, _name, address in look_up(host, port):
        made = TimedSocket(family, kind, protocol)
        try:
            made.settimeout(seconds_left(seconds))
            made.connect(address)
            made.settimeout(seconds)
            return made
        except OSError as refusal:
            made.close()
            problem = refusal
    raise problem


def addresses_of(host: str, port: int) -> list[str]:
    """A host's addresses by the system's resolver, IPv4 first: many small servers have no IPv6."""
    found = {str(info[4][0]) for info in look_up(host, port)}
    return sorted(found, key=lambda address: (":" in address, address))


def look_up(host: str, port: int) -> list[Any]:
    """socket.getaddrinfo for TCP, within the deadline and 15 seconds. Raises OSError."""
    if _is_address(host):
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    answer: list[Any] = []

    def ask() -> None:
        try:
            answer.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as problem:  # a name too long to be encoded is no name
            answer.append(problem)

    # The system's resolver cannot be interrupted; a thread of its own can be left behind.
    asking = threading.Thread(target=ask, name="look up a host", daemon=True)
    asking.start()
    asking.join(seconds_left(LONGEST_LOOK_UP_SECONDS))
    if not answer:
        raise TimeoutError(f"the address of {host} could not be found in time")
    if isinstance(answer[0], Exception):
        raise OSError(str(answer[0])) from answer[0]
    return answer[0]


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


@contextmanager
def _limited(made: socket.socket) -> Iterator[None]:
    usual = made.gettimeout()
    made.settimeout(seconds_left(usual))
    try:
        yield
    finally:
        if made.fileno() >= 0:
            made.settimeout(usual)
