"""The city's photos: fetched from the hosts its file allows, redrawn, and shown beside its cases.

A row that the sync stores has an address at most, and no visitor's browser is ever sent there. Here
the newest photos are fetched first, a few a round, through the sync's guarded client
(data_sync.reading.fetch) with tighter limits: no redirect, 15 MB, 20 s, no retry at once. What
cannot be fetched now is tried again later; what is no photo, or is at an address we do not go to,
is remembered and never asked for again. No page waits for any of this.
"""

from __future__ import annotations

import ipaddress
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

import httpx2

from data_sync.pull.lease import SyncLease
from data_sync.reading.base import Fetch
from data_sync.reading.fetch import Fetcher
from data_sync.repeat import Job
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction, PhotoSource
from portal.errors import SourceError
from portal.photos import develop, files
from portal.photos.pipeline import Developed, PhotoRefused, develop_patiently
from portal.services.shared import photos
from portal.services.shared.photos import DuePhoto
from portal.services.shared.photos_sweep import sweep_photos

LEASE = "photos"
DESK = "desk"
ROUND_PHOTOS, ROUND_SECONDS = 25, 30.0
FETCH_SECONDS = 20.0
NOTED_AT_ONCE = 2_000
"""Rows in a transaction: a report that is being sent waits no longer than that."""
BUSY_PAUSE_SECONDS, PAUSE_SECONDS = 10.0, 60.0
LONGEST_PAUSE_SECONDS = 600.0
SWEEP_SECONDS = 86_400.0
SWEEP_RETRY_SECONDS = 3_600.0
DAY = 86_400
PASSING = frozenset({"unreachable", "too_slow", "unexpected"})
"""Reasons that may be gone tomorrow."""
_BETWEEN_ADDRESSES = re.compile(r"[\s|]+")


@dataclass
class RoundResult:
    """Photos by what became of them. `is_more`: there was more to do than a round does."""

    ready: int = 0
    refused: int = 0
    put_off: int = 0
    is_more: bool = False


@dataclass
class PhotoPull:
    """The photos of one city, a round at a time. `is_stopping` is asked before each photo."""

    portal: Portal
    city: Jurisdiction
    fetch: Fetch
    desk_url: str | None = None
    draw: Callable[[bytes], Developed] = develop_patiently
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    is_stopping: Callable[[], bool] = lambda: False
    _seen_rev: int = field(default=0, repr=False)

    def fetch_round(self) -> RoundResult:
        """Fetch the newest few photos that are due. Raises Conflict while another process does."""
        result = RoundResult()
        with SyncLease(self.portal.core, self.city.id, self.now, LEASE):
            self._note_new()
            with self.portal.core.connect() as connection:
                due = photos.due_photos(connection, self.city.id, self._epoch(), ROUND_PHOTOS + 1)
            result.is_more = len(due) > ROUND_PHOTOS
            self._fetch_all(due[:ROUND_PHOTOS], result)
        return result

    def fetch_and_pause(self) -> float:
        """Fetch a round, and return the seconds until the next."""
        return BUSY_PAUSE_SECONDS if self.fetch_round().is_more else PAUSE_SECONDS

    def _note_new(self) -> None:
        """Note the photos that the sync has stored since the last look."""
        since = self._epoch() - _source(self.city).days * DAY
        with self.portal.core.connect() as connection:
            found, rev = photos.city_photos(connection, self.city.id, since, self._seen_rev)
        for start in range(0, len(found), NOTED_AT_ONCE):
            some = found[start : start + NOTED_AT_ONCE]
            with self.portal.transaction() as connection:
                photos.request_photos(connection, self.city.id, some, self._epoch())
        self._seen_rev = rev

    def _fetch_all(self, due: Sequence[DuePhoto], result: RoundResult) -> None:
        ends_at = time.monotonic() + ROUND_SECONDS
        try:
            for photo in due:
                if self.is_stopping() or time.monotonic() > ends_at:
                    result.is_more = True
                    return
                self._fetch_one(photo, result)
        finally:
            if result.ready:
                with self.portal.transaction() as connection:
                    photos.announce_change(connection, self.city.id, self._epoch())

    def _fetch_one(self, photo: DuePhoto, result: RoundResult) -> None:
        try:
            drawn = self.draw(self._fetch_body(first_address(photo.source_url)))
        except PhotoRefused as problem:
            self._set_aside(photo, problem.reason, result)
        except SourceError as problem:
            if problem.reason == "resting":
                return  # the host is left alone for minutes; that is no attempt at this photo
            self._set_aside(photo, problem.reason, result)
        except Exception:
            self._set_aside(photo, "unexpected", result)  # so that the next round gets past it
            raise
        else:
            files.write_photo(self.portal.photos_folder, photo.name, drawn)
            with self.portal.transaction() as connection:
                photos.mark_ready(connection, self.city.id, photo.name, drawn.size, self._epoch())
            result.ready += 1

    def _set_aside(self, photo: DuePhoto, reason: str, result: RoundResult) -> None:
        with self.portal.transaction() as connection:
            if reason in PASSING:
                photos.retry_later(connection, self.city.id, photo, reason, self._epoch())
                result.put_off += 1
            else:
                photos.mark_refused(connection, self.city.id, photo.name, reason, self._epoch())
                result.refused += 1

    def _fetch_body(self, url: str) -> bytes:
        """Raises SourceError with its reason."""
        try:
            if DESK in _source(self.city).hosts:
                url = address_at_desk(url, self.desk_url)
            answer = self.fetch(url, headers={"accept": "image/*"})
        except (ValueError, httpx2.InvalidURL) as problem:
            raise SourceError(
                f"{url[:200]} is no address: {problem}", reason="bad_address"
            ) from problem
        if answer.status != 200:
            raise SourceError(f"{url} answered {answer.status}", reason=f"answered_{answer.status}")
        return answer.body

    def _epoch(self) -> int:
        return int(self.now().timestamp())


def photo_jobs(portal: Portal, pulls: Sequence[PhotoPull]) -> list[Job]:
    """A daily sweep of files that belong to no photo any more, and the rounds of each city."""
    return [
        Job(
            "sweeping photos",
            partial(_sweep, portal),
            SWEEP_SECONDS,
            SWEEP_RETRY_SECONDS,
            longest_retry_seconds=SWEEP_SECONDS,
        ),
        *(
            Job(
                f"{pull.city.id}: photos",
                pull.fetch_and_pause,
                PAUSE_SECONDS,
                PAUSE_SECONDS,
                LONGEST_PAUSE_SECONDS,
            )
            for pull in pulls
        ),
    ]


def make_photo_pulls(
    portal: Portal, desk_url: str | None, is_stopping: Callable[[], bool]
) -> list[PhotoPull]:
    """A pull for each city whose file names hosts of photos, with a client of its own."""
    return [
        PhotoPull(
            portal,
            city,
            photo_fetcher(city.photos, desk_url),
            desk_url,
            is_stopping=is_stopping,
        )
        for city in portal.cities.values()
        if city.photos is not None
    ]


def photo_fetcher(source: PhotoSource, desk_url: str | None) -> Fetcher:
    """The guarded client with the limits of photos.

    Only the demonstration's own desk may be asked over http and on this machine.
    """
    return Fetcher(
        {host for host in source.hosts if host != DESK},
        local_origin=desk_url if DESK in source.hosts else None,
        max_body_bytes=develop.MAX_BYTES,
        max_seconds=FETCH_SECONDS,
        max_redirects=0,
        attempts=1,
    )


def first_address(field_text: str) -> str:
    """The reporter's main photo, which is the first where a city writes several addresses."""
    return _BETWEEN_ADDRESSES.split(field_text.strip())[0]


def address_at_desk(url: str, desk_url: str | None) -> str:
    """Where the demonstration's desk has a photo today: it gets another port at each start.

    Raises SourceError while the desk is not running.
    """
    parts = urlsplit(url)
    if not _is_this_machine(parts.hostname):
        return url
    if desk_url is None:
        raise SourceError("the work-order desk is not running", reason="resting")
    return f"{desk_url.rstrip('/')}{parts.path}"


def _sweep(portal: Portal) -> None:
    sweep_photos(portal, int(time.time()))


def _source(city: Jurisdiction) -> PhotoSource:
    assert city.photos is not None
    return city.photos


def _is_this_machine(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
