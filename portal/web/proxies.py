"""Who is asking, behind the reverse proxies that we trust (PORTAL_TRUSTED_PROXIES).

Anyone can write `X-Forwarded-For`. It counts if the operator says how many proxies add to it, and
if the connection itself comes from this machine or its own network, where a proxy is. Otherwise
such headers are taken out before anything reads them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from werkzeug.middleware.proxy_fix import ProxyFix

FORWARDED = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
)
FOLDER = "proxies"
NOTE_SECONDS = 3_600.0
Sign = Literal["ignored", "missing"]
"""`ignored`: a proxy said who is asking, and we trust none. `missing`: it should have, and did not.
"""
HEALTH = frozenset({"/healthz", "/readyz"})
Environ = dict[str, Any]


class KnownProxies:
    """A WSGI application that tells the one behind it the visitor's own address.

    `folder` is where signs of a wrong setting are left for `python -m portal doctor`.
    """

    def __init__(
        self,
        app: Callable[..., Iterable[bytes]],
        trusted: int,
        folder: Path,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._trusted = trusted
        self._folder = folder
        self._clock = clock
        self._noted_at: dict[Sign, float] = {}
        self._app = app
        # Not the host: pages take theirs from the Host header, which the proxy passes on.
        self._behind_proxies = ProxyFix(app, x_for=trusted, x_proto=trusted, x_host=0)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Hand a request on as the visitor's own."""
        self._note_signs(environ)
        if _counts(environ, self._trusted):
            return self._behind_proxies(environ, start_response)
        for name in FORWARDED:
            environ.pop(name, None)
        return self._app(environ, start_response)

    def _note_signs(self, environ: Environ) -> None:
        if not is_near(environ.get("REMOTE_ADDR", "")) or environ["PATH_INFO"] in HEALTH:
            return
        said = environ.get("HTTP_X_FORWARDED_FOR", "")
        if said and not self._trusted:
            self._note("ignored")
        elif self._trusted > len(list(filter(None, said.split(",")))):
            self._note("missing")

    def _note(self, sign: Sign) -> None:
        now = self._clock()
        if now - self._noted_at.get(sign, 0.0) < NOTE_SECONDS:
            return
        self._noted_at[sign] = now
        with suppress(OSError):  # a full disk stops no page
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._folder / sign).touch(0o600)


def find_client(environ: Environ, trusted: int) -> str:
    """The visitor's address, behind so many proxies. The request stays as it is."""
    if not _counts(environ, trusted):
        return environ["REMOTE_ADDR"]
    find = ProxyFix(_address_of, x_for=trusted, x_proto=0, x_host=0)
    return b"".join(find(dict(environ), lambda *_: lambda _: None)).decode()


def signs_since(folder: Path, since: float) -> set[str]:
    """The signs of a wrong setting that were left since then (epoch seconds)."""
    with suppress(OSError):
        return {path.name for path in folder.iterdir() if path.stat().st_mtime >= since}
    return set()


def is_near(address: str) -> bool:
    """Whether an address is this machine's or of its own network."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_private


def _counts(environ: Environ, trusted: int) -> bool:
    """Whether what this request says of its way here is to be believed."""
    return bool(trusted) and is_near(environ.get("REMOTE_ADDR", ""))


def _address_of(environ: Environ, _start_response: Any) -> list[bytes]:
    return [environ["REMOTE_ADDR"].encode()]
