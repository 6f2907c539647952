"""create_app(settings): settings → Portal → pages → callbacks → routes.

The web server and the tests both come in here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
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
from portal import logs, private_files
from portal.api import areas, gate, health, photos, security, tiles
from portal.api.addresses import drop_slashes
from portal.api.kept_answers import KeptAnswers
from portal.api.open311 import routes as open311
from portal.api.v1 import routes as api_v1
from portal.cache.setup import open_shared_answers
from portal.context import Portal
from portal.settings import Settings, settings_from_environment
from portal.web import proxies
from portal.web.front import THREADS, Front

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
    server = _make_server(settings, portal)
    assets = read_assets(ASSETS)
    starter = minify_script(assets["shared-starter.js"].decode())
    security.guard(server, settings, portal.cities.values(), starter)
    drop_slashes(server)
    gate.put_up(server, settings)
    app = _make_dash(server)
    worker_url = offline.ADDRESS if settings.offline_pages else ""
    frame = build_frame(app, assets, serve_assets(server, assets), starter, worker_url)
    callbacks.register(app, portal, frame, clock)
    _register_blueprints(server, portal, clock)
    asked = proxies.KnownProxies(
        server.wsgi_app, settings.trusted_proxies, settings.data_dir / proxies.FOLDER
    )
    server.wsgi_app = KeptAnswers(asked, portal, clock, language_of_header)
    return app


def create_front() -> Front:
    """For the web server's processes (portal.cli.serve.web_command): each makes its own."""
    private_files.set_umask()
    settings = settings_from_environment()
    logs.configure_logs(settings.log_level)
    portal = Portal(settings)
    server: Flask = create_app(settings, portal).server  # pyright: ignore[reportAssignmentType]
    warm_up(server, portal)
    return Front(
        server,
        THREADS,
        partial(gate.most_bytes_at, server),
        partial(proxies.find_client, trusted=settings.trusted_proxies),
        server.wsgi_app.peek,  # pyright: ignore[reportAttributeAccessIssue]  KeptAnswers
    )


def _make_server(settings: Settings, portal: Portal) -> Flask:
    server = Flask("portal", static_folder=None)
    observe_requests(server, portal)
    portal.shared = open_shared_answers(server, settings, portal.memory)
    compress_answers(server, portal)
    return server


def _register_blueprints(server: Flask, portal: Portal, clock: Callable[[], float]) -> None:
    server.register_blueprint(health.blueprint(portal))
    server.register_blueprint(tiles.blueprint(portal, clock))
    server.register_blueprint(areas.blueprint(portal))
    server.register_blueprint(photos.blueprint(portal, clock))
    server.register_blueprint(open311.blueprint(portal, clock))
    api_v1.register(server, portal, clock)


def _make_dash(server: Flask) -> PortalDash:
    app = PortalDash(
        "portal",
        server=server,  # pyright: ignore[reportArgumentType]  Dash means any Flask by it
        assets_folder=str(ASSETS),
        include_assets_files=False,
        assets_url_path="_assets",
        use_pages=False,
        enable_mcp=False,
        use_async=False,  # or it would be as soon as asgiref is installed, for whatever needs it
        suppress_callback_exceptions=True,
        update_title="",
        add_log_handler=False,
    )
    app.layout = dash_layout()
    return app
