"""Follows the demo city's first start: keeps the page at the port and tells the terminal.

first = FirstStart(settings, "demo", say)
…             # build, sync, start the web server
first.end()   # once that answers
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sqlalchemy import Engine, func, select
from sqlalchemy.exc import DBAPIError

from portal import private_files
from portal.first_start.building import Building, read_made, seconds_left
from portal.first_start.page import FirstPage
from portal.settings import Settings
from portal.store.engines import core_engine
from portal.store.models import Case

LOOK_SECONDS = 0.5
SAY_SECONDS = 10.0
FILE = "first-start.json"


class FirstStart:
    """One first start. Raises OSError if another program has taken the port meanwhile."""

    def __init__(self, settings: Settings, city: str, say: Callable[[str], None]) -> None:
        self.file = settings.data_dir / FILE
        self._city = city
        self._say = say
        self._settings = settings
        self._begun_at = time.monotonic()
        self._first: Building | None = None
        self._now = Building()
        self._stop = threading.Event()
        private_files.make_folder(settings.data_dir)
        self.file.unlink(missing_ok=True)
        self._page = FirstPage(settings.host, settings.port, self.tell)
        say(
            "Building the demonstration city, which happens only once. It takes about a minute; "
            f"{settings.site_url} shows how far it is."
        )
        self._thread = threading.Thread(target=self._follow, name="first start", daemon=True)
        self._thread.start()

    def tell(self) -> tuple[Building, str]:
        """How far the city is, and in words how long it will still take."""
        return self._now, f"{self._describe_time_left()}."

    def end(self) -> None:
        """Leave the port to the portal."""
        self._stop.set()
        self._thread.join()
        self._page.close()
        self.file.unlink(missing_ok=True)

    def _follow(self) -> None:
        engine = core_engine(self._settings)
        next_line = SAY_SECONDS
        while not self._stop.wait(LOOK_SECONDS):
            self._look(engine)
            if time.monotonic() - self._begun_at >= next_line:
                next_line += SAY_SECONDS
                self._say(describe_line(self._now, self._describe_time_left()))
        engine.dispose()

    def _look(self, engine: Engine) -> None:
        stored = count_cases(engine, self._city)
        self._now = Building(read_made(self.file), stored)
        # A start that was broken off has left cases: the pace is that of this one alone.
        self._first = self._first or self._now

    def _describe_time_left(self) -> str:
        seconds = time.monotonic() - self._begun_at
        return describe_seconds(seconds_left(self._now, self._first or self._now, seconds))


def count_cases(engine: Engine, city: str) -> int:
    """Cases of the city that the store has now; 0 before it has tables."""
    try:
        with engine.connect() as connection:
            of_city = select(func.count()).select_from(Case).where(Case.jurisdiction_id == city)
            return connection.execute(of_city).scalar_one()
    except DBAPIError:
        return 0


def describe_line(building: Building, time_left: str) -> str:
    """A line for the terminal."""
    step = "" if building.stored_cases else f" {building.describe_step()}"
    return f"{building.describe()}.{step} {time_left}."


def describe_seconds(seconds: float | None) -> str:
    """A time that is left: "About a minute left", "About 20 seconds left"."""
    if seconds is None or 45 <= seconds < 90:
        return "About a minute left"
    if seconds >= 90:
        return f"About {seconds / 60:.0f} minutes left"
    tens = max(10, round(seconds / 10) * 10)
    return f"About {tens} seconds left"
