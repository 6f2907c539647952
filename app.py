"""create_app(settings): settings → Portal → pages → callbacks → routes. The server and the tests both come in here."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dash
import dash_leaflet  # noqa: F401  registers its scripts with Dash
from dash._utils import to_json
from flask import Flask, Response, g
from flask_compress import Compress

import callbacks
from callbacks.report import offline
from callbacks.shared.assets import minify_css, minify_script, read_assets, serve_assets
from callbacks.shared.dash_guard import guard_callbacks, guard_scripts
from callbacks.shared.language import language_of_header
from callbacks.shared.observe import observe_requests
from callbacks.shared.warm_up import warm_up
from layouts.shared.dash_layout import dash_layout
from layouts.shared.document import AppIcon, Frame
from portal import logs
from portal.api import areas, health, photos, security, tiles
from portal.api.kept_answers import KeptAnswers
from portal.context import Portal
from portal.settings import Settings, settings_from_environment

ASSETS = Path(__file__).parent / "assets"
# Dash brings more than the pages use: of its scripts these alone are fetched when it wakes, in Dash's order.
SCRIPTS_USED = (
    "/react@",
    "/react-dom@",
    "/prop-types@",
    "react.",
    "react-dom.",
    "prop-types",
    "dash_html_components",
    "dash_leaflet",
    "dash_renderer",
)
KEPT_SCRIPTS = ("report-store.js", "report-kept.js")
"""Reports that are on the visitor's phone: every page that has reason to fetches these."""
STAFF_SCRIPT = "staff.js"
REPORT_SCRIPTS = (
    *KEPT_SCRIPTS,
    "report.js",
    "report-place.js",
    "report-photo.js",
    "report-offline.js",
    "report-draft.js",
)
APP_ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable-512.png", "512x512", "maskable"),
)
# The browser needs to know neither our versions nor a token that would make every page differ.
CONFIG_KEPT_BACK = (
    "dash_version",
    "python_version",
    "dash_version_url",
    "ddk_version",
    "plotly_version",
    "end_id",
)


class PortalDash(dash.Dash):
    """Dash with its own four addresses and no others: pages are ours, and what the browser sends is checked first."""

    def _setup_routes(self) -> None:
        self._add_url(
            "_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
            guard_scripts(self),
        )
        self._add_url("_dash-layout", self.serve_layout)
        self._add_url("_dash-dependencies", self.dependencies)
        self._add_url("_dash-update-component", guard_callbacks(self), ["POST"])

    def _config(self) -> dict[str, Any]:
        return {
            key: value for key, value in super()._config().items() if key not in CONFIG_KEPT_BACK
        }

    def script_urls(self) -> list[str]:
        """Addresses of Dash's scripts that pages use, in the order they must run."""
        urls = re.findall(r'<script src="([^"]+)"', self._generate_scripts_html())
        return [url for url in urls if any(name in url for name in SCRIPTS_USED)]


def create_app(
    settings: Settings | None = None,
    portal: Portal | None = None,
    clock: Callable[[], float] = time.time,
) -> PortalDash:
    """The whole web side of the portal; `.server` is the Flask application. Tests hand in a portal with their own city.

    `clock` gives epoch seconds; pictures of pages are made with one that stands still.
    """
    settings = settings or settings_from_environment()
    portal = portal or Portal(settings)
    server = Flask("portal", static_folder=None)
    observe_requests(server, portal)
    _compress(server)
    assets = read_assets(ASSETS)
    starter = minify_script(assets["shared-starter.js"].decode())
    security.guard(server, settings, portal.cities.values(), starter)
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
    fingerprints = serve_assets(server, assets)
    frame = Frame(
        style=minify_css(assets["portal.css"].decode()),
        list_style=minify_css(assets["list.css"].decode()),
        case_style=minify_css(assets["case.css"].decode()),
        map_style_url=fingerprints["map.css"],
        form_style_url=fingerprints["form.css"],
        starter=starter,
        boot_url=fingerprints["boot.js"],
        list_url=fingerprints["list.js"],
        kept_urls=tuple(fingerprints[name] for name in KEPT_SCRIPTS),
        worker_url=offline.ADDRESS if settings.offline_pages else "",
        report_urls=tuple(fingerprints[name] for name in REPORT_SCRIPTS),
        staff_url=fingerprints[STAFF_SCRIPT],
        icon_url=fingerprints["favicon.svg"],
        touch_icon_url=fingerprints["apple-touch-icon.png"],
        app_icons=tuple(
            AppIcon(fingerprints[name], sizes, purpose) for name, sizes, purpose in APP_ICONS
        ),
        dash_config=str(to_json(_shortened(app._config()))).replace("<", "\\u003c"),
        dash_scripts=(*app.script_urls(), fingerprints["map.js"]),
    )
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


def _shortened(config: dict[str, Any]) -> dict[str, Any]:
    """Dash's configuration without the components that hold others in `children` alone: the renderer takes that for granted."""
    packages = config["children_props"].items()
    holding = {
        package: {name: props for name, props in components.items() if props}
        for package, components in packages
    }
    return config | {
        "children_props": {
            package: components for package, components in holding.items() if components
        }
    }


def create_server() -> Flask:
    """For the web server's processes (portal.cli.serve.web_command): each makes its own."""
    settings = settings_from_environment()
    logs.configure_logs(settings.log_level)
    portal = Portal(settings)
    server: Flask = create_app(settings, portal).server  # pyright: ignore[reportAssignmentType]
    warm_up(server, portal)
    return server


class CompressedBodies:
    """Compressed bodies under keys that name their content; the ones used last, up to a size that no visitor can make larger."""

    max_bytes = 16 * 1024 * 1024

    def __init__(self) -> None:
        self._bodies: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        with self._lock:
            if key in self._bodies:
                self._bodies.move_to_end(key)
            return self._bodies.get(key)

    def set(self, key: str, value: bytes) -> bool:
        if key.endswith(";") or len(value) > self.max_bytes:
            return False
        with self._lock:
            self._bytes += len(value) - len(self._bodies.pop(key, b""))
            self._bodies[key] = value
            while self._bytes > self.max_bytes:
                self._bytes -= len(self._bodies.popitem(last=False)[1])
        return True


class Compression(Compress):
    """Makes refusals smaller as it does any page; flask_compress by itself leaves all but answers of 2xx as they are."""

    def after_request(self, response: Response) -> Response:
        """The answer, smaller where the browser can read that."""
        if response.status_code < 400:
            return super().after_request(response)
        refusal, response.status = response.status, "200 OK"
        packed = super().after_request(response)
        packed.status = refusal
        return packed


def _compress(server: Flask) -> None:
    server.config["COMPRESS_ALGORITHM"] = ["br", "gzip"]
    server.config["COMPRESS_BR_LEVEL"] = 6
    server.config["COMPRESS_MIMETYPES"] = [
        "text/html", "text/css", "text/plain", "text/javascript", "application/javascript",
        "application/json", "application/geo+json", "application/xml", "image/svg+xml",
    ]  # fmt: skip
    server.config["COMPRESS_CACHE_BACKEND"] = CompressedBodies
    # Empty for answers that say no name for their content: these are compressed each time and not kept.
    server.config["COMPRESS_CACHE_KEY"] = lambda _request: g.get("unchanging", "")
    Compression(server)
