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
    return {
        "id": "/",
        "name": f"{city.name} · Citizens Connect",
        "short_name": city.name,
        "description": _(
            "What residents report to {city}, where, and what the city does about it.",
            city=city.name,
        ),
        "lang": current_language().code,
        "dir": current_language().direction,
        "start_url": address_in_language("/", current_language().code),
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER["light"],
        "theme_color": PAPER["light"],
        "icons": [
            {"src": icon.address, "sizes": icon.sizes, "type": "image/png", "purpose": icon.purpose}
            for icon in icons
        ],
        "shortcuts": [
            {"name": word, "url": address_in_language(path, current_language().code)}
            for word, path in ((_("Cases"), "/cases"), (_("Places"), "/places"))
        ],
    }
