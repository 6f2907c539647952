"""The city's photos: fetched from the hosts its file allows, redrawn, and shown beside its cases.

A row that the sync stores has an address at most, and no visitor's browser is ever sent there. Here
the newest photos are fetched first, a few a round, through the sync's guarded client
(data_sync.reading.fetch) with tighter limits: no redirect, 15 MB, 20 s, no retry at once. What
cannot be fetched now is tried again later; what is no photo, or is at an address we do not go to,
is remembered and never asked for again. No page waits for any of this.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

import httpx2

from data_sync.photos_of_work import is_photo_awaited
from data_sync.pull.lease import SyncLease
from data_sync.reading.base import Fetch
from data_sync.reading.fetch import Fetcher
from data_sync.repeat import Job
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction, PhotoSource
from portal.errors import SourceError
from portal.network.inside import Network, is_this_machine
from portal.photos import develop, files
from portal.photos.develop import THUMB
from portal.photos.likeness import Looks, is_same_picture, look_of
from portal.photos.pipeline import Developed, PhotoRefused, develop_patiently
from portal.services.shared import photo_repeats, photos
from portal.services.shared.photo_repeats import Known
from portal.services.shared.photos import DuePhoto
from portal.services.shared.photos_sweep import sweep_photos

LEASE = "photos"
DESK = "desk"
ROUND_PHOTOS, ROUND_SECONDS = 25, 30.0
FETCH_SECONDS = 20.0
NOTED_AT_ONCE = 2_000
"""Rows in a transaction: a report that is being sent waits no longer than that."""
BUSY_PAUSE_SECONDS, PAUSE_SECONDS = 10.0, 60.0
LOOK_SECONDS = 1.0
NEW_SECONDS = 10
"""For so long after a closing its e-mail may name the photo of the work."""
LONGEST_PAUSE_SECONDS = 600.0
SWEEP_SECONDS = 86_400.0
SWEEP_RETRY_SECONDS = 3_600.0
DAY = 86_400
OVERLAP_SECONDS = 120
"""What staff decide takes a moment to be stored."""
HIDDEN_DAYS = 7
"""A worker that starts looks so far back for photos that were hidden while none ran."""
PASSING = frozenset({"unreachable", "too_slow", "unexpected"})
"""Reasons that may be gone tomorrow."""
_BETWEEN_ADDRESSES = re.compile(r"[\s|]+")


@dataclass
class RoundResult:
    """Photos by what became of them; `names` are those that are ready.

    `is_more`: there was more to do than a round does.
    """

    ready: int = 0
    names: list[str] = field(default_factory=list, compare=False)
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
    _hidden_seen: int = field(default=0, repr=False)
    _next_round: float = field(default=0.0, repr=False)

    def __post_init__(self) -> None:
        self._looks = Looks(self.portal.photos_folder)
        self._hidden_seen = self._epoch() - HIDDEN_DAYS * DAY

    def fetch_round(self) -> RoundResult:
        """Fetch the newest few photos that are due. Raises Conflict while another process does."""
        result = RoundResult()
        with SyncLease(self.portal.core, self.city.id, self.now, LEASE):
            self._note_new()
            self._hide_repeats()
            with self.portal.core.connect() as connection:
                due = photos.due_photos(connection, self.city.id, self._epoch(), ROUND_PHOTOS + 1)
            result.is_more = len(due) > ROUND_PHOTOS
            self._fetch_all(due[:ROUND_PHOTOS], result)
        return result

    def fetch_when_due(self) -> float:
        """Fetch a round if it is time, and return the seconds until the next look.

        It is time at once for a closing that people are about to hear of.
        """
        if self._epoch() >= self._next_round or self._is_awaited():
            self._next_round = self._epoch() + PAUSE_SECONDS
            if self.fetch_round().is_more:
                self._next_round = self._epoch() + BUSY_PAUSE_SECONDS
        return LOOK_SECONDS

    def _is_awaited(self) -> bool:
        with self.portal.core.connect() as connection:
            return is_photo_awaited(connection, self.city.id, self._epoch() - NEW_SECONDS)

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

    def _hide_repeats(self) -> None:
        """Hide what the city shows of a photo that staff have hidden since the last look."""
        now = self._epoch()
        with self.portal.core.connect() as connection:
            found = photo_repeats.hidden_since(connection, self.city.id, self._hidden_seen)
            pairs = [
                (hidden, photo_repeats.shown_to_compare(connection, self.city.id, hidden))
                for hidden in found
            ]
        for hidden, shown in pairs:
            for repeat in self._same_as(self._looks.of([hidden.name]).get(hidden.name), shown):
                with self.portal.transaction() as connection:
                    reason = hidden.reason or photo_repeats.REPEATED
                    photos.hide_photo(connection, self.city.id, repeat.name, reason, now)
        self._hidden_seen = now - OVERLAP_SECONDS

    def _same_as(self, look: bytes | None, known: Sequence[Known]) -> list[Known]:
        """Those photos that show the same."""
        if look is None or not known:
            return []
        looks = self._looks.of([photo.name for photo in known])
        return [
            photo
            for photo in known
            if photo.name in looks and is_same_picture(look, looks[photo.name])
        ]

    def _fetch_all(self, due: Sequence[DuePhoto], result: RoundResult) -> None:
        ends_at = time.monotonic() + ROUND_SECONDS
        try:
            for photo in due:
                if self.is_stopping() or time.monotonic() > ends_at:
                    result.is_more = True
                    return
                self._fetch_one(photo, result)
        finally:
            if result.names:
                with self.portal.transaction() as connection:
                    photos.announce_change(connection, self.city.id, result.names, self._epoch())

    def _fetch_one(self, photo: DuePhoto, result: RoundResult) -> None:
        try:
            if self._settle_own_address(photo, result):
                return
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
            self._keep(photo, drawn, result)

    def _settle_own_address(self, photo: DuePhoto, result: RoundResult) -> bool:
        """Whether the city gives us the address of a photo that it has from us."""
        with self.portal.core.connect() as connection:
            known = photo_repeats.photo_in_address(connection, self.city.id, photo)
        if known is not None:
            self._settle_repeat(photo, known, result)
        return known is not None

    def _settle_repeat(self, photo: DuePhoto, known: Known, result: RoundResult) -> None:
        with self.portal.transaction() as connection:
            became = photo_repeats.settle_repeat(
                connection, self.city.id, photo, known, self._epoch()
            )
            shown = photo_repeats.shown_at_address(connection, self.city.id, photo)
        if became == "moved":
            result.ready += 1
            result.names += shown
        else:
            result.refused += 1

    def _keep(self, photo: DuePhoto, drawn: Developed, result: RoundResult) -> None:
        """Show a photo that was fetched, unless we have it already."""
        with self.portal.core.connect() as connection:
            others = photo_repeats.photos_to_compare(connection, self.city.id, photo)
        look = look_of(drawn.pictures[THUMB].body) if others else None
        known = next(iter(self._same_as(look, others)), None)
        if known is None or not (known.is_seen or known.case_key == photo.case_key):
            # Also what is hidden at once: staff may look at it.
            files.write_photo(self.portal.photos_folder, photo.name, drawn)
        if known is not None:
            return self._settle_repeat(photo, known, result)
        with self.portal.transaction() as connection:
            photos.mark_ready(connection, self.city.id, photo.name, drawn.size, self._epoch())
        result.ready += 1
        result.names.append(photo.name)
        return None

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
    sweeps = (SWEEP_SECONDS, SWEEP_RETRY_SECONDS, SWEEP_SECONDS)
    pauses = (LOOK_SECONDS, PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
    return [
        Job("sweeping photos", partial(_sweep, portal), *sweeps),
        *(Job(f"{pull.city.id}: photos", pull.fetch_when_due, *pauses) for pull in pulls),
    ]


def make_photo_pulls(
    portal: Portal, desk_url: str | None, is_stopping: Callable[[], bool]
) -> list[PhotoPull]:
    """A pull for each city whose file names hosts of photos, with a client of its own."""
    return [
        PhotoPull(
            portal,
            city,
            photo_fetcher(city.photos, desk_url, portal.settings.private_network),
            desk_url,
            is_stopping=is_stopping,
        )
        for city in portal.cities.values()
        if city.photos is not None
    ]


def photo_fetcher(
    source: PhotoSource, desk_url: str | None, network: Network | None = None
) -> Fetcher:
    """The guarded client with the limits of photos.

    Only the built-in desk may be asked over http, on this machine or in its private network.
    """
    return Fetcher(
        {host for host in source.hosts if host != DESK},
        local_origin=desk_url if DESK in source.hosts else None,
        local_network=network,
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
    if not is_this_machine(parts.hostname or ""):
        return url
    if desk_url is None:
        raise SourceError("the work-order desk is not running", reason="resting")
    # The desk marks the addresses of private cases' photos.
    query = f"?{parts.query}" if parts.query else ""
    return f"{desk_url.rstrip('/')}{parts.path}{query}"


def _sweep(portal: Portal) -> None:
    sweep_photos(portal, int(time.time()))


def _source(city: Jurisdiction) -> PhotoSource:
    assert city.photos is not None
    return city.photos
