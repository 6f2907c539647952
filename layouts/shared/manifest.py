"""What a phone reads when the portal is put on its home screen."""

from __future__ import annotations

from typing import Any

from layouts.shared.document import PAPER, AppIcon, address_in_language
from layouts.shared.language import _, current_language
from portal.domain.jurisdiction import Jurisdiction


def manifest(city: Jurisdiction, icons: tuple[AppIcon, ...]) -> dict[str, Any]:
    """The web app manifest of a city, in the page's language.

    Each page names the color of its theme itself.
    """
    language = current_language()
    return {
        "id": "/",
        "name": f"{city.name} · Citizens Connect",
        "short_name": city.name,
        "description": _describe_portal(city),
        "lang": language.code,
        "dir": language.direction,
        "start_url": address_in_language("/", language.code),
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER["light"],
        "theme_color": PAPER["light"],
        "icons": [_describe_icon(icon) for icon in icons],
        "shortcuts": _shortcuts(language.code),
    }


def _describe_portal(city: Jurisdiction) -> str:
    return _(
        "What residents report to {city}, where, and what the city does about it.", city=city.name
    )


def _describe_icon(icon: AppIcon) -> dict[str, str]:
    shape = {"sizes": icon.sizes, "type": "image/png", "purpose": icon.purpose}
    return {"src": icon.address} | shape


def _shortcuts(code: str) -> list[dict[str, str]]:
    paths = (_("Cases"), "/cases"), (_("Places"), "/places")
    return [{"name": word, "url": address_in_language(path, code)} for word, path in paths]
