"""Places by what a visitor typed: a house, a street or a crossing, found among the streets the city's own cases name."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Literal

from portal.domain.addresses import SHORT, STREET_TYPES, fold_street, split_crossing, split_number
from portal.domain.spelling import is_one_mistake_away
from portal.queries.cases.street_names import Crossing, Street, StreetIndex

MAX_TYPED = 120
MAX_WORDS = 10
MAX_BEGINNINGS = 300
MAX_CORRECTIONS = 12
LEAST_LETTERS_TO_CORRECT = 4
EXACT, BEGINNING, WORDS, MISTAKE = 0, 1, 2, 3
NO_NUMBER_KNOWN = 1_000_000


@dataclass(frozen=True)
class PlaceHit:
    """A place, and how many public cases of late name its street or crossing.

    An address whose `asked_number` no case names stands at the nearest `known_number` of the street: say "near". `area` is the
    neighborhood, None where the cases have none.
    """

    kind: Literal["address", "street", "crossing"]
    name: str
    area: str | None
    lat: float
    lon: float
    cases: int
    asked_number: int | None = None
    known_number: int | None = None

    @property
    def is_near(self) -> bool:
        """Whether the place is near what was asked for, not on it."""
        return self.asked_number != self.known_number


def find_place(
    index: StreetIndex, typed: str, limit: int = 5, mend: bool = True
) -> tuple[PlaceHit, ...]:
    """The places meant by what somebody typed, the likeliest first: the very name, then names that begin so, then all words in any order.

    Forgiven: capitals, accents, St for Street and the like, the type left out, a last word cut short, the neighborhood, city, state and
    postal code at the end, and if `mend` one mistyped letter in one word. Any text is safe; what is too long is cut. Nothing found: empty.
    """
    typed = typed[:MAX_TYPED]
    sides = split_crossing(typed)
    if len(sides) == 2 and (crossings := _crossings(index, _words(sides[0]), _words(sides[1]))):
        return crossings[:limit]
    number, street = split_number((sides[0] if len(sides) == 2 else typed).strip())
    words = _known_words(index, _words(street))
    hits = _streets(index, words, number) or _streets(index, words, number, all_cut_short=True)
    for corrected in () if hits or not mend else _corrections(index, words):
        hits += [(MISTAKE + rank, *rest) for rank, *rest in _streets(index, corrected, number)]
    return tuple(hit for *_, hit in sorted(hits, key=lambda hit: hit[:-1])[:limit])


def _words(text: str) -> tuple[str, ...]:
    return fold_street(text)[:MAX_WORDS]


def _known_words(index: StreetIndex, words: tuple[str, ...]) -> tuple[str, ...]:
    """The words without those behind the street's type that no street, area or city is called by: a state, a postal code."""
    end = next(
        (position for position, word in enumerate(words) if position and word in STREET_TYPES),
        len(words),
    )
    return words[: end + 1] + tuple(word for word in words[end + 1 :] if _is_known(index, word))


def _is_known(index: StreetIndex, word: str) -> bool:
    return word in index.by_word or word in index.by_area_word or word in index.city_words


def _streets(
    index: StreetIndex, words: tuple[str, ...], number: int | None, all_cut_short: bool = False
) -> list[tuple]:
    """What _ranked says of every street that all the words fit; the last word, or each of them, may be a beginning: Mass Ave."""
    if not words:
        return []
    everything = range(len(index.streets))
    in_name = [index.by_word.get(word, frozenset()) for word in words]
    for position in range(0 if all_cut_short else len(words) - 1, len(words)):
        in_name[position] = in_name[position].union(
            *(index.by_word[word] for word in _beginnings(index, words[position]))
        )
    fitting: set[int] | None = None
    for word, named in zip(words, in_name, strict=True):
        fits = (
            set(everything)
            if word in index.city_words
            else named | index.by_area_word.get(word, frozenset())
        )
        fitting = set(fits) if fitting is None else fitting & fits
    telling = frozenset().union(
        *(_told_apart(index, word, named) for word, named in zip(words, in_name, strict=True))
    )
    return [
        _ranked(index.streets[position], words, number) for position in (fitting or set()) & telling
    ]


def _told_apart(index: StreetIndex, word: str, named: frozenset[int]) -> frozenset[int]:
    """The streets a word tells from others: "park" does not tell of Franklin Park, but of Park Street."""
    if word not in STREET_TYPES:
        return named
    return frozenset(position for position in named if word in index.streets[position].words[:-1])


def _beginnings(index: StreetIndex, start: str) -> list[str]:
    """Words of streets that begin so, and the short forms of types that do ("aven" is an avenue)."""
    first = bisect_left(index.vocabulary, start)
    found = []
    for word in index.vocabulary[first : first + MAX_BEGINNINGS]:
        if not word.startswith(start):
            break
        found.append(word)
    return found + [
        short for long, short in SHORT.items() if long.startswith(start) and short in index.by_word
    ]


def _ranked(street: Street, words: tuple[str, ...], number: int | None) -> tuple:
    """(rank, words of its area that were not typed, how far off the number is, minus cases, name, area, hit): the least is likeliest."""
    typed = words
    while len(typed) > 1 and typed[-1] in street.area_words and typed[-1] not in street.words:
        typed = typed[:-1]
    area_typed = words[len(typed) :]
    other_area = len(street.area_words.difference(area_typed)) if area_typed else 0
    hit = _hit(street, number)
    away = (
        0
        if number is None
        else NO_NUMBER_KNOWN
        if hit.known_number is None
        else abs(hit.known_number - number)
    )
    return (
        _rank(street.words, typed),
        other_area,
        away,
        -street.cases,
        street.name,
        street.area or "",
        hit,
    )


def _rank(whole: tuple[str, ...], typed: tuple[str, ...]) -> int:
    if typed == whole or (
        typed == whole[:-1]
        and whole[-1] in STREET_TYPES
        and (len(typed) == 1 or typed[-1] not in STREET_TYPES)
    ):
        return EXACT
    begins_so = len(whole) >= len(typed) and all(
        word.startswith(start) for word, start in zip(whole, typed, strict=False)
    )
    return BEGINNING if begins_so else WORDS


def _hit(street: Street, number: int | None) -> PlaceHit:
    if number is None or not street.numbers:
        return PlaceHit(
            "street",
            street.name,
            street.area,
            street.lat,
            street.lon,
            street.cases,
            asked_number=number,
        )
    position = _nearest(street, number)
    known = street.numbers[position]
    place = street.number_lats[position], street.number_lons[position]
    return PlaceHit(
        "address", f"{known} {street.name}", street.area, *place, street.cases, number, known
    )


def _nearest(street: Street, number: int) -> int:
    """Position of the nearest known number; of two as near, the one on the same side of the street."""
    right = bisect_left(street.numbers, number)
    around = [position for position in (right - 1, right) if 0 <= position < len(street.numbers)]
    return min(
        around,
        key=lambda position: (
            abs(street.numbers[position] - number),
            (street.numbers[position] - number) % 2,
        ),
    )


def _crossings(
    index: StreetIndex, one: tuple[str, ...], other: tuple[str, ...]
) -> tuple[PlaceHit, ...]:
    found = [
        crossing
        for crossing in index.crossings
        if one and other and _is_of(index, crossing, one, other)
    ]
    found.sort(key=lambda crossing: (-crossing.cases, crossing.name, crossing.area or ""))
    return tuple(
        PlaceHit("crossing", hit.name, hit.area, hit.lat, hit.lon, hit.cases) for hit in found
    )


def _is_of(
    index: StreetIndex, crossing: Crossing, one: tuple[str, ...], other: tuple[str, ...]
) -> bool:
    first, second = crossing.words
    around = crossing.area_words | index.city_words
    return (_names(first, one, frozenset()) and _names(second, other, around)) or (
        _names(second, one, frozenset()) and _names(first, other, around)
    )


def _names(street: frozenset[str], typed: tuple[str, ...], around: frozenset[str]) -> bool:
    """Whether the words stand for the street; those behind may be of the area, the last one may be a beginning."""
    if typed[0] not in street and not (
        len(typed) == 1 and any(word.startswith(typed[0]) for word in street)
    ):
        return False
    return all(word in street or word in around for word in typed[:-1]) and (
        typed[-1] in street
        or typed[-1] in around
        or any(word.startswith(typed[-1]) for word in street)
    )


def _corrections(index: StreetIndex, words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The words with the one that nothing is called by mended, where there is exactly one such word."""
    odd = [position for position, word in enumerate(words) if not _is_known(index, word)]
    if len(odd) != 1 or len(words[odd[0]]) < LEAST_LETTERS_TO_CORRECT:
        return []
    typed = words[odd[0]]
    meant = {
        word
        for word in (*index.vocabulary, *index.by_area_word)
        if is_one_mistake_away(typed, word)
    }
    meant |= {short for long, short in SHORT.items() if is_one_mistake_away(typed, long)}
    return [
        (*words[: odd[0]], word, *words[odd[0] + 1 :]) for word in sorted(meant)[:MAX_CORRECTIONS]
    ]
