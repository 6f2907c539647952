"""Publishing between two syncs: a report, a photo or a staff decision is on the map in seconds.

Facts that cannot be read any more are noticed here too, and built again.
"""

from __future__ import annotations

import time

from data_sync.repeat import Job
from portal import logs
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.facts import build, publish
from portal.facts.pointer import FactsFile, newest
from portal.facts.soundness import Seal, damage_mark, find_damage, seal_of

LOOK_SECONDS = 1.0
PAUSE_SHARE = 2
"""How many times as long as the publishing itself the pause after it is.

While an import stores page after page, most of the machine is the import's own.
"""
log = logs.get_logger(__name__)


def publishing_jobs(portal: Portal) -> list[Job]:
    """A job for each city: publish what has changed since the last look."""
    return [
        Job(f"{city.id}: publishing", Publisher(portal, city).publish_and_pause, LOOK_SECONDS)
        for city in portal.cities.values()
    ]


def publish_if_behind(portal: Portal, city: Jurisdiction) -> bool:
    """`Publisher.publish`, once."""
    return Publisher(portal, city).publish()


class Publisher:
    """Publishes a city's facts. Knows the file that it has read to the end and found sound."""

    def __init__(self, portal: Portal, city: Jurisdiction) -> None:
        self.portal = portal
        self.city = city
        self._sound: Seal | None = None

    def publish(self) -> bool:
        """Bring the published facts up to the store's version, and say whether that was needed.

        Facts that are missing or damaged are made again. A city without a public change has none
        to make. Raises Conflict while another process publishes.
        """
        stored = self.portal.data_version(self.city.id)
        published = newest(self.portal.facts_folder, self.city.id)
        if published is None:
            return stored > 0 and self._update()
        if damage := self._find_damage(published):
            log.error("facts damaged", city=self.city.id, reason=damage)
            build.rebuild(self.portal.core, self.city, self.portal.facts_folder)
            return True
        if damage_mark(published.path).exists():
            log.warning("facts damaged", city=self.city.id, reason="a process could not read them")
            return self._update()
        return published.rev < stored and self._update(is_sound=True)

    def publish_and_pause(self) -> float:
        """Publish, and return the seconds until the next look."""
        started = time.monotonic()
        self.publish()
        return max(LOOK_SECONDS, PAUSE_SHARE * (time.monotonic() - started))

    def _update(self, *, is_sound: bool = False) -> bool:
        """`is_sound`: what is published now was read to the end, so a copy of it is sound too."""
        published = publish.update(self.portal.core, self.city, self.portal.facts_folder)
        self._sound = seal_of(published.path) if is_sound else None
        return True

    def _find_damage(self, published: FactsFile) -> str | None:
        """Why the published file cannot be read. One that nobody has touched is not read again."""
        if seal_of(published.path) == self._sound:
            return None
        damage = find_damage(published)
        self._sound = None if damage else seal_of(published.path)
        return damage
