"""The worker: syncs the cities, sends what residents report and publishes both, until stopped."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import click
from sqlalchemy import Engine

from data_sync.datasets import dataset_jobs, withholding_jobs
from data_sync.dispatch.mailer import make_mailers
from data_sync.dispatch.sender import make_senders, tidying_jobs
from data_sync.dispatch.webhooks import webhook_jobs
from data_sync.forecasts import forecast_jobs
from data_sync.kept_answers import answer_jobs
from data_sync.plain_errors import plain_errors
from data_sync.publisher import publishing_jobs
from data_sync.pull.photos import make_photo_pulls, photo_jobs
from data_sync.pull.run import SyncReport, set_lock_patience, sync_city
from data_sync.reading.fetch import make_fetcher
from data_sync.repeat import Job, Say, start_threads
from portal import logs
from portal.context import Portal
from portal.errors import Conflict, PortalError
from portal.services.forgetting import forget_expired
from portal.settings import settings_from_environment
from portal.store.absence import find_absence, wait_for_store

LONGEST_PAUSE_SECONDS = 3_600.0
FORGET_SECONDS = 300.0
SYNCS_AT_ONCE, PHOTOS_AT_ONCE, WEBHOOKS_AT_ONCE = 8, 4, 8
"""Cities that are synced side by side, so that one sick host holds up its own city alone."""
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
    desk_url = desk_url or settings.desk_url or None
    portal = Portal(settings)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_signal: stop.set())
    set_lock_patience(portal.core)
    with plain_errors():
        is_there = wait_for_store(partial(_find_absence, portal.core), stop.wait, _say)
        groups = list(thread_groups(portal, desk_url, stop)) if is_there else []
    threads = [
        thread
        for name, jobs, most in groups
        for thread in start_threads(name, jobs, stop, _say, most)
    ]
    stop.wait()
    _join(threads)
    portal.close()


def _find_absence(store: Engine) -> str | None:
    """Why there is nothing to work on yet: no store, or one without this program's tables."""
    if reason := find_absence(store):
        return reason
    from portal import migrations  # takes a while, and is asked at the start alone

    if migrations.read_revision(store) == migrations.get_wanted_revision():
        return None
    return "it has not the tables of this program; run python -m portal migrate"


def sync_job(city_id: str, sync: Sync, every_seconds: float, say: Say) -> Job:
    """Sync a city again and again; one that fails is tried again later and later, up to an hour."""
    once = partial(_sync_once, city_id, sync, say)
    return Job(f"{city_id}: sync", once, every_seconds, longest_retry_seconds=LONGEST_PAUSE_SECONDS)


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
    network = portal.settings.private_network
    cities = portal.cities.values()
    fetchers = {city.id: make_fetcher(city, desk_url, network) for city in cities}

    def sync(city_id: str) -> SyncReport:
        return sync_city(
            portal, portal.cities[city_id], desk_url=desk_url, fetch=fetchers[city_id], stop=stop
        )

    return sync


def thread_groups(
    portal: Portal, desk_url: str | None, stop: threading.Event
) -> Iterator[tuple[str, list[Job], int]]:
    """Everything the worker does: name, jobs, and how many of these may run at once.

    One slow host or system delays nothing but what is meant for it.
    """
    sync, seconds = _make_sync(portal, desk_url, stop), portal.settings.sync_seconds
    pulls = make_photo_pulls(portal, desk_url, stop.is_set)
    yield "sync", [sync_job(city, sync, seconds, _say) for city in portal.cities], SYNCS_AT_ONCE
    yield "photos", photo_jobs(portal, pulls), PHOTOS_AT_ONCE
    yield "publish", publishing_jobs(portal), 1
    yield "datasets", dataset_jobs(portal), 1
    yield "answers", answer_jobs(portal), 1
    yield "forecasts", forecast_jobs(portal), 1
    yield "withhold", withholding_jobs(portal), 1
    yield "tidy", [*tidying_jobs(portal), _forgetting_job(portal)], 1
    yield "webhooks", webhook_jobs(portal), WEBHOOKS_AT_ONCE
    for sender in make_senders(portal, desk_url, _say):
        yield f"send {sender.city.id} {sender.system}", [sender.job(stop)], 1
    for mailer in make_mailers(portal, _say):
        yield f"mail {mailer.city.id}", [mailer.job(stop)], 1


def _forgetting_job(portal: Portal) -> Job:
    def forget() -> None:
        forget_expired(portal, int(time.time()))

    return Job("forgetting what has expired", forget, FORGET_SECONDS)


def _say(sentence: str) -> None:
    logs.log_sentence(log, sentence)


def _join(threads: list[threading.Thread]) -> None:
    ends_at = time.monotonic() + STOP_SECONDS
    for thread in threads:
        thread.join(max(0.0, ends_at - time.monotonic()))
