"""What a phone reads when the portal is put on its home screen."""

from __future__ import annotations

from typing import Any

from layouts.shared.document import PAPER, AppIcon, in_language
from layouts.shared.language import _, current
from portal.domain.jurisdiction import Jurisdiction


def manifest(city: Jurisdiction, icons: tuple[AppIcon, ...]) -> dict[str, Any]:
    """The web application manifest of a city in the page's language. Each page says the colour of its theme itself."""
    return {
        "id": "/",
        "name": f"{city.name} · Citizens Connect",
        "short_name": city.name,
        "description": _(
            "What residents report to {city}, where, and what the city does about it.",
            city=city.name,
        ),
        "lang": current().code,
        "dir": current().direction,
        "start_url": in_language("/", current().code),
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER["light"],
        "theme_color": PAPER["light"],
        "icons": [
            {"src": icon.address, "sizes": icon.sizes, "type": "image/png", "purpose": icon.purpose}
            for icon in icons
        ],
        "shortcuts": [
            {"name": word, "url": in_language(path, current().code)}
            for word, path in ((_("Cases"), "/cases"), (_("Places"), "/places"))
        ],
    }
