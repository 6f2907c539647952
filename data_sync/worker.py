"""The worker: syncs every city that is served, sends what residents report, and publishes both, until it is told to stop."""

from __future__ import annotations

import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

import click

from data_sync.dispatch import mailer, sender
from data_sync.publisher import publish_until_told
from data_sync.pull.photos import pull_for, pull_until_told
from data_sync.pull.run import Stop, SyncReport, sync_city, wait_for_locks
from data_sync.reading.fetch import Fetcher, hosts_of
from portal.context import Portal
from portal.errors import Conflict, PortalError
from portal.services.shared.forgetting import forget_what_is_over
from portal.settings import Settings, settings_from_environment

LONGEST_PAUSE_SECONDS = 3600.0
STOP_SECONDS = 3.0
"""How long the work in hand is waited for at the end: a photo is fetched at the next start, a message that went out is asked for."""
Sync = Callable[[str], SyncReport]


@click.command()
@click.option(
    "--desk-url",
    help="Address of the running work-order desk, for a city whose source is the desk.",
)
def worker(desk_url: str | None) -> None:
    """Sync the cities served, every PORTAL_SYNC_SECONDS, and send what is reported there, until SIGTERM or Ctrl-C."""
    settings = settings_from_environment()
    portal = Portal(settings)
    stop, wake = Stop(), threading.Event()

    def end(*_signal: object) -> None:
        stop.ask()
        wake.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    wait_for_locks(portal.core)
    threads = [_start_photos(portal, desk_url, stop, wake), _start_publishing(portal, wake)]
    threads += sender.start(
        portal, sender.senders_for(portal, desk_url, click.echo), wake, click.echo
    )
    threads += mailer.start(mailer.mailers_for(portal, click.echo), wake)
    Loop(settings, _sync_with(portal, desk_url, stop), wake).run_until_told()
    _join(threads)
    portal.close()


def _sync_with(portal: Portal, desk_url: str | None, stop: Stop) -> Sync:
    # One client per city for the worker's life: a host that keeps failing is left alone across runs.
    fetchers = {
        city.id: Fetcher(
            hosts_of([*city.sources, *({"url": layer.url} for layer in city.boundaries)]),
            local_origin=desk_url,
        )
        for city in portal.cities.values()
    }

    def sync(city_id: str) -> SyncReport:
        forget_what_is_over(portal, int(time.time()))
        return sync_city(
            portal, portal.cities[city_id], desk_url=desk_url, fetch=fetchers[city_id], stop=stop
        )

    return sync


def _start_photos(
    portal: Portal, desk_url: str | None, stop: Stop, wake: threading.Event
) -> threading.Thread:
    """Photos have a thread of their own: a slow host of pictures must not make the cases late."""
    pulls = [
        pull_for(portal, city, desk_url, lambda: stop.wanted) for city in portal.cities.values()
    ]
    at_work = [pull for pull in pulls if pull is not None]
    thread = threading.Thread(
        target=pull_until_told, args=(portal, at_work, wake, click.echo), name="photos", daemon=True
    )
    thread.start()
    return thread


def _start_publishing(portal: Portal, wake: threading.Event) -> threading.Thread:
    """What was not stored by a sync is published by a thread of its own."""
    thread = threading.Thread(
        target=publish_until_told, args=(portal, wake, click.echo), name="publish", daemon=True
    )
    thread.start()
    return thread


def _join(threads: list[threading.Thread]) -> None:
    ends_at = time.monotonic() + STOP_SECONDS
    for thread in threads:
        thread.join(max(0.0, ends_at - time.monotonic()))


@dataclass
class Loop:
    """Which city is due when. A city that fails is tried again after twice the pause, up to an hour."""

    settings: Settings
    sync: Sync
    wake: threading.Event
    clock: Callable[[], float] = time.monotonic
    say: Callable[[str], None] = field(default=lambda line: click.echo(line))
    failures: dict[str, int] = field(default_factory=dict)

    def run_until_told(self) -> None:
        """Sync every city when it is due, until `wake` is set."""
        due = dict.fromkeys(self.settings.city_ids, self.clock())
        while not self.wake.is_set():
            city = min(due, key=lambda name: due[name])
            if self.wake.wait(max(0.0, due[city] - self.clock())):
                return
            self.sync_once(city)
            due[city] = self.clock() + self.pause_after(city)

    def sync_once(self, city: str) -> None:
        """One sync; whatever goes wrong is said and survived."""
        try:
            report = self.sync(city)
        except Conflict as problem:
            self.say(str(problem))  # somebody else does the work: no failure of ours
        except PortalError as problem:
            self._failed(city, str(problem))
        except Exception:
            # A fault in one city's sync must not end the others'; the trace is for whoever mends it.
            self._failed(city, f"{city}: unexpected error in the sync\n{traceback.format_exc()}")
        else:
            self._tell(city, report)

    def pause_after(self, city: str) -> float:
        """Seconds until the city's next turn."""
        return min(
            LONGEST_PAUSE_SECONDS,
            float(self.settings.sync_seconds) * 2 ** self.failures.get(city, 0),
        )

    def _tell(self, city: str, report: SyncReport) -> None:
        if report.could_not:
            self._failed(city, "\n".join(report.problems))
            return
        self.failures.pop(city, None)
        for problem in report.problems:
            self.say(problem)
        if report.new or report.changed:
            self.say(str(report))

    def _failed(self, city: str, message: str) -> None:
        self.failures[city] = min(self.failures.get(city, 0) + 1, 10)
        self.say(message)
