"""How an area of the city stands: its neighborhoods and districts by name, and their numbers. Read from the facts: public cases only."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal
from zoneinfo import ZoneInfo

from portal.domain.city_days import same_time_days_ago, start_of_last_days
from portal.facts.reader import Facts
from portal.queries.cases.closing_days import ClosingDays, closing_days

PlaceKind = Literal["neighborhood", "district"]
PLACE_KINDS: tuple[PlaceKind, ...] = ("neighborhood", "district")
COMMONEST = 6
LIKE_SHOWN, LIKE_RATIO = 4, 0.6
"""How many names like a mistyped one are offered, and how much of their letters must agree (difflib's ratio)."""
MIN_FOR_CHANGE = 30
"""Of fewer cases no change in percent is told: it would be chance."""


@dataclass(frozen=True)
class Place:
    """An area with a page of its own at /places/`path`. `slug` is its value in the filter `kind`."""

    kind: PlaceKind
    slug: str
    name: str

    @property
    def path(self) -> str:
        """A neighborhood's slug; a district's with the word district before it, since many cities call them by a number alone."""
        return (
            self.slug
            if self.kind == "neighborhood" or self.slug.startswith("district")
            else f"district-{self.slug}"
        )

    @property
    def title(self) -> str:
        """The name as a heading: a district that is but a number is District 7."""
        return (
            f"District {self.name}"
            if self.kind == "district" and self.name.isdigit()
            else self.name
        )


@dataclass(frozen=True)
class OpenCases:
    """An area and how many of its cases are open or in work; `overdue_cases` of them are past the city's own target."""

    place: Place
    open_cases: int
    overdue_cases: int


@dataclass(frozen=True)
class ServiceCount:
    """A service (its slug and name) and how many cases it has."""

    slug: str
    name: str
    cases: int


@dataclass(frozen=True)
class Span:
    """Cases opened and cases closed, whenever opened, in some days in a row."""

    opened: int
    closed: int


@dataclass(frozen=True)
class AreaNumbers:
    """An area at a moment. The last 7 and 28 days are today so far and the days before it in the city's zone.

    `before_28_days` ends 28 days before now at the same time of day, so that both spans are equally long. `overdue_cases` are open and
    past the city's own target, of the `open_with_target_cases` that have one. `as_of` is the moment of the data (epoch s).
    """

    place: Place
    open_cases: int
    open_with_target_cases: int
    overdue_cases: int
    last_7_days: Span
    last_28_days: Span
    before_28_days: Span
    closing: ClosingDays | None
    commonest_services: tuple[ServiceCount, ...]
    as_of: int

    @property
    def opened_change_pct(self) -> int | None:
        """How many more cases were opened in the last 28 days than in the 28 before, in percent; None where either has under 30."""
        return _change_pct(self.last_28_days.opened, self.before_28_days.opened)

    @property
    def closed_change_pct(self) -> int | None:
        """The same of closed cases."""
        return _change_pct(self.last_28_days.closed, self.before_28_days.closed)


def areas_of(facts: Facts) -> tuple[Place, ...]:
    """The city's neighborhoods by name, then its districts by number or name. No label known: empty."""
    places = [
        Place(kind, word.slug, word.name)
        for kind in PLACE_KINDS
        for word in facts.words(kind).values()
    ]
    return tuple(
        sorted(
            places,
            key=lambda place: (
                PLACE_KINDS.index(place.kind),
                place.name.zfill(9) if place.name.isdigit() else place.name,
            ),
        )
    )


def open_by_area(facts: Facts, now: int) -> tuple[OpenCases, ...]:
    """Open cases of every area, in the order of `areas_of`; an area without one has zeros. Source: the city's status and targets."""
    counted = {kind: _open_by(facts, kind, now) for kind in PLACE_KINDS}
    number_of = {
        (kind, word.slug): number
        for kind in PLACE_KINDS
        for number, word in facts.words(kind).items()
    }
    return tuple(
        OpenCases(place, *counted[place.kind].get(number_of[place.kind, place.slug], (0, 0)))
        for place in areas_of(facts)
    )


def _open_by(facts: Facts, kind: PlaceKind, now: int) -> dict[int, tuple[int, int]]:
    rows = facts.rows(
        f"select {kind}, count(*), count(*) filter (target_at < ?) from cases where status < 2 and opened_at <= ? group by {kind}",
        [now, now],
    )
    return {number: (cases, overdue) for number, cases, overdue in rows}


def area_at(facts: Facts, path: str) -> Place | None:
    """The area whose page is /places/`path`."""
    return next((place for place in areas_of(facts) if place.path == path), None)


def areas_like(facts: Facts, path: str) -> tuple[Place, ...]:
    """Areas whose page has a path much like a mistyped one, the likest first; none where nothing is near."""
    by_path = {place.path: place for place in areas_of(facts)}
    return tuple(
        by_path[near] for near in get_close_matches(path, by_path, n=LIKE_SHOWN, cutoff=LIKE_RATIO)
    )


def area_numbers(
    facts: Facts, kind: PlaceKind, slug: str, now: int, zone: ZoneInfo
) -> AreaNumbers | None:
    """What a place's page says first; None for a slug that no area has. An area without cases has zeros and no days to close.

    Opened by the city's opening time, closed by its closing time; times after `now` are not counted. The commonest services are those
    with most cases opened in the last 28 days. Days to close: portal.queries.cases.closing_days. Source: the city's times and targets.
    """
    place = next(
        (place for place in areas_of(facts) if (place.kind, place.slug) == (kind, slug)), None
    )
    if place is None:
        return None
    ids = facts.ids_of(kind, [slug])
    still_open, with_target, overdue, *spans = _counts(facts, kind, ids[0], now, zone)
    return AreaNumbers(
        place=place,
        open_cases=still_open,
        open_with_target_cases=with_target,
        overdue_cases=overdue,
        last_7_days=Span(*spans[0:2]),
        last_28_days=Span(*spans[2:4]),
        before_28_days=Span(*spans[4:6]),
        closing=closing_days(facts, f"{kind} = ?", ids, now),
        commonest_services=_commonest_services(
            facts, kind, ids[0], start_of_last_days(now, zone, 28), now
        ),
        as_of=facts.as_of,
    )


def _counts(facts: Facts, kind: PlaceKind, area: int, now: int, zone: ZoneInfo) -> tuple[int, ...]:
    spans = (
        (start_of_last_days(now, zone, 7), now),
        (start_of_last_days(now, zone, 28), now),
        (start_of_last_days(now, zone, 56), same_time_days_ago(now, zone, 28)),
    )
    counted = ", ".join(
        f"count(*) filter (opened_at >= {begin} and opened_at <= {end}), "
        f"count(*) filter (status = 2 and closed_at >= {begin} and closed_at <= {end})"
        for begin, end in spans
    )
    return facts.rows(
        "select count(*) filter (status < 2), count(*) filter (status < 2 and target_at is not null), "
        f"count(*) filter (status < 2 and target_at < ?), {counted} from cases where {kind} = ? and opened_at <= ?",
        [now, area, now],
    )[0]


def _commonest_services(
    facts: Facts, kind: PlaceKind, area: int, begin: int, now: int
) -> tuple[ServiceCount, ...]:
    rows = facts.rows(
        f"select service, count(*) as cases from cases where {kind} = ? and opened_at >= ? and opened_at <= ? "
        "group by service order by cases desc, service",
        [area, begin, now],
    )
    known = [(facts.services[number], cases) for number, cases in rows if number in facts.services]
    return tuple(ServiceCount(word.slug, word.name, cases) for word, cases in known[:COMMONEST])


def _change_pct(after: int, before: int) -> int | None:
    return round(100 * (after - before) / before) if min(after, before) >= MIN_FOR_CHANGE else None
