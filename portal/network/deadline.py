"""A deadline for all that a thread does on the network, whatever the other side hands over.

    with deadline(3.0):
        client.get(address)        # name, connection, TLS, head and body together, or TimeoutError

A timeout alone starts again with every byte, so a server that sends one now and then is never done.
The streams and sockets of this folder ask here before each wait how long it may last.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_here = threading.local()


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """What this thread does on the network inside ends after so many seconds.

    Inside another deadline, the earlier of the two holds.
    """
    before = _ends_at()
    _here.ends_at = min(before, time.monotonic() + seconds)
    try:
        yield
    finally:
        _here.ends_at = before


def seconds_left(longest: float | None = None) -> float | None:
    """How long the next wait may last: until the deadline, and at most `longest` seconds.

    None: forever. Raises TimeoutError once the deadline is over.
    """
    left = _ends_at() - time.monotonic()
    if left <= 0:
        raise TimeoutError("the whole exchange took too long")
    if longest is not None:
        left = min(left, longest)
    return left if left < math.inf else None


def _ends_at() -> float:
    return getattr(_here, "ends_at", math.inf)
