"""create_app(settings): settings → Portal → pages → callbacks → routes.

The web server and the tests both come in here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import dash_leaflet  # noqa: F401  registers its scripts with Dash
from flask import Flask

import callbacks
from callbacks.report import offline
from callbacks.shared.assets import minify_script, read_assets, serve_assets
from callbacks.shared.compression import compress_answers
from callbacks.shared.frame import build_frame
from callbacks.shared.language import language_of_header
from callbacks.shared.observe import observe_requests
from callbacks.shared.portal_dash import PortalDash
from callbacks.shared.warm_up import warm_up
from layouts.shared.dash_layout import dash_layout
from portal import logs
from portal.api import areas, health, photos, security, tiles
from portal.api.kept_answers import KeptAnswers
from portal.cache.setup import open_shared_answers
from portal.context import Portal
from portal.settings import Settings, settings_from_environment

ASSETS = Path(__file__).parent / "assets"


def create_app(
    settings: Settings | None = None,
    portal: Portal | None = None,
    clock: Callable[[], float] = time.time,
) -> PortalDash:
    """The whole web side of the portal; `.server` is the Flask application.

    Tests hand in a portal with their own city. `clock` gives epoch seconds; pictures of pages are
    made with one that stands still.
    """
    settings = settings or settings_from_environment()
    portal = portal or Portal(settings)
    server = Flask("portal", static_folder=None)
    observe_requests(server, portal)
    portal.shared = open_shared_answers(server, settings, portal.memory)
    compress_answers(server, portal)
    assets = read_assets(ASSETS)
    starter = minify_script(assets["shared-starter.js"].decode())
    security.guard(server, settings, portal.cities.values(), starter)
    app = _make_dash(server)
    worker_url = offline.ADDRESS if settings.offline_pages else ""
    frame = build_frame(app, assets, serve_assets(server, assets), starter, worker_url)
    callbacks.register(app, portal, frame, clock)
    for blueprint in (
        health.blueprint(portal),
        tiles.blueprint(portal, clock),
        areas.blueprint(portal),
        photos.blueprint(portal, clock),
    ):
        server.register_blueprint(blueprint)
    server.wsgi_app = KeptAnswers(server.wsgi_app, portal, clock, language_of_header)
    return app


def create_server() -> Flask:
    """For the web server's processes (portal.cli.serve.web_command): each makes its own."""
    settings = settings_from_environment()
    logs.configure_logs(settings.log_level)
    portal = Portal(settings)
    server: Flask = create_app(settings, portal).server  # pyright: ignore[reportAssignmentType]
    warm_up(server, portal)
    return server


def _make_dash(server: Flask) -> PortalDash:
    app = PortalDash(
        "portal",
        server=server,  # pyright: ignore[reportArgumentType]  Dash means any Flask by it
        assets_folder=str(ASSETS),
        include_assets_files=False,
        assets_url_path="_assets",
        use_pages=False,
        enable_mcp=False,
        suppress_callback_exceptions=True,
        update_title="",
        add_log_handler=False,
    )
    app.layout = dash_layout()
    return app
