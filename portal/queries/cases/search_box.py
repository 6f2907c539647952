"""One search box for everything: a case number, a place, a type of case, or words.

    101005512345       the case with this number
    12 elm st          a place, and cases with these words
    street light       types of case, cases with these words, and places

Read only from the store's public views.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, text

from portal.domain.addresses import STREET_TYPES, fold_street, split_crossing, split_number
from portal.domain.filters import MAX_WORDS, CaseFilter
from portal.domain.spelling import is_one_mistake_away
from portal.domain.tracking import (
    add_years,
    can_be_case_number,
    list_near_numbers,
    list_readings,
    read_number,
)
from portal.domain.tracking_number import (
    correct_tracking_number,
    looks_like_tracking_number,
    parse_tracking_number,
)
from portal.filter_sql import Selection
from portal.queries.cases.address_search import PlaceHit, find_place
from portal.queries.cases.area_numbers import NAMED_AREA_KINDS, NamedArea
from portal.queries.cases.case_cards import CaseCard
from portal.queries.cases.case_detail import CaseDetail, case_by_id
from portal.queries.cases.case_lists import newest_cases
from portal.queries.cases.highlight import Parts, highlight_words
from portal.queries.cases.street_names import street_index
from portal.store.search_index import words_in

if TYPE_CHECKING:
    from portal.context import Portal
    from portal.domain.jurisdiction import Jurisdiction

MAX_TYPED = MAX_WORDS
MAX_CASES, MAX_PLACES, MAX_NAMES = 20, 5, 5
MAX_ALIKE = 5
YEARS_BACK = 12
SHAPES_READ = 50
"""How many of the newest cases show how the city writes its numbers."""
CASES_READ = 2_000
"""How many are looked through for them: most may have come from elsewhere."""
LEAST_LETTERS = 4
_AREAS = text(
    "select kind, slug, name from public_labels where jurisdiction_id = :city and kind in :kinds"
).bindparams(bindparam("kinds", expanding=True))
_SERVICES = text("select slug, name from public_services where jurisdiction_id = :city")

Guess = Literal["number", "place", "words"]


@dataclass(frozen=True)
class FoundCase:
    """A case with the words searched for, marked as portal.queries.cases.highlight does."""

    card: CaseCard
    title: Parts
    note: Parts
    address: Parts


@dataclass(frozen=True)
class FoundService:
    """A type of case with that name."""

    slug: str
    name: str


@dataclass(frozen=True)
class SearchResults:
    """What a visitor may have meant.

    `case` is the one with the number that was typed; then everything else is empty. `numbered` are
    several that a number without its year may mean; `alike` have a number one mistake away.
    `areas` and `services` have the name; `places` are on the map. `cases` have the words;
    `has_more`: there are more than these 20. Cases are newest first.

    `tracking`: right, where what was typed is a tracking number as we give out, and wrong, where it
    would be one but for a mistake. It says nothing of whether there is such a case.
    """

    typed: str
    case: CaseDetail | None = None
    numbered: tuple[CaseDetail, ...] = ()
    alike: tuple[CaseDetail, ...] = ()
    tracking: Literal["", "right", "wrong"] = ""
    areas: tuple[NamedArea, ...] = ()
    places: tuple[PlaceHit, ...] = ()
    services: tuple[FoundService, ...] = ()
    cases: tuple[FoundCase, ...] = ()
    has_more: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return self == SearchResults(self.typed, tracking=self.tracking)


def guess_meanings(typed: str) -> tuple[Guess, ...]:
    """What the visitor may have meant, likeliest first; empty where nothing was typed."""
    words = words_in(typed)
    if not words:
        return ()
    has_house_number = split_number(typed.strip())[0] is not None
    if can_be_case_number(typed) and not has_house_number:
        return ("number", "words")
    is_place = (
        has_house_number
        or len(split_crossing(typed)) == 2
        or (len(words) > 1 and not STREET_TYPES.isdisjoint(fold_street(typed)[1:]))
    )
    guesses: tuple[Guess, ...] = ("place", "words") if is_place else ("words", "place")
    return ("number", *guesses) if can_be_case_number(typed) else guesses


def search_city(portal: Portal, city: Jurisdiction, typed: str | None, now: int) -> SearchResults:
    """All that a visitor may have meant; empty where nothing was typed or found.

    Any text is safe; what is longer than 120 letters is cut. `now` (epoch s) decides what is
    overdue. Source: the city's cases as published.
    """
    plain = " ".join((typed or "").replace("\x00", " ").split())[:MAX_TYPED]
    guesses = guess_meanings(plain)
    if not guesses:
        return SearchResults(plain)
    numbered = alike = ()
    if "number" in guesses:
        numbered = portal.cached(cases_by_number, city.id, plain, now, city.zone)
    if len(numbered) == 1:
        return SearchResults(plain, case=numbered[0])
    if "number" in guesses and not numbered:
        alike = portal.cached(cases_like_number, city.id, plain, now)
    with_words = Selection(CaseFilter(q=plain), city.zone, now)
    page = portal.cached(newest_cases, city.id, with_words, MAX_CASES)
    # A word found in cases is no mistyped street: "deep" is not Deer Street.
    correct = guesses[0] == "place" or not page.cases
    return SearchResults(
        plain,
        numbered=numbered,
        alike=alike,
        tracking=check_tracking_number(plain),
        areas=portal.cached(areas_by_name, city.id, plain, correct),
        places=_places(portal, city, plain, correct) if "place" in guesses else (),
        services=portal.cached(services_by_name, city.id, plain, correct),
        cases=tuple(_mark_words(card, plain) for card in page.cases),
        has_more=page.next_after is not None,
    )


def _places(portal: Portal, city: Jurisdiction, typed: str, correct: bool) -> tuple[PlaceHit, ...]:
    streets = portal.cached_stale(street_index, city.id, city.name)
    return find_place(streets, typed, MAX_PLACES, correct)


def renew_streets(portal: Portal) -> None:
    """Learn again the streets of each city with new cases, so that no search waits for it."""
    for city in portal.cities.values():
        portal.renew(street_index, city.id, city.name)


def cases_with_number(
    portal: Portal, city: Jurisdiction, typed: str, now: int
) -> tuple[CaseDetail, ...]:
    """Public cases that a number typed among words may mean, or whose number is one mistake away.

    Empty for words. `now` is in epoch seconds.
    """
    if not can_be_case_number(typed):
        return ()
    return portal.cached(cases_by_number, city.id, typed, now, city.zone) or portal.cached(
        cases_like_number, city.id, typed, now
    )


def cases_by_number(
    connection: Connection, city_id: str, typed: str, now: int, zone: ZoneInfo
) -> tuple[CaseDetail, ...]:
    """The public case with this number, however it was typed; empty if there is none.

    Several, newest first, where the year was left out and more than one fits. Spaces, dashes, #
    and capitals do not matter; O may stand for 0 and I or l for 1; the year and the zeros after it
    may be missing.
    """
    for reading in list_readings(typed):
        if case := case_by_id(connection, city_id, reading, now):
            return (case,)
    numbers = _numbers_with_years(connection, city_id, typed, zone)
    found = (case_by_id(connection, city_id, number, now) for number in numbers)
    return tuple(case for case in found if case)


def check_tracking_number(typed: str) -> Literal["", "right", "wrong"]:
    """Whether what was typed is a tracking number as we give out, or one with a mistake."""
    number = read_number(typed)
    if not looks_like_tracking_number(number):
        return ""
    return "right" if parse_tracking_number(number) else "wrong"


def cases_like_number(
    connection: Connection, city_id: str, typed: str, now: int
) -> tuple[CaseDetail, ...]:
    """Public cases whose number is one mistake away from what was typed; at most five.

    A tracking number of ours tells its mistakes by its check character. A city's number has none,
    so if more than five cases are as near, none of them is named.
    """
    number = read_number(typed)
    if parse_tracking_number(number):
        return ()
    near = correct_tracking_number(number) if looks_like_tracking_number(number) else ()
    found = _existing_numbers(connection, city_id, near or list_near_numbers(number))
    if len(found) > MAX_ALIKE:
        return ()
    cases = (case_by_id(connection, city_id, each, now) for each in found)
    return tuple(case for case in cases if case)


def _numbers_with_years(
    connection: Connection, city_id: str, typed: str, zone: ZoneInfo
) -> list[str]:
    numbers: dict[str, None] = {}
    for query in _NEWEST_NUMBERS:
        for row in connection.execute(query, {"city": city_id}):
            year = datetime.fromtimestamp(row.opened_at, zone).year
            years = range(year, year - YEARS_BACK, -1)
            for like in filter(None, (row.case_id, row.work_order_id)):
                numbers |= dict.fromkeys(add_years(typed, like, years))
    return _existing_numbers(connection, city_id, tuple(numbers))


def _existing_numbers(connection: Connection, city_id: str, numbers: tuple[str, ...]) -> list[str]:
    """Those that a public case has, as its number or its work order's, in the order given."""
    if not numbers:
        return []
    found = {
        number
        for query in _EXISTING
        for number in connection.execute(query, {"city": city_id, "numbers": numbers}).scalars()
    }
    return sorted(found, key=numbers.index)


# A number with its year has a dash. Reports made here have none of their own; the city's number for
# them is that of their work order.
_NEWEST = (
    "select c.case_id, c.work_order_id, c.opened_at from public_cases c"
    " where c.jurisdiction_id = :city{and_where} order by c.opened_at desc, c.id desc limit {most}"
)
_NOT_REPORTED_HERE = (
    " and not exists (select 1 from public_reports r"
    " where r.jurisdiction_id = c.jurisdiction_id and r.case_key = c.id)"
)
_NEWEST_NUMBERS = [
    text(
        f"select * from ({_NEWEST.format(and_where='', most=CASES_READ)}) newest"
        f" where case_id like '%-%' or work_order_id like '%-%' limit {SHAPES_READ}"
    ),
    text(_NEWEST.format(and_where=_NOT_REPORTED_HERE, most=SHAPES_READ)),
]
_EXISTING = [
    text(
        f"select {column} from public_cases where jurisdiction_id = :city and {column} in :numbers"
    ).bindparams(bindparam("numbers", expanding=True))
    for column in ("case_id", "work_order_id")
]


def areas_by_name(
    connection: Connection, city_id: str, typed: str, correct: bool = False
) -> tuple[NamedArea, ...]:
    """Neighborhoods and districts whose name has words that begin like those typed.

    Exact names come first. If there are none and `correct`: those one typing mistake away.
    Source: the city's labels.
    """
    rows = connection.execute(_AREAS, {"city": city_id, "kinds": NAMED_AREA_KINDS})
    words = words_in(typed)
    areas = [NamedArea(*row) for row in rows]
    found = [area for area in areas if _are_beginnings(words, words_in(area.title))]
    if correct and not found:
        found = [area for area in areas if _are_mistyped(words, words_in(area.title))]
    return tuple(sorted(found, key=partial(_rank_area, words))[:MAX_NAMES])


def _rank_area(words: list[str], area: NamedArea) -> tuple[bool, int, int, str]:
    kind = NAMED_AREA_KINDS.index(area.kind)
    return words_in(area.title) != words, kind, len(area.title), area.title


def services_by_name(
    connection: Connection, city_id: str, typed: str, correct: bool = False
) -> tuple[FoundService, ...]:
    """Types of case whose name shares the most words with what was typed, at least one.

    A word typed needs four letters, and may be the beginning of a longer one. If there are none
    and `correct`: those one typing mistake away. Source: the city's services.
    """
    words = [word for word in words_in(typed) if len(word) >= LEAST_LETTERS]
    services = [FoundService(*row) for row in connection.execute(_SERVICES, {"city": city_id})]
    found = _sharing_most(services, words, _are_beginnings)
    if correct and not found:
        found = _sharing_most(services, words, _are_mistyped)
    shortest = sorted(found, key=lambda service: (len(words_in(service.name)), service.name))
    return tuple(shortest[:MAX_NAMES])


def _sharing_most(
    services: list[FoundService], words: list[str], share: Callable[[list[str], list[str]], bool]
) -> list[FoundService]:
    counts = {
        service: sum(share([word], words_in(service.name)) for word in words)
        for service in services
    }
    most = max(counts.values(), default=0)
    return [service for service, count in counts.items() if count == most > 0]


def _are_beginnings(typed: list[str], name: list[str]) -> bool:
    return bool(typed) and all(any(word.startswith(start) for word in name) for start in typed)


def _are_mistyped(typed: list[str], name: list[str]) -> bool:
    """Whether each is a word of the name, or one mistake away; short words are too alike."""
    return bool(typed) and all(
        any(
            word == meant or (len(word) >= LEAST_LETTERS and is_one_mistake_away(word, meant))
            for meant in name
        )
        for word in typed
    )


def _mark_words(card: CaseCard, typed: str) -> FoundCase:
    return FoundCase(
        card,
        highlight_words(card.title, typed),
        highlight_words(card.note, typed),
        highlight_words(card.address, typed),
    )
