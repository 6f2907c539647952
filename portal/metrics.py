"""What the portal counts while it runs, for Prometheus. docs/operations.md explains each figure.

Every process counts into files of one folder (`<data folder>/metrics`), and
`python -m portal metrics` adds them up and serves them on an address of its own. A process
that no folder was named to counts in memory, which only its tests see.

    metrics.JOB_SECONDS.labels("publishing", "boston", "ok").observe(0.2)
"""

from __future__ import annotations

from prometheus_client import Counter, Histogram

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of the histograms' buckets, seconds."""

PAGE_SECONDS = Histogram(
    "portal_page_seconds",
    "Seconds Flask took to answer a request, by route and outcome",
    ("route", "outcome"),
    buckets=SECONDS,
)
CACHE_REQUESTS = Counter(
    "portal_cache_requests",
    "Questions to the caches: hit, miss, or error where the cache did not answer",
    ("cache", "outcome"),
)
QUEUE_SECONDS = Histogram(
    "portal_queue_wait_seconds",
    "Seconds waited for a turn: to make a page, to develop a photo, to write on SQLite",
    ("queue",),
    buckets=SECONDS,
)
JOB_SECONDS = Histogram(
    "portal_job_seconds",
    "Seconds a job of the worker took, by job, city and outcome",
    ("job", "city", "outcome"),
    buckets=(*SECONDS, 120.0, 600.0, 3600.0),
)
WEBHOOKS = Counter(
    "portal_webhooks",
    "Attempts at a webhook's delivery: sent, failed, or stopped after three days",
    ("city", "outcome"),
)
PUBLICATIONS = Counter(
    "portal_publications", "Versions of the facts that were published", ("city", "outcome")
)


def outcome_of(status: int) -> str:
    """An HTTP status as an outcome: ok, redirect, refused (4xx) or failed (5xx)."""
    if status < 300:
        return "ok"
    if status < 400:
        return "redirect"
    return "refused" if status < 500 else "failed"
