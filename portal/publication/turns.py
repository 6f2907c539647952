"""How many downloads a process makes at a time: for everyone together, and for one household."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any, Protocol

from portal.errors import TakesTooLong, TooMany

AT_ONCE = 12
AT_ONCE_FOR_ONE = 3


class Turns:
    """Counts the downloads that are being made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()

    def begin(self, network: str | None, pieces: Iterator[bytes]) -> Download:
        """The download, counted until it is closed. `network`: None is not told apart.

        Raises TooMany where one household has its share, TakesTooLong where all are taken.
        """
        name = network or ""
        with self._lock:
            if network and self._running[name] >= AT_ONCE_FOR_ONE:
                raise TooMany("Three of your downloads are still running. Wait for one to end.")
            if self._running.total() >= AT_ONCE:
                raise TakesTooLong("Many files are being downloaded. Try again in a minute.")
            self._running[name] += 1
        return Download(pieces, partial(self._end, name))

    def _end(self, name: str) -> None:
        with self._lock:
            self._running[name] -= 1
            if not self._running[name]:
                del self._running[name]


class _Ended(Protocol):
    def __call__(self) -> None: ...


class Download:
    """A file's pieces, for WSGI: `close` ends its turn, asked for or not."""

    def __init__(self, pieces: Iterator[bytes], end: _Ended) -> None:
        self._pieces = pieces
        self._end: _Ended | None = end

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._pieces
        finally:
            self.close()

    def close(self) -> None:
        """Stop making the file and free its turn; a second time does nothing."""
        end, self._end = self._end, None
        close: Any = getattr(self._pieces, "close", None)
        if close:
            close()
        if end:
            end()
