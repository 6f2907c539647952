"""The frame of every page: what is the same in all of them, put together once at the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash._utils import to_json

from callbacks.shared.assets import minify_css
from callbacks.shared.portal_dash import PortalDash
from layouts.shared.document import AppIcon, Frame

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


def build_frame(
    app: PortalDash,
    assets: Mapping[str, bytes],
    urls: Mapping[str, str],
    starter: str,
    worker_url: str,
) -> Frame:
    """The frame. `assets` and `urls` are the bodies and the addresses of our files, by name.

    `starter` is the script that stands in every page; `worker_url` the service worker's address,
    empty for none.
    """
    return Frame(
        style=minify_css(assets["portal.css"].decode()),
        list_style=minify_css(assets["list.css"].decode()),
        case_style=minify_css(assets["case.css"].decode()),
        map_style_url=urls["map.css"],
        form_style_url=urls["form.css"],
        starter=starter,
        boot_url=urls["boot.js"],
        list_url=urls["list.js"],
        kept_urls=tuple(urls[name] for name in KEPT_SCRIPTS),
        worker_url=worker_url,
        report_urls=tuple(urls[name] for name in REPORT_SCRIPTS),
        staff_url=urls[STAFF_SCRIPT],
        icon_url=urls["favicon.svg"],
        touch_icon_url=urls["apple-touch-icon.png"],
        app_icons=tuple(AppIcon(urls[name], sizes, purpose) for name, sizes, purpose in APP_ICONS),
        dash_config=str(to_json(_shorten(app._config()))).replace("<", "\\u003c"),
        dash_scripts=(*app.script_urls(), urls["map.js"]),
    )


def _shorten(config: dict[str, Any]) -> dict[str, Any]:
    """Dash's configuration without components that hold others only in `children`.

    The renderer takes that for granted.
    """
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
