"""One box for everything: a case number, a place, a type of case, words. Read from the public views of the store alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, text

from portal.domain.addresses import STREET_TYPES, fold_street, split_crossing, split_number
from portal.domain.filters import MAX_WORDS, CaseFilter
from portal.domain.spelling import is_one_mistake_away
from portal.domain.tracking import add_years, can_be_case_number, list_readings
from portal.filter_sql import Selection
from portal.queries.cases.address_search import PlaceHit, find_place
from portal.queries.cases.area_numbers import PLACE_KINDS, Place
from portal.queries.cases.case_cards import CaseCard
from portal.queries.cases.case_detail import CaseDetail, case_by_id
from portal.queries.cases.case_lists import newest_cases
from portal.queries.cases.highlight import Parts, highlighted
from portal.queries.cases.street_names import street_index
from portal.store.search_index import words_in

if TYPE_CHECKING:
    from portal.context import Portal
    from portal.domain.jurisdiction import Jurisdiction

MAX_TYPED = MAX_WORDS
MAX_CASES, MAX_PLACES, MAX_NAMES = 20, 5, 5
YEARS_BACK = 12
LEAST_LETTERS = 4

Guess = Literal["number", "place", "words"]


@dataclass(frozen=True)
class FoundCase:
    """A case with the words that were searched for; see portal.queries.cases.highlight."""

    card: CaseCard
    title: Parts
    note: Parts
    address: Parts


@dataclass(frozen=True)
class FoundService:
    """A type of case by that name."""

    slug: str
    name: str


@dataclass(frozen=True)
class SearchResults:
    """What a visitor may have meant. With `case`, the case of that number, all else is empty.

    `numbered` are several cases that a number without its year may mean, newest first. `cases` are those with the words, newest first;
    `has_more`: there are more than the 20. `areas` and `services` bear the name, `places` are on the map.
    """

    typed: str
    case: CaseDetail | None = None
    numbered: tuple[CaseDetail, ...] = ()
    areas: tuple[Place, ...] = ()
    places: tuple[PlaceHit, ...] = ()
    services: tuple[FoundService, ...] = ()
    cases: tuple[FoundCase, ...] = ()
    has_more: bool = False

    @property
    def is_empty(self) -> bool:
        return self == SearchResults(self.typed)


def understand(typed: str) -> tuple[Guess, ...]:
    """What may be meant by what was typed, the likeliest first. Nothing typed: empty."""
    words = words_in(typed)
    if not words:
        return ()
    if can_be_case_number(typed) and split_number(typed.strip())[0] is None:
        return ("number", "words")
    is_place = (
        split_number(typed.strip())[0] is not None
        or len(split_crossing(typed)) == 2
        or (len(words) > 1 and not STREET_TYPES.isdisjoint(fold_street(typed)[1:]))
    )
    guesses: tuple[Guess, ...] = ("place", "words") if is_place else ("words", "place")
    return ("number", *guesses) if can_be_case_number(typed) else guesses


def search(portal: Portal, city: Jurisdiction, typed: str | None, now: int) -> SearchResults:
    """All that a visitor may have meant by what was typed; any text is safe, and what is longer than 120 letters is cut.

    `now` (epoch s) decides what is overdue. Nothing typed or nothing found: empty. Source: the city's cases as published.
    """
    plain = " ".join((typed or "").replace("\x00", " ").split())[:MAX_TYPED]
    guesses = understand(plain)
    if not guesses:
        return SearchResults(plain)
    numbered = (
        portal.cached(cases_by_number, city.id, plain, now, city.zone)
        if "number" in guesses
        else ()
    )
    if len(numbered) == 1:
        return SearchResults(plain, case=numbered[0])
    page = portal.cached(
        newest_cases, city.id, Selection(CaseFilter(q=plain), city.zone, now), MAX_CASES
    )
    # A word that is in cases is no mistyped street: "deep" is not Deer Street.
    mend = guesses[0] == "place" or not page.cases
    return SearchResults(
        plain,
        numbered=numbered,
        areas=portal.cached(areas_by_name, city.id, plain, mend),
        places=find_place(
            portal.cached_stale(street_index, city.id, city.name), plain, MAX_PLACES, mend
        )
        if "place" in guesses
        else (),
        services=portal.cached(services_by_name, city.id, plain, mend),
        cases=tuple(_found(card, plain) for card in page.cases),
        has_more=page.next_after is not None,
    )


def renew_streets(portal: Portal) -> None:
    """Learn the streets of every city anew where cases were stored since; a search then waits for nothing."""
    for city in portal.cities.values():
        portal.renew(street_index, city.id, city.name)


def cases_by_number(
    connection: Connection, city_id: str, typed: str, now: int, zone: ZoneInfo
) -> tuple[CaseDetail, ...]:
    """The public case with this number, however it was typed; several where the year was left out and more than one fits, newest first.

    Forgiven: spaces, dashes, #, capitals, O for 0, I or l for 1, the year and the zeros behind it. None: empty.
    """
    for reading in list_readings(typed):
        if case := case_by_id(connection, city_id, reading, now):
            return (case,)
    found = (
        case_by_id(connection, city_id, number, now)
        for number in _numbers_with_years(connection, city_id, typed, zone)
    )
    return tuple(case for case in found if case)


def _numbers_with_years(
    connection: Connection, city_id: str, typed: str, zone: ZoneInfo
) -> list[str]:
    newest = connection.execute(
        text(
            "select case_id, opened_at from public_cases where jurisdiction_id = :city order by opened_at desc, id desc limit 1"
        ),
        {"city": city_id},
    ).first()
    if newest is None:
        return []
    year = datetime.fromtimestamp(newest.opened_at, zone).year
    numbers = add_years(typed, newest.case_id, range(year, year - YEARS_BACK, -1))
    if not numbers:
        return []
    query = text(
        "select case_id from public_cases where jurisdiction_id = :city and case_id in :numbers"
    )
    rows = connection.execute(
        query.bindparams(bindparam("numbers", expanding=True)),
        {"city": city_id, "numbers": numbers},
    ).scalars()
    return sorted(rows, key=numbers.index)


def areas_by_name(
    connection: Connection, city_id: str, typed: str, mend: bool = False
) -> tuple[Place, ...]:
    """Neighborhoods and districts of that name or with a word that begins so; the very name first. Source: the city's labels.

    With `mend`, where there is none: those one typing mistake away.
    """
    query = text(
        "select kind, slug, name from public_labels where jurisdiction_id = :city and kind in :kinds"
    )
    rows = connection.execute(
        query.bindparams(bindparam("kinds", expanding=True)),
        {"city": city_id, "kinds": PLACE_KINDS},
    )
    words = words_in(typed)
    places = [Place(*row) for row in rows]
    found = [place for place in places if _begin_words_of(words, words_in(place.title))]
    if mend and not found:
        found = [place for place in places if _are_mistyped_words_of(words, words_in(place.title))]
    found.sort(
        key=lambda place: (
            words_in(place.title) != words,
            PLACE_KINDS.index(place.kind),
            len(place.title),
            place.title,
        )
    )
    return tuple(found[:MAX_NAMES])


def services_by_name(
    connection: Connection, city_id: str, typed: str, mend: bool = False
) -> tuple[FoundService, ...]:
    """Types of case that share most words with what was typed, at least one; a typed word of four letters may be a beginning.

    With `mend`, where there is none: those one typing mistake away. Source: the city's services.
    """
    words = [word for word in words_in(typed) if len(word) >= LEAST_LETTERS]
    rows = connection.execute(
        text("select slug, name from public_services where jurisdiction_id = :city"),
        {"city": city_id},
    )
    services = [FoundService(*row) for row in rows]
    found = _sharing_most(services, words, _begin_words_of)
    if mend and not found:
        found = _sharing_most(services, words, _are_mistyped_words_of)
    return tuple(
        sorted(found, key=lambda service: (len(words_in(service.name)), service.name))[:MAX_NAMES]
    )


def _sharing_most(
    services: list[FoundService], words: list[str], share: Callable[[list[str], list[str]], bool]
) -> list[FoundService]:
    counts = {
        service: sum(share([word], words_in(service.name)) for word in words)
        for service in services
    }
    most = max(counts.values(), default=0)
    return [service for service, count in counts.items() if count == most > 0]


def _begin_words_of(typed: list[str], name: list[str]) -> bool:
    return bool(typed) and all(any(word.startswith(start) for word in name) for start in typed)


def _are_mistyped_words_of(typed: list[str], name: list[str]) -> bool:
    """Each is a word of the name or one mistake away from it; short words are too near to others."""
    return bool(typed) and all(
        any(
            word == meant or (len(word) >= LEAST_LETTERS and is_one_mistake_away(word, meant))
            for meant in name
        )
        for word in typed
    )


def _found(card: CaseCard, typed: str) -> FoundCase:
    return FoundCase(
        card,
        highlighted(card.title, typed),
        highlighted(card.note, typed),
        highlighted(card.address, typed),
    )
