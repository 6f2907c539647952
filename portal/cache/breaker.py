"""A circuit breaker: a server that does not answer is left alone for some seconds.

Whether it is back is asked by a thread of its own, so no visitor ever waits for that.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from portal import logs

log = logs.get_logger(__name__)

REST_SECONDS = 5.0


class Breaker:
    """Whether a server may be asked. `ping` raises where the server does not answer."""

    def __init__(
        self,
        name: str,
        ping: Callable[[], object],
        rest_seconds: float = REST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._name = name
        self._ping = ping
        self._rest_seconds = rest_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._rests_until: float | None = None
        self._is_probing = False

    def is_closed(self) -> bool:
        """Whether the server may be asked now. After a rest, starts to find out if it is back."""
        if self._rests_until is None:
            return True
        if self._clock() >= self._rests_until:
            self._start_probe()
        return False

    def trip(self, problem: Exception) -> None:
        """Leave the server alone for a while: it did not answer."""
        with self._lock:
            was_closed = self._rests_until is None
            self._rests_until = self._clock() + self._rest_seconds
        if was_closed:
            # The problem's own words may name a password or an address: its kind is enough.
            log.warning("not answering", system=self._name, error=type(problem).__name__)

    def _start_probe(self) -> None:
        with self._lock:
            if self._is_probing:
                return
            self._is_probing = True
        threading.Thread(target=self._probe, name="cache-probe", daemon=True).start()

    def _probe(self) -> None:
        try:
            self._ping()
        except Exception as problem:
            self.trip(problem)
        else:
            self._rests_until = None
            log.warning("answering again", system=self._name)
        finally:
            self._is_probing = False
