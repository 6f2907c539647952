"""Dash as the portal uses it: few addresses, few scripts, and nothing that differs by page."""

from __future__ import annotations

import re
from typing import Any

import dash

from callbacks.shared.dash_guard import guard_callbacks, guard_scripts

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
"""Dash brings more than the pages use: only these of its scripts are fetched when it wakes."""
HIDDEN_CONFIG = (
    "dash_version",
    "python_version",
    "dash_version_url",
    "ddk_version",
    "plotly_version",
    "end_id",
)
"""The browser needs neither our versions nor a token that would make every page differ."""


class PortalDash(dash.Dash):
    """Dash with its own four addresses and no others.

    Pages are ours, and what the browser sends is checked first.
    """

    def _setup_routes(self) -> None:
        scripts = "_dash-component-suites/<string:package_name>/<path:fingerprinted_path>"
        self._add_url(scripts, guard_scripts(self))
        self._add_url("_dash-layout", self.serve_layout)
        self._add_url("_dash-dependencies", self.dependencies)
        self._add_url("_dash-update-component", guard_callbacks(self), ["POST"])

    def _config(self) -> dict[str, Any]:
        return {key: value for key, value in super()._config().items() if key not in HIDDEN_CONFIG}

    def script_urls(self) -> list[str]:
        """Addresses of Dash's scripts that pages use, in the order they must run."""
        urls = re.findall(r'<script src="([^"]+)"', self._generate_scripts_html())
        return [url for url in urls if any(name in url for name in SCRIPTS_USED)]
