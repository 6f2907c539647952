"""What case pages say of how long such cases take: kept when they first come, judged later."""

from __future__ import annotations

import time
from collections.abc import Callable

from data_sync.repeat import Job
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.facts.pointer import newest
from portal.queries.performance.forecasts import NAME
from portal.services.performance.forecasts import judge_forecasts, keep_page_promises
from portal.store.kept_answers import read_mark

LOOK_SECONDS = 30.0
"""A page says the same for an hour, and it is kept if it first came within the last one."""
JUDGE_SECONDS = 900
"""Marks are whole days: what became of them hardly changes within minutes."""


def forecast_jobs(portal: Portal, clock: Callable[[], float] = time.time) -> list[Job]:
    """A job for each city."""
    return [
        Job(f"{city.id}: keeping forecasts", ForecastKeeper(portal, city, clock).look, LOOK_SECONDS)
        for city in portal.cities.values()
    ]


class ForecastKeeper:
    """Keeps and judges a city's forecasts. Knows the version of the facts it has looked at."""

    def __init__(self, portal: Portal, city: Jurisdiction, clock: Callable[[], float]) -> None:
        self.portal = portal
        self.city = city
        self._clock = clock
        self._looked_at: int | None = None

    def look(self) -> None:
        """Keep what new pages say, once for each version; judge, at most every 15 minutes."""
        published = newest(self.portal.facts_folder, self.city.id)
        if published is None:
            return
        now = int(self._clock())
        if published.rev != self._looked_at:
            keep_page_promises(self.portal, self.city, now)
            self._looked_at = published.rev
        with self.portal.public_connection() as connection:
            mark = read_mark(connection, self.city.id, NAME)
        if mark is None or (mark.rev != published.rev and now - mark.made_at >= JUDGE_SECONDS):
            judge_forecasts(self.portal, self.city, now)
