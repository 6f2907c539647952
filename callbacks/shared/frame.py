"""The frame of every page: what is the same in all of them, put together once at the start."""

from __future__ import annotations

from typing import Any

from dash._utils import to_json

from callbacks.shared.assets import minify_css
from callbacks.shared.portal_dash import PortalDash
from layouts.shared.document import AppIcon, Frame

KEPT_SCRIPTS = ("report-store.js", "report-kept.js")
"""Reports that are on the visitor's phone: every page that has reason to fetches these."""
REPORT_SCRIPTS = (
    *KEPT_SCRIPTS,
    "report.js",
    "report-place.js",
    "report-photo.js",
    "report-offline.js",
    "report-draft.js",
)
INLINE_STYLES = {
    "style": "portal.css",
    "list_style": "list.css",
    "case_style": "case.css",
    "embed_style": "embed.css",
}
"""The style sheets that stand in a page itself, by their field of the frame."""
LINKED_FILES = {
    "map_style_url": "map.css",
    "form_style_url": "form.css",
    "boot_url": "boot.js",
    "list_url": "list.js",
    "staff_url": "staff.js",
    "icon_url": "favicon.svg",
    "touch_icon_url": "apple-touch-icon.png",
}
"""The files that a page links to, by their field of the frame."""
APP_ICONS = (
    ("icon-192.png", "192x192", "any"),
    ("icon-512.png", "512x512", "any"),
    ("icon-maskable-512.png", "512x512", "maskable"),
)


def build_frame(
    app: PortalDash, assets: dict[str, bytes], urls: dict[str, str], starter: str, worker_url: str
) -> Frame:
    """The frame. `assets` and `urls` are the bodies and the addresses of our files, by name.

    `starter` is the script in every page, `worker_url` the service worker's address or "".
    """
    return Frame(
        starter=starter,
        worker_url=worker_url,
        kept_urls=tuple(urls[name] for name in KEPT_SCRIPTS),
        report_urls=tuple(urls[name] for name in REPORT_SCRIPTS),
        app_icons=tuple(AppIcon(urls[name], sizes, purpose) for name, sizes, purpose in APP_ICONS),
        dash_config=str(to_json(_shorten(app._config()))).replace("<", "\\u003c"),
        dash_scripts=(*app.script_urls(), urls["map.js"]),
        **{field: minify_css(assets[name].decode()) for field, name in INLINE_STYLES.items()},
        **{field: urls[name] for field, name in LINKED_FILES.items()},
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
