"""The worker: syncs the cities, sends what residents report and publishes both, until stopped."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import click

from data_sync.dispatch.mailer import make_mailers
from data_sync.dispatch.sender import make_senders, tidying_jobs
from data_sync.publisher import publishing_jobs
from data_sync.pull.photos import make_photo_pulls, photo_jobs
from data_sync.pull.run import SyncReport, set_lock_patience, sync_city
from data_sync.reading.fetch import Fetcher, hosts_of_city
from data_sync.repeat import Job, Say, repeat_until_told, start_thread
from portal import logs
from portal.context import Portal
from portal.errors import Conflict, PortalError
from portal.services.shared.forgetting import forget_expired
from portal.settings import settings_from_environment

LONGEST_PAUSE_SECONDS = 3_600.0
STOP_SECONDS = 3.0
"""How long the threads may take to finish at the end.

The next start takes up what they leave: a photo is fetched again, and a system is asked whether a
message has arrived.
"""
log = logs.get_logger(__name__)

Sync = Callable[[str], SyncReport]
"""city id → what its sync did. Raises PortalError."""


class SyncFailed(PortalError):
    """A sync could not do all of its work; says why, a line for each problem."""


@click.command()
@click.option(
    "--desk-url",
    help="Address of the running work-order desk, for a city whose source is the desk.",
)
def worker(desk_url: str | None) -> None:
    """Sync the cities served and send what is reported there, until SIGTERM or Ctrl-C.

    Each city is synced every PORTAL_SYNC_SECONDS.
    """
    settings = settings_from_environment()
    logs.configure_logs(settings.log_level)
    portal = Portal(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_signal: stop.set())
    set_lock_patience(portal.core)
    threads = [
        start_thread(name, jobs, stop, _say)
        for name, jobs in _jobs_by_thread(portal, desk_url, stop)
    ]
    sync = _make_sync(portal, desk_url, stop)
    syncs = [sync_job(city_id, sync, settings.sync_seconds, _say) for city_id in settings.city_ids]
    repeat_until_told(syncs, stop, _say)
    _join(threads)
    portal.close()


def sync_job(city_id: str, sync: Sync, every_seconds: float, say: Say) -> Job:
    """Sync a city again and again; one that fails is tried again later and later, up to an hour."""
    return Job(
        f"{city_id}: sync",
        partial(_sync_once, city_id, sync, say),
        every_seconds,
        longest_retry_seconds=LONGEST_PAUSE_SECONDS,
    )


def _sync_once(city_id: str, sync: Sync, say: Say) -> None:
    """Sync a city and say what came of it. Raises SyncFailed where some of it could not be done."""
    try:
        report = sync(city_id)
    except Conflict as problem:
        say(str(problem))
        raise
    if report.has_failed:
        raise SyncFailed("\n".join(report.problems))
    for problem in report.problems:
        say(problem)
    _log_report(report)


def _log_report(report: SyncReport) -> None:
    """A sync that found something new is worth a line."""
    write = log.info if report.new or report.changed else log.debug
    write(
        "sync",
        city=report.city,
        outcome="ok",
        seconds=round(report.seconds, 3),
        version=report.data_version,
        read=report.read,
        new=report.new,
        changed=report.changed,
        unchanged=report.unchanged,
        quarantined=report.quarantined,
    )


def _make_sync(portal: Portal, desk_url: str | None, stop: threading.Event) -> Sync:
    # One client per city for the worker's life: a host that keeps failing is left alone across
    # runs.
    fetchers = {
        city.id: Fetcher(hosts_of_city(city), local_origin=desk_url)
        for city in portal.cities.values()
    }

    def sync(city_id: str) -> SyncReport:
        forget_expired(portal, int(time.time()))
        return sync_city(
            portal, portal.cities[city_id], desk_url=desk_url, fetch=fetchers[city_id], stop=stop
        )

    return sync


def _jobs_by_thread(
    portal: Portal, desk_url: str | None, stop: threading.Event
) -> Iterator[tuple[str, list[Job]]]:
    """What goes on beside the syncs. One slow host or system delays nothing but its own thread."""
    yield "photos", photo_jobs(portal, make_photo_pulls(portal, desk_url, stop.is_set))
    yield "publish", publishing_jobs(portal)
    yield "tidy outbox", tidying_jobs(portal)
    for sender in make_senders(portal, desk_url, _say):
        yield f"send {sender.system}", [sender.job(stop)]
    for mailer in make_mailers(portal, _say):
        yield f"mail {mailer.city.id}", [mailer.job(stop)]


def _say(sentence: str) -> None:
    logs.log_sentence(log, sentence)


def _join(threads: list[threading.Thread]) -> None:
    ends_at = time.monotonic() + STOP_SECONDS
    for thread in threads:
        thread.join(max(0.0, ends_at - time.monotonic()))
