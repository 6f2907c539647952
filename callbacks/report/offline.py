"""What a phone keeps for when there is no signal: the service worker, and the page it shows where it has kept no other."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, request

from callbacks.report.form import is_open
from callbacks.report.steps import Ground
from callbacks.shared.pages import Pages
from layouts.shared.document import Frame, Page
from layouts.shared.language import LANGUAGES
from layouts.shared.offline import offline_page
from portal.context import Portal

ASSETS = Path(__file__).parents[2] / "assets"
ADDRESS = "/service-worker.js"
WORKER, END = "shared-service-worker.js", "shared-service-worker-end.js"


def register(
    server: Flask, portal: Portal, pages: Pages, frame: Frame, clock: Callable[[], float]
) -> None:
    """GET /service-worker.js and /offline. Where the frame names no worker, the one that phones have removes itself."""
    script = worker_script(frame, _asset(WORKER)) if frame.worker_url else _asset(END)
    fingerprint = hashlib.sha256(script.encode()).hexdigest()[:20]

    def worker() -> Response:
        answer = Response(script, mimetype="text/javascript")
        # A browser that kept it could not be told of a new one.
        answer.headers["Cache-Control"] = "no-cache"
        answer.set_etag(fingerprint)
        return answer.make_conditional(request)  # pyright: ignore[reportReturnType]

    def offline() -> Response:
        return pages.once(lambda: _offline(Ground(portal, portal.city(request.host), int(clock()))))

    server.add_url_rule(ADDRESS, endpoint="service worker", view_func=worker)
    server.add_url_rule("/offline", endpoint="offline", view_func=offline)


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def _offline(ground: Ground) -> Page:
    return offline_page(ground.city, is_open(ground))


def worker_script(frame: Frame, body: str) -> str:
    """The worker's script, told first which languages and files it is to keep: a change in any of these is a new worker."""
    files = (frame.form_style_url, frame.boot_url, *frame.report_urls)
    told = {"languages": list(LANGUAGES), "files": list(files), "store": frame.kept_urls[0]}
    return f"self.portal = {json.dumps(told)};\n{body}"
