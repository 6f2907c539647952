"""Flask-Caching's backend with `PORTAL_CACHE_URL`: a Redis or Valkey that all machines share.

Bytes only, each with a seal and a time to live; nothing is pickled or decoded. In front of the
server is this process's own memory, so a server that is down costs no more than not having one:
0.1 s once, or 0.3 s if it answers byte by byte; then it is left alone until it answers again. No
error reaches the caller.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Any, TypeVar

import redis
from flask import Flask
from flask_caching.backends.base import BaseCache
from redis.backoff import NoBackoff
from redis.retry import Retry

from portal.cache.breaker import Breaker
from portal.cache.counts import count_request
from portal.cache.sealing import Sealer
from portal.cache.shared import MemoryBytes
from portal.network.deadline import deadline
from portal.network.sockets import TimedSocket, TimedTlsSocket
from portal.network.sockets import connect as connect_to

ANSWER_SECONDS = 0.1
"""How long we wait for a connection, and for each answer."""
WAITS = 3
"""So many waits are all that a question may take, whatever the server hands over meanwhile."""
SCHEMES = {"valkey": "redis", "valkeys": "rediss"}
"""The client knows Valkey by the older name."""
T = TypeVar("T")


class RedisCache(BaseCache):
    """Bytes in a Redis or Valkey, with this process's memory in front."""

    def __init__(
        self, client: redis.Redis, memory: MemoryBytes, sealer: Sealer, default_timeout: int = 300
    ) -> None:
        super().__init__(default_timeout=default_timeout)
        self._client = client
        self._memory = memory
        self._sealer = sealer
        self._breaker = Breaker("the cache server", client.ping)

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> RedisCache:
        """What Flask-Caching calls; `portal.cache.setup` sets the options."""
        return cls(
            connect(kwargs["url"]),
            MemoryBytes(kwargs["store"]),
            Sealer(kwargs["secret"]),
            kwargs["default_timeout"],
        )

    def get(self, key: str) -> bytes | None:
        """The bytes under a key; None: there are none, or the server does not answer."""
        body = self._memory.get(key)
        if body is not None:
            return body
        body = self._sealer.open(key, self._ask(lambda: self._client.get(key)))
        if body is None:
            return None
        count_request("server", "hit")
        self._memory.set(key, body, self.default_timeout)
        return body

    def set(self, key: str, value: bytes, timeout: Any = None) -> bool:
        """Keep bytes for so many seconds, here and on the server; whether the server has them."""
        seconds = self._normalize_timeout(timeout)
        self._memory.set(key, value, seconds)
        sealed = self._sealer.seal(key, value)
        count_request("server", "miss")
        return bool(self._ask(lambda: self._client.set(key, sealed, ex=max(1, seconds))))

    def delete(self, key: str) -> bool:
        """Forget the bytes under a key."""
        self._memory.delete(key)
        return bool(self._ask(lambda: self._client.delete(key)))

    def has(self, key: str) -> bool:
        """Whether there are bytes of ours under a key."""
        return self.get(key) is not None

    def close(self) -> None:
        """Give back the connections."""
        self._client.close()

    def _ask(self, command: Callable[[], T]) -> T | None:
        if not self._breaker.is_closed():
            count_request("server", "error")
            return None
        try:
            with deadline(WAITS * ANSWER_SECONDS):
                return command()
        except redis.ResponseError:
            # It answers, and refuses: no memory left, or a foreign value under this key.
            return None
        except Exception as problem:
            self._breaker.trip(problem)
            count_request("server", "error")
            return None


def connect(url: str, seconds: float | None = None) -> redis.Redis:
    """A client for PORTAL_CACHE_URL that waits `seconds` (0.1) for an answer and never retries.

    It connects when first used.
    """
    scheme, rest = url.split("://", 1)
    scheme = SCHEMES.get(scheme, scheme)
    wait = seconds or ANSWER_SECONDS
    return redis.Redis.from_url(
        f"{scheme}://{rest}",
        connection_class=_CONNECTIONS[scheme],
        socket_timeout=wait,
        socket_connect_timeout=wait,
        retry=Retry(NoBackoff(), 0),
        health_check_interval=0,
        decode_responses=False,
        protocol=2,
        driver_info=None,
    )


def check_server(url: str, seconds: float) -> str | None:
    """Why the server at PORTAL_CACHE_URL cannot be used, in a few words; None: it can.

    Waits `seconds` for an answer. The words repeat neither its address nor a password.
    """
    probe = "portal doctor"
    try:
        with deadline(WAITS * seconds), connect(url, seconds) as client:
            client.set(probe, b"1", ex=1)
            return None if client.get(probe) == b"1" else "it forgets what it is given"
    except Exception as problem:
        return type(problem).__name__


class _TimedConnection(redis.Connection):
    """A connection that keeps to the deadline with every byte."""

    def _connect(self) -> TimedSocket:
        made = connect_to(self.host, self.port, self.socket_connect_timeout)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.settimeout(self.socket_timeout)
        return made


class _TimedTlsConnection(redis.SSLConnection, _TimedConnection):
    """The same over TLS. The client makes its own TLS context, so its socket is changed after."""

    def _wrap_socket_with_ssl(self, sock: TimedSocket) -> ssl.SSLSocket:
        made = super()._wrap_socket_with_ssl(sock)
        made.__class__ = TimedTlsSocket
        return made


class _TimedUnixConnection(redis.UnixDomainSocketConnection):
    """The same over a socket of this machine."""

    def _connect(self) -> TimedSocket:
        usual = super()._connect()
        made = TimedSocket(fileno=usual.detach())
        made.settimeout(self.socket_timeout)
        return made


_CONNECTIONS = {
    "redis": _TimedConnection,
    "rediss": _TimedTlsConnection,
    "unix": _TimedUnixConnection,
}
