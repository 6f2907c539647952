"""Publishing between two syncs: a report, a photo or a decision of staff is on the map within a second or two."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable

from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import Conflict
from portal.facts import publish

LOOK_SECONDS = 1.0
SHARE = 2
"""The pause after a version, in times of what it took to make: while an import stores page after page, most of the machine is its own."""


def publish_news(portal: Portal, city: Jurisdiction) -> bool:
    """Bring the published facts to the store's version; False where they are there, or the first sync has yet to make them."""
    published = publish.newest(portal.facts_folder, city.id)
    if published is None or published.rev >= portal.data_version(city.id):
        return False
    publish.update(portal.core, city, portal.facts_folder)
    return True


def publish_until_told(portal: Portal, wake: threading.Event, say: Callable[[str], None]) -> None:
    """Look every second, for all cities, until `wake` is set. Whatever goes wrong is said and survived."""
    while not wake.is_set():
        begun = time.monotonic()
        for city in portal.cities.values():
            try:
                publish_news(portal, city)
            except Conflict:
                continue  # the sync writes them at this moment
            except Exception:
                say(f"{city.id}: publishing: unexpected error\n{traceback.format_exc()}")
        wake.wait(max(LOOK_SECONDS, SHARE * (time.monotonic() - begun)))
