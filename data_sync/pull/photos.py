"""The city's photos: fetched from the hosts its file allows, drawn anew, and shown beside its cases.

A row that the sync stores holds an address at most: a visitor's browser is never sent there. Here the newest photos are asked for first, a
few a round, over the guarded client of the sync (data_sync.reading.fetch) with tighter limits: no redirect, 15 MB, 20 s, no repetition at
once. What cannot be had now is asked for later; what is no photo, or stands where we do not go, is remembered and never asked for again.
Pages wait for nothing of this.
"""

from __future__ import annotations

import ipaddress
import re
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx2

from data_sync.pull.lease import SyncLease
from data_sync.reading.base import Fetch
from data_sync.reading.fetch import Fetcher
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction, PhotoSource
from portal.errors import Conflict, SourceError
from portal.photos import develop, files
from portal.photos.pipeline import Developed, PhotoRefused, develop_patiently
from portal.services.shared import photos
from portal.services.shared.photos import DuePhoto
from portal.services.shared.photos_sweep import sweep

LEASE = "photos"
DESK = "desk"
ROUND_PHOTOS, ROUND_SECONDS = 25, 30.0
FETCH_SECONDS = 20.0
NOTED_AT_ONCE = 2_000
"""Rows a transaction: a report that is being sent waits for no more."""
BUSY_PAUSE_SECONDS, PAUSE_SECONDS = 10.0, 60.0
SWEEP_SECONDS = 86_400.0
DAY = 86_400
PASSING = frozenset({"unreachable", "too_slow", "unexpected"})
"""Reasons that may be gone tomorrow."""
_BETWEEN_ADDRESSES = re.compile(r"[\s|]+")


@dataclass
class Round:
    """What a round did. `is_more`: there was more to do than a round does."""

    ready: int = 0
    refused: int = 0
    put_off: int = 0
    is_more: bool = False


@dataclass
class PhotoPull:
    """The photos of one city, a round at a time. `stopping` is asked before each photo; times are handed in."""

    portal: Portal
    city: Jurisdiction
    fetch: Fetch
    desk_url: str | None = None
    draw: Callable[[bytes], Developed] = develop_patiently
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    stopping: Callable[[], bool] = lambda: False
    _seen_rev: int = field(default=0, repr=False)

    def round(self) -> Round:
        """Fetch the newest few that are due. Raises Conflict while another process does."""
        done = Round()
        with SyncLease(self.portal.core, self.city.id, self.now, LEASE):
            self._note()
            with self.portal.core.connect() as connection:
                due = photos.due_photos(connection, self.city.id, self._epoch(), ROUND_PHOTOS + 1)
            done.is_more = len(due) > ROUND_PHOTOS
            self._fetch_all(due[:ROUND_PHOTOS], done)
        return done

    def _note(self) -> None:
        """What the sync has stored since the last look."""
        since = self._epoch() - _source(self.city).days * DAY
        with self.portal.core.connect() as connection:
            found, rev = photos.city_photos(connection, self.city.id, since, self._seen_rev)
        for start in range(0, len(found), NOTED_AT_ONCE):
            with self.portal.transaction() as connection:
                photos.want(
                    connection, self.city.id, found[start : start + NOTED_AT_ONCE], self._epoch()
                )
        self._seen_rev = rev

    def _fetch_all(self, due: Sequence[DuePhoto], done: Round) -> None:
        ends_at = time.monotonic() + ROUND_SECONDS
        try:
            for photo in due:
                if self.stopping() or time.monotonic() > ends_at:
                    done.is_more = True
                    return
                self._fetch_one(photo, done)
        finally:
            if done.ready:
                with self.portal.transaction() as connection:
                    photos.announce(connection, self.city.id, self._epoch())

    def _fetch_one(self, photo: DuePhoto, done: Round) -> None:
        try:
            drawn = self.draw(self._body(first_address(photo.source_url)))
        except PhotoRefused as problem:
            self._could_not(photo, problem.reason, done)
        except SourceError as problem:
            if problem.reason == "resting":
                return  # the host is left alone for minutes; that is no attempt of this photo's
            self._could_not(photo, problem.reason, done)
        except Exception:
            self._could_not(photo, "unexpected", done)  # so that the next round gets past it
            raise
        else:
            files.keep(self.portal.photos_folder, photo.name, drawn)
            with self.portal.transaction() as connection:
                photos.mark_ready(connection, self.city.id, photo.name, drawn.size, self._epoch())
            done.ready += 1

    def _could_not(self, photo: DuePhoto, reason: str, done: Round) -> None:
        with self.portal.transaction() as connection:
            if reason in PASSING:
                photos.put_off(connection, self.city.id, photo, reason, self._epoch())
                done.put_off += 1
            else:
                photos.mark_refused(connection, self.city.id, photo.name, reason, self._epoch())
                done.refused += 1

    def _body(self, url: str) -> bytes:
        """Raises SourceError with its reason."""
        try:
            if DESK in _source(self.city).hosts:
                url = at_the_desk(url, self.desk_url)
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


def pull_for(
    portal: Portal, city: Jurisdiction, desk_url: str | None, stopping: Callable[[], bool]
) -> PhotoPull | None:
    """The pull of a city with a client of its own; None where its file names no host."""
    if city.photos is None:
        return None
    return PhotoPull(
        portal, city, photo_fetcher(city.photos, desk_url), desk_url, stopping=stopping
    )


def photo_fetcher(source: PhotoSource, desk_url: str | None) -> Fetcher:
    """The guarded client with the limits of photos. http and this machine are allowed for the demonstration's own desk alone."""
    return Fetcher(
        {host for host in source.hosts if host != DESK},
        local_origin=desk_url if DESK in source.hosts else None,
        max_body_bytes=develop.MAX_BYTES,
        max_seconds=FETCH_SECONDS,
        max_redirects=0,
        attempts=1,
    )


def first_address(told: str) -> str:
    """Some cities write several addresses into one field: the first is the reporter's main photo."""
    return _BETWEEN_ADDRESSES.split(told.strip())[0]


def at_the_desk(url: str, desk_url: str | None) -> str:
    """The desk of the demonstration gets another port at each start: an older address of it is asked where it listens today."""
    parts = urlsplit(url)
    if not _is_this_machine(parts.hostname):
        return url
    if desk_url is None:
        raise SourceError("the work-order desk is not running", reason="resting")
    return f"{desk_url.rstrip('/')}{parts.path}"


def pull_until_told(
    portal: Portal, pulls: Sequence[PhotoPull], wake: threading.Event, say: Callable[[str], None]
) -> None:
    """Round after round for all cities, and a sweep a day, until `wake` is set. Whatever goes wrong is said and survived."""
    swept_at: float | None = None
    while not wake.is_set():
        if swept_at is None or time.monotonic() - swept_at > SWEEP_SECONDS:
            swept_at = time.monotonic()
            _surviving(say, "sweeping photos", lambda: sweep(portal, int(time.time())))
        rounds = [_surviving(say, f"{pull.city.id}: photos", pull.round) for pull in pulls]
        is_more = any(done is not None and done.is_more for done in rounds)
        wake.wait(BUSY_PAUSE_SECONDS if is_more else PAUSE_SECONDS)


def _surviving(
    say: Callable[[str], None], what: str, act: Callable[[], Round | object]
) -> Round | None:
    try:
        done = act()
    except Conflict:
        return None  # somebody else does the work
    except Exception:
        # A fault here must end neither the sync nor the next round; the trace is for whoever mends it.
        say(f"{what}: unexpected error\n{traceback.format_exc()}")
        return None
    return done if isinstance(done, Round) else None


def _source(city: Jurisdiction) -> PhotoSource:
    assert city.photos is not None
    return city.photos


def _is_this_machine(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
