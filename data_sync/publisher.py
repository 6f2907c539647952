"""Publishing between two syncs: a report, a photo or a staff decision is on the map in seconds."""

from __future__ import annotations

import time
from functools import partial

from data_sync.repeat import Job
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.facts import publish

LOOK_SECONDS = 1.0
PAUSE_SHARE = 2
"""How many times as long as the publishing itself the pause after it is.

While an import stores page after page, most of the machine is the import's own.
"""


def publishing_jobs(portal: Portal) -> list[Job]:
    """A job for each city: publish what has changed since the last look."""
    return [
        Job(f"{city.id}: publishing", partial(_publish_and_pause, portal, city), LOOK_SECONDS)
        for city in portal.cities.values()
    ]


def publish_if_behind(portal: Portal, city: Jurisdiction) -> bool:
    """Bring the published facts up to the store's version, and say whether that was needed.

    Before a city's first sync there is nothing to bring up to date. Raises Conflict while another
    process publishes.
    """
    published = publish.newest(portal.facts_folder, city.id)
    if published is None or published.rev >= portal.data_version(city.id):
        return False
    publish.update(portal.core, city, portal.facts_folder)
    return True


def _publish_and_pause(portal: Portal, city: Jurisdiction) -> float:
    """Publish, and return the seconds until the next look."""
    started = time.monotonic()
    publish_if_behind(portal, city)
    return max(LOOK_SECONDS, PAUSE_SHARE * (time.monotonic() - started))
