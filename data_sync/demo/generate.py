"""The demo city's cases, made from its figures: the same seed and minute give the same cases.

What people report, where, when, how and how long it takes follows the figures. The city's file
does not tell how many cases have a photo, who asks for privacy, how often the same thing is
reported again, or a case reopened: these are assumed, each as a constant.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from data_sync.demo import catalogue, photos, texts, times
from data_sync.demo.figures import DISTRICT_QUEUE, Figures, ServiceFigures
from data_sync.demo.places import Places, addresses, draw_places, next_door, points
from data_sync.demo.times import DAY, HOUR, Clock
from data_sync.desk.records import DeskCase, DeskService

CASES_PER_DAY = 110.0  # 60,000 in 18 months
PHOTO_SHARES = {
    "Citizens Connect App": 0.9,
    "Employee Generated": 0.6,
    "Self Service": 0.5,
    "Constituent Call": 0.05,
}
NOTE_SHARES = {
    "Citizens Connect App": 0.9,
    "Self Service": 0.85,
    "Constituent Call": 0.7,
    "Employee Generated": 0.4,
}
AFTER_PHOTO_SHARE = 0.08  # of the closed cases
SPANISH_SHARE = 0.07  # of the notes
CONTACT_NOTE_SHARE = 0.004  # of the notes: with a made-up phone number or address
CONTACT_REASON_SHARE = 0.02  # of the closing reasons, as in the city's file
PRIVATE_SHARE = 0.02  # of the cases that did not come from staff: the reporter asked for it
REPEAT_SHARE = 0.08  # of the cases: someone else reports the same thing again
REPEAT_DAYS = 21  # how long before, at most
NO_TARGET_SHARE = 0.04  # of the cases whose type has an SLA target: it was forgotten
REOPENED_SHARE = 0.006  # of the closed cases
TAKEN_SHARE = 0.7  # of the cases that take long: someone is working on them
TAKEN_AFTER_HOURS = 30.0  # median; spread by a factor of e
STAFF_CHANNEL = "Employee Generated"


@dataclass
class Draft:
    """Cases of one service as arrays, not yet in order. Times are epoch seconds; inf: never."""

    opened: np.ndarray
    closed: np.ndarray
    taken: np.ndarray
    places: Places
    placed: np.ndarray
    channel: np.ndarray
    service: np.ndarray


def list_services(figures: Figures) -> list[DeskService]:
    """The services of the desk, most common first."""
    return [
        DeskService(
            service_code=service.code,
            service_name=service.name,
            group=service.group,
            description=service.description,
            department=service.department,
            queue=home_queue(service),
            sla_hours=service.sla_hours,
        )
        for service in figures.services
    ]


def generate_cases(
    figures: Figures, *, now: datetime, count: int = 60_000, months: int = 18, seed: int = 311
) -> Iterator[DeskCase]:
    """`count` cases opened in the `months` before `now` (floored to the minute), oldest first.

    The same arguments give the same cases.
    """
    end = times.full_minute(now)
    clock = Clock.between(int(times.months_before(end, months).timestamp()), int(end.timestamp()))
    yield from draw_cases(
        figures,
        clock,
        np.random.default_rng(seed).multinomial(count, figures.shares),
        np.random.default_rng([seed, clock.now]),
    )


def draw_cases(
    figures: Figures, clock: Clock, counts: np.ndarray, rng: np.random.Generator
) -> Iterator[DeskCase]:
    """Cases in the clock's span, counts[i] of service i, oldest first, as they are at clock.now."""
    drafts = [
        _draft(figures, index, clock, int(count), rng)
        for index, count in enumerate(counts)
        if count
    ]
    if drafts:
        yield from _written(figures, _in_order(drafts), clock, rng)


def _draft(
    figures: Figures, index: int, clock: Clock, count: int, rng: np.random.Generator
) -> Draft:
    service = figures.services[index]
    opened = np.sort(clock.draw(clock.cases_per_hour(figures, service, 1.0), count, rng))
    places = draw_places(figures, service.neighborhood_factors, count, rng)
    _repeat_some(places, opened, rng)
    return Draft(
        opened=opened,
        closed=times.draw_closings(figures, service, opened, clock, rng),
        taken=_draw_taken(opened, rng),
        places=places,
        placed=rng.random(count) >= figures.without_place_share,
        channel=rng.choice(len(figures.channels), count, p=service.channel_shares),
        service=np.full(count, index),
    )


def _repeat_some(places: Places, opened: np.ndarray, rng: np.random.Generator) -> None:
    """Move some cases (sorted by time) to the place of one shortly before.

    That makes places that are reported again and again.
    """
    later = np.nonzero(rng.random(len(opened)) < REPEAT_SHARE)[0]
    first_near = np.searchsorted(opened, opened[later] - REPEAT_DAYS * DAY)
    earlier = first_near + (rng.random(len(later)) * (later - first_near)).astype(int)
    mine = earlier < later
    places.put(later[mine], next_door(places.take(earlier[mine]), rng))


def _draw_taken(opened: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    hours = TAKEN_AFTER_HOURS * np.exp(rng.standard_normal(len(opened)))
    return np.where(rng.random(len(opened)) < TAKEN_SHARE, opened + np.floor(hours * HOUR), np.inf)


def _in_order(drafts: list[Draft]) -> Draft:
    """All drafts as one, by time."""
    order = np.argsort(np.concatenate([draft.opened for draft in drafts]), kind="stable")

    def joined(name: str) -> np.ndarray:
        return np.concatenate([attrgetter(name)(draft) for draft in drafts])[order]

    places = Places(*(joined(f"places.{part}") for part in ("cell", "along", "slot", "side")))
    rest = ("opened", "closed", "taken", "placed", "channel", "service")
    return Draft(places=places, **{name: joined(name) for name in rest})


def _written(
    figures: Figures, draft: Draft, clock: Clock, rng: np.random.Generator
) -> Iterator[DeskCase]:
    """The drafts as cases, texts included."""
    columns = _columns(figures, draft, clock, rng)
    writers = [ServiceWriter(figures, service) for service in figures.services]
    for drawn in map(DrawnCase._make, zip(*columns, strict=True)):
        yield writers[drawn.service].write_case(drawn)


def _columns(
    figures: Figures, draft: Draft, clock: Clock, rng: np.random.Generator
) -> tuple[Iterable, ...]:
    """The fields of `DrawnCase`, in their order."""
    closed, working, updated = _draw_states(draft, clock, rng)
    lat, lon = points(figures, draft.places)
    return (
        request_ids(draft.opened.tolist()),
        draft.service.tolist(),
        draft.channel.tolist(),
        np.where(draft.placed, lat, np.nan).tolist(),
        lon.tolist(),
        addresses(figures, draft.places),
        draft.opened.tolist(),
        updated.tolist(),
        np.where(closed, draft.closed, np.nan).tolist(),
        working.tolist(),
        figures.cells[draft.places.cell, 3].tolist(),
        rng.random((len(draft.opened), 8)).tolist(),
    )


def _draw_states(
    draft: Draft, clock: Clock, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which are closed now, which are worked on, and when each was last changed."""
    count = len(draft.opened)
    closed = draft.closed <= clock.now
    comes_back = closed & (rng.random(count) < REOPENED_SHARE)
    reopened_at = np.where(comes_back, draft.closed + rng.integers(1, 12, count) * DAY, np.inf)
    reopened = reopened_at <= clock.now
    closed &= ~reopened
    working = ~closed & (np.where(reopened, reopened_at + DAY, draft.taken) <= clock.now)
    states = [closed, reopened & working, reopened, working]
    changed_at = [draft.closed, reopened_at + DAY, reopened_at, draft.taken]
    return closed, working, np.select(states, changed_at, draft.opened)


class DrawnCase(NamedTuple):
    """One case before its texts. Times are epoch seconds.

    `lat` is NaN if it has no place, `closed_at` while it is open; `hood` is -1 if unknown.
    `chances` are eight numbers from 0 to 1, one per decision.
    """

    request_id: str
    service: int
    channel: int
    lat: float
    lon: float
    address: str
    opened_at: float
    updated_at: float
    closed_at: float
    is_at_work: bool
    hood: int
    chances: list[float]


class ServiceWriter:
    """Writes the texts of one service's cases. Chances are numbers from 0 to 1, one a decision."""

    def __init__(self, figures: Figures, service: ServiceFigures) -> None:
        self.service = service
        self.code = service.code
        self.channels = figures.channels
        self.district_queues = [figures.district_queues[name] for name in figures.neighborhoods]
        self.notes = texts.notes_for(service.name, service.group)
        self.reasons = texts.reasons_for(service.name, service.group)
        scene = catalogue.scene_of(service.name)
        self.photos = [f"photos/{name}" for name in photos.list_names(scene, after=False)]
        self.after_photos = [f"photos/{name}" for name in photos.list_names(scene, after=True)]
        self.note_shares = [NOTE_SHARES[channel] for channel in figures.channels]
        self.photo_shares = [PHOTO_SHARES[channel] for channel in figures.channels]
        self.home_queue = home_queue(service)
        self.queue_shares = np.cumsum([share for _, share in service.queues])[:-1]

    def write_case(self, drawn: DrawnCase) -> DeskCase:
        """The case with its texts."""
        is_placed = not math.isnan(drawn.lat)
        is_closed = not math.isnan(drawn.closed_at)
        chances = drawn.chances
        channel = self.channels[drawn.channel]
        after_photo, reason = self.ending(chances[4], chances[6]) if is_closed else ("", "")
        target = self.service.sla_hours if chances[0] >= NO_TARGET_SHARE else None
        return DeskCase(
            request_id=drawn.request_id,
            service_code=self.code,
            description=self.note(drawn.channel, chances[1], chances[2]),
            address=drawn.address if is_placed else "",
            lat=drawn.lat if is_placed else None,
            lon=drawn.lon if is_placed else None,
            requested_at=_utc(drawn.opened_at),
            updated_at=_utc(drawn.updated_at),
            expected_at=_utc(drawn.opened_at + target * HOUR) if target else None,
            closed_at=_utc(drawn.closed_at) if is_closed else None,
            status=_status(is_closed, drawn.is_at_work),
            department=self.service.department,
            queue=self.queue(drawn.hood if is_placed else -1, chances[3]),
            channel=channel,
            closure_reason=reason,
            media_url=_scaled(self.photos, chances[5], self.photo_shares[drawn.channel]),
            closed_media_url=after_photo,
            is_public=self.service.public
            and (channel == STAFF_CHANNEL or chances[7] >= PRIVATE_SHARE),
        )

    def note(self, channel: int, chance: float, ending: float) -> str:
        """What the reporter wrote, or nothing."""
        share = self.note_shares[channel]
        if chance >= share:
            return ""
        chance /= share
        if chance < CONTACT_NOTE_SHARE:
            return _pick(texts.NOTES_WITH_CONTACT, ending)
        if chance < SPANISH_SHARE:
            return _pick(texts.SPANISH_NOTES, ending)
        return _pick(self.notes, (chance - SPANISH_SHARE) / (1 - SPANISH_SHARE)) + _pick(
            texts.NOTE_ENDINGS, ending
        )

    def reason(self, chance: float) -> str:
        """What staff write when they close a case."""
        if chance < CONTACT_REASON_SHARE:
            return _pick(texts.REASONS_WITH_CONTACT, chance / CONTACT_REASON_SHARE)
        return _pick(self.reasons, (chance - CONTACT_REASON_SHARE) / (1 - CONTACT_REASON_SHARE))

    def ending(self, chance: float, other_chance: float) -> tuple[str, str]:
        """(photo, reason) for a closing."""
        return _scaled(self.after_photos, chance, AFTER_PHOTO_SHARE), self.reason(other_chance)

    def queue(self, hood: int, chance: float) -> str:
        """The queue that has the case; `hood` is -1 if the neighborhood is unknown."""
        name = self.service.queues[int(np.searchsorted(self.queue_shares, chance))][0]
        if name != DISTRICT_QUEUE:
            return name
        return self.district_queues[hood] if hood >= 0 else self.home_queue


def request_ids(opened: Iterable[float]) -> Iterator[str]:
    """Work-order ids such as "26-00012345" for cases sorted by time: year (UTC) and number."""
    number = 0
    last_year = None
    for second in opened:
        year = _utc(second).year % 100
        number = number + 1 if year == last_year else 1
        last_year = year
        yield f"{year:02d}-{number:08d}"


def home_queue(service: ServiceFigures) -> str:
    """The queue of a service if no place is known."""
    return next(
        (name for name, _ in service.queues if name != DISTRICT_QUEUE), f"{service.group}, Intake"
    )


def _status(is_closed: bool, is_at_work: bool) -> str:
    if is_closed:
        return "closed"
    return "in_progress" if is_at_work else "open"


def _utc(second: float) -> datetime:
    return datetime.fromtimestamp(second, UTC)


def _pick(choices, chance: float):
    return choices[int(chance * len(choices))]


def _scaled(choices: list[str], chance: float, share: float) -> str:
    return choices[int(chance / share * len(choices))] if chance < share else ""
