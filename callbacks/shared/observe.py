"""What is noted of each request that Flask answers: its id, its seconds, and how it went.

The id (`K7QM-2XPD`) stands in every log line of the request and on the page that a fault shows,
so that a visitor can name it and an operator can find it. A request that changes something, fails
or takes long is a line in the log; what is only read is counted (portal.metrics) and not logged.
"""

from __future__ import annotations

from functools import partial
from time import perf_counter

import structlog
from flask import Flask, Response, g, request

from portal import logs, metrics
from portal.context import Portal

log = logs.get_logger(__name__)

SLOW_SECONDS = 1.0
SAFE = ("GET", "HEAD", "OPTIONS")
NO_ROUTE = "none"
"""The route of an address that leads nowhere: the address itself is a visitor's own words."""


def observe_requests(server: Flask, portal: Portal) -> None:
    """Give every request an id, bind it to the log, and measure the answer."""

    server.before_request(partial(_begin_request, portal))
    server.after_request(_measure_answer)


def _begin_request(portal: Portal) -> None:
    g.request_id = logs.new_request_id()
    g.started = perf_counter()
    structlog.contextvars.clear_contextvars()
    # Not request.host: it refuses a name that isn't ours, and the refusal has an id too.
    city = portal.city(request.environ.get("HTTP_HOST")).id
    structlog.contextvars.bind_contextvars(request=g.request_id, city=city)


def _measure_answer(response: Response) -> Response:
    seconds = perf_counter() - g.get("started", perf_counter())
    route = str(request.url_rule or NO_ROUTE)
    outcome = metrics.outcome_of(response.status_code)
    metrics.PAGE_SECONDS.labels(route, outcome).observe(seconds)
    _log_request(route, outcome, response.status_code, seconds)
    return response


def request_id() -> str:
    """The id of the request at hand; empty where Flask refused it before it got one."""
    return g.get("request_id", "")


def _log_request(route: str, outcome: str, status: int, seconds: float) -> None:
    is_worth_a_line = request.method not in SAFE or outcome == "failed" or seconds >= SLOW_SECONDS
    write = log.info if is_worth_a_line else log.debug
    write(
        "request",
        method=request.method,
        route=route,
        status=status,
        outcome=outcome,
        seconds=round(seconds, 3),
    )
