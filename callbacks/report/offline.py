"""What a phone keeps for when it has no signal: the service worker, and its page for no signal."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, request

from callbacks.report.context import is_open, read_context
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
    """GET /service-worker.js and /offline.

    If the frame names no worker, phones get a script that removes the one they have.
    """
    script = worker_script(frame, _read_asset(WORKER)) if frame.worker_url else _read_asset(END)
    fingerprint = hashlib.sha256(script.encode()).hexdigest()[:20]

    def offline() -> Response:
        return pages.once(lambda: draw_offline_page(portal, clock))

    server.add_url_rule(ADDRESS, "service worker", lambda: _script_response(script, fingerprint))
    server.add_url_rule("/offline", "offline", offline)


def _script_response(script: str, fingerprint: str) -> Response:
    answer = Response(script, mimetype="text/javascript")
    # A browser that cached it would not hear of a new one.
    answer.headers["Cache-Control"] = "no-cache"
    answer.set_etag(fingerprint)
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]


def _read_asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


def draw_offline_page(portal: Portal, clock: Callable[[], float]) -> Page:
    """The page that a phone without signal shows if it has kept no other."""
    context = read_context(portal, clock)
    return offline_page(context.city, is_open(context))


def worker_script(frame: Frame, body: str) -> str:
    """The worker's script, after a line that says which languages and files it keeps.

    A change in any of these makes a new worker.
    """
    files = [frame.form_style_url, frame.boot_url, *frame.report_urls]
    kept = {"languages": list(LANGUAGES), "files": files, "store": frame.kept_urls[0]}
    return f"self.portal = {json.dumps(kept)};\n{body}"
