"""How many requests that change something one household may send, whatever they are.

Counted in each process's own memory: it is there for floods, which must not reach the database.
What a household may report, follow or guess is counted there besides, and far lower.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

CAPACITY, PER_SECOND = 600.0, 20.0
"""At once, and a second. Phones of one provider may share an address by the hundred."""
MOST_NETWORKS = 10_000


@dataclass
class Flood:
    """Counts requests by the part of the network they come from."""

    clock: Callable[[], float] = time.monotonic
    capacity: float = CAPACITY
    per_second: float = PER_SECOND
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_one_too_many(self, network: str | None) -> bool:
        """Count a request; None is a proxy that does not say whose it is, and is not counted."""
        return network is not None and self.count(network) < 0

    def count(self, network: str) -> float:
        """Count a request of a network: how many more it may send now, below 0 if not this one."""
        now = self.clock()
        with self._lock:
            tokens, filled_at = self._buckets.pop(network, (self.capacity, now))
            tokens = min(self.capacity, tokens + (now - filled_at) * self.per_second)
            self._buckets[network] = max(0.0, tokens - 1), now
            if len(self._buckets) > MOST_NETWORKS:
                self._buckets.popitem(last=False)
        return tokens - 1
