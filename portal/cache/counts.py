"""Counts what the cache was asked: `portal_cache_requests_total` (docs/operations.md)."""

from __future__ import annotations

from functools import cache
from typing import Literal

from prometheus_client import Counter

from portal import metrics

Outcome = Literal["hit", "miss", "error"]


def count_request(name: str, outcome: Outcome) -> None:
    """One more question to the cache of this name. A miss is an answer that was made and kept."""
    _find_counter(name, outcome).inc()


@cache
def _find_counter(name: str, outcome: Outcome) -> Counter:
    return metrics.CACHE_REQUESTS.labels(name, outcome)
