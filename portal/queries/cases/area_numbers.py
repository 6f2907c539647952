"""A city's neighborhoods and districts: their names, paths and numbers.

Read from the facts: public cases only.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal
from zoneinfo import ZoneInfo

from portal.domain.city_days import same_time_days_ago, start_of_last_days
from portal.facts.reader import Facts
from portal.queries.cases.closing_days import ClosingDays, closing_days

NamedAreaKind = Literal["neighborhood", "district"]
NAMED_AREA_KINDS: tuple[NamedAreaKind, ...] = ("neighborhood", "district")
COMMONEST = 6
LIKE_SHOWN, LIKE_RATIO = 4, 0.6
"""How many names like a mistyped one are offered, and how alike they must be (difflib's ratio)."""
MIN_FOR_CHANGE = 30
"""Of fewer cases we give no change in percent: it would be chance."""


@dataclass(frozen=True)
class NamedArea:
    """An area with its own page, /places/`path`. `slug` is its value in the filter field `kind`."""

    kind: NamedAreaKind
    slug: str
    name: str

    @property
    def path(self) -> str:
        """Its slug; for a district with the word before it, as many cities only number them."""
        if self.kind == "neighborhood" or self.slug.startswith("district"):
            return self.slug
        return f"district-{self.slug}"

    @property
    def title(self) -> str:
        """The name as a heading: a district with only a number is District 7."""
        is_number = self.kind == "district" and self.name.isdigit()
        return f"District {self.name}" if is_number else self.name


@dataclass(frozen=True)
class OpenCases:
    """An area's cases that are open or in progress; `overdue_cases` are past the city's target."""

    area: NamedArea
    open_cases: int
    overdue_cases: int


@dataclass(frozen=True)
class ServiceCount:
    """How many cases a service has."""

    slug: str
    name: str
    cases: int


@dataclass(frozen=True)
class Span:
    """Cases opened in a number of days, and cases closed in them, whenever opened."""

    opened: int
    closed: int


@dataclass(frozen=True)
class AreaNumbers:
    """An area's numbers. The last 7 and 28 days are today so far, and the days before it.

    `before_28_days` ends 28 days ago at the same time of day, so that both spans are equally long.
    `overdue_cases` are past the city's own target; `open_with_target_cases` have one. `as_of`:
    when the newest data was stored (epoch s).
    """

    area: NamedArea
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
        """Change in cases opened, from the previous 28 days to the last 28, in percent.

        None where either has fewer than 30.
        """
        return _change_pct(self.last_28_days.opened, self.before_28_days.opened)

    @property
    def closed_change_pct(self) -> int | None:
        """The same for cases closed."""
        return _change_pct(self.last_28_days.closed, self.before_28_days.closed)


def list_areas(facts: Facts) -> tuple[NamedArea, ...]:
    """The city's neighborhoods by name, then its districts by number or name."""
    places = [
        NamedArea(kind, word.slug, word.name)
        for kind in NAMED_AREA_KINDS
        for word in facts.words(kind).values()
    ]
    return tuple(sorted(places, key=_order))


def _order(area: NamedArea) -> tuple[int, str]:
    name = area.name.zfill(9) if area.name.isdigit() else area.name
    return NAMED_AREA_KINDS.index(area.kind), name


def open_cases_by_area(facts: Facts, now: int) -> tuple[OpenCases, ...]:
    """Open cases of every area, in the order of `list_areas`; zeros where there are none.

    `now`: epoch s. Source: the city's statuses and targets.
    """
    counted = {
        (kind, slug): numbers
        for kind in NAMED_AREA_KINDS
        for slug, numbers in _open_cases_by(facts, kind, now).items()
    }
    return tuple(
        OpenCases(area, *counted.get((area.kind, area.slug), (0, 0))) for area in list_areas(facts)
    )


def _open_cases_by(facts: Facts, kind: NamedAreaKind, now: int) -> dict[str, tuple[int, int]]:
    """Open and overdue cases by the slugs of a kind of area."""
    rows = facts.rows(
        f"select {kind}, count(*), count(*) filter (target_at < ?)"
        f" from cases where status < 2 and opened_at <= ? group by {kind}",
        [now, now],
    )
    words = facts.words(kind)
    return {words[key].slug: (cases, overdue) for key, cases, overdue in rows if key in words}


def area_by_path(facts: Facts, path: str) -> NamedArea | None:
    """The area whose page is /places/`path`; None if there is none."""
    return next((area for area in list_areas(facts) if area.path == path), None)


def areas_like(facts: Facts, path: str) -> tuple[NamedArea, ...]:
    """Areas whose page has a path much like a mistyped one, most alike first."""
    by_path = {area.path: area for area in list_areas(facts)}
    close = get_close_matches(path, by_path, n=LIKE_SHOWN, cutoff=LIKE_RATIO)
    return tuple(by_path[path] for path in close)


def area_numbers(
    facts: Facts, kind: NamedAreaKind, slug: str, now: int, zone: ZoneInfo
) -> AreaNumbers | None:
    """The numbers of an area; None for a slug that no area has.

    An area without cases has zeros and no days to close. Opened by the city's opening time, closed
    by its closing time; times after `now` (epoch s) are not counted. The commonest services are
    those with the most cases opened in the last 28 days. Days to close:
    portal.queries.cases.closing_days. Source: the city's times and targets.
    """
    same = (area for area in list_areas(facts) if (area.kind, area.slug) == (kind, slug))
    area = next(same, None)
    return _count_area(facts, area, now, zone) if area else None


def _count_area(facts: Facts, area: NamedArea, now: int, zone: ZoneInfo) -> AreaNumbers:
    kind, ids = area.kind, facts.ids_of(area.kind, [area.slug])
    last_28_days = start_of_last_days(now, zone, 28), now
    still_open, with_target, overdue, *spans = _counts(facts, kind, ids[0], now, zone)
    return AreaNumbers(
        area=area,
        open_cases=still_open,
        open_with_target_cases=with_target,
        overdue_cases=overdue,
        last_7_days=Span(*spans[0:2]),
        last_28_days=Span(*spans[2:4]),
        before_28_days=Span(*spans[4:6]),
        closing=closing_days(facts, f"{kind} = ?", ids, now),
        commonest_services=_commonest_services(facts, kind, ids[0], last_28_days),
        as_of=facts.as_of,
    )


def _counts(
    facts: Facts, kind: NamedAreaKind, area: int, now: int, zone: ZoneInfo
) -> tuple[int, ...]:
    """Open cases, those with a target, overdue ones; then opened and closed of each span."""
    counted = ", ".join(
        f"count(*) filter (opened_at >= {begin} and opened_at <= {end}),"
        f" count(*) filter (status = 2 and closed_at >= {begin} and closed_at <= {end})"
        for begin, end in _spans(now, zone)
    )
    return facts.rows(
        "select count(*) filter (status < 2),"
        " count(*) filter (status < 2 and target_at is not null),"
        f" count(*) filter (status < 2 and target_at < ?), {counted}"
        f" from cases where {kind} = ? and opened_at <= ?",
        [now, area, now],
    )[0]


def _spans(now: int, zone: ZoneInfo) -> tuple[tuple[int, int], ...]:
    """The last 7 days, the last 28, and the 28 before them, from and to (epoch s)."""
    return (
        (start_of_last_days(now, zone, 7), now),
        (start_of_last_days(now, zone, 28), now),
        (start_of_last_days(now, zone, 56), same_time_days_ago(now, zone, 28)),
    )


def _commonest_services(
    facts: Facts, kind: NamedAreaKind, area: int, span: tuple[int, int]
) -> tuple[ServiceCount, ...]:
    rows = facts.rows(
        "select service, count(*) as cases from cases"
        f" where {kind} = ? and opened_at >= ? and opened_at <= ?"
        " group by service order by cases desc, service",
        [area, *span],
    )
    known = [(facts.services[number], cases) for number, cases in rows if number in facts.services]
    return tuple(ServiceCount(word.slug, word.name, cases) for word, cases in known[:COMMONEST])


def _change_pct(after: int, before: int) -> int | None:
    return round(100 * (after - before) / before) if min(after, before) >= MIN_FOR_CHANGE else None
