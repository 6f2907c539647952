"""Places by what a visitor typed: a house, a street or an intersection.

Found among the streets that the city's own cases name (portal.queries.cases.street_names):

    find_place(index, "12 elm st")      12 Elm St, else the nearest number known on Elm St
    find_place(index, "elm & oak")      the intersection
    find_place(index, "mass ave")       Massachusetts Ave
"""

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
EXACT, BEGINNING, WORDS, MISTAKE = range(4)
NO_NUMBER_KNOWN = 1_000_000


@dataclass(frozen=True)
class PlaceHit:
    """A place, and how many recent public cases name its street or intersection.

    An address whose `asked_number` no case names is put at the nearest `known_number` of the
    street: say "near". `area` is the neighborhood, None where the cases have none.
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
        """Whether it is near the address that was asked for, not the address itself."""
        return self.asked_number != self.known_number


def find_place(
    index: StreetIndex, typed: str, limit: int = 5, correct: bool = True
) -> tuple[PlaceHit, ...]:
    """The places that may have been meant, likeliest first; empty where none is found.

    Exact names come first, then names that begin as typed, then those with all words in any order.
    Capitals and accents do not matter; St may stand for Street and so on; the type of street may be
    missing and the last word cut short; neighborhood, city, state and postal code may follow. If
    `correct`, one word may have one mistyped letter. Any text is safe; what is too long is cut.
    """
    typed = typed[:MAX_TYPED]
    sides = split_crossing(typed)
    if len(sides) == 2 and (crossings := _crossings(index, _words(sides[0]), _words(sides[1]))):
        return crossings[:limit]
    number, street = split_number((sides[0] if len(sides) == 2 else typed).strip())
    words = _known_words(index, _words(street))
    hits = _streets(index, words, number) or _streets(index, words, number, all_cut_short=True)
    for corrected in _corrections(index, words) if correct and not hits else ():
        hits += [(MISTAKE + rank, *rest) for rank, *rest in _streets(index, corrected, number)]
    return tuple(hit for *_, hit in sorted(hits, key=lambda hit: hit[:-1])[:limit])


def _words(text: str) -> tuple[str, ...]:
    return fold_street(text)[:MAX_WORDS]


def _known_words(index: StreetIndex, words: tuple[str, ...]) -> tuple[str, ...]:
    """The words without unknown ones after the street's type, such as a state or a postal code."""
    types = (place for place, word in enumerate(words) if place and word in STREET_TYPES)
    end = next(types, len(words))
    return words[: end + 1] + tuple(word for word in words[end + 1 :] if _is_known(index, word))


def _is_known(index: StreetIndex, word: str) -> bool:
    """Whether a street, an area or the city has the word in its name."""
    return word in index.by_word or word in index.by_area_word or word in index.city_words


def _streets(
    index: StreetIndex, words: tuple[str, ...], number: int | None, all_cut_short: bool = False
) -> list[tuple]:
    """Every street that fits all words, as `_ranked`.

    The last word, or each of them, may be the beginning of a longer one: Mass Ave.
    """
    if not words:
        return []
    named = [index.by_word.get(word, frozenset()) for word in words]
    for position in range(0 if all_cut_short else len(words) - 1, len(words)):
        longer = _beginnings(index, words[position])
        named[position] = named[position].union(*(index.by_word[word] for word in longer))
    pairs = list(zip(words, named, strict=True))
    fitting = set(range(len(index.streets)))
    for word, streets in pairs:
        if word not in index.city_words:
            fitting &= streets | index.by_area_word.get(word, frozenset())
    distinct = frozenset().union(*(_distinguished(index, *pair) for pair in pairs))
    return [_ranked(index.streets[position], words, number) for position in fitting & distinct]


def _distinguished(index: StreetIndex, word: str, named: frozenset[int]) -> frozenset[int]:
    """The streets that a word points to: "park" points to Park Street, not to Franklin Park."""
    if word not in STREET_TYPES:
        return named
    return frozenset(position for position in named if word in index.streets[position].words[:-1])


def _beginnings(index: StreetIndex, start: str) -> list[str]:
    """Words of streets with this beginning, and short forms of types: "aven" is an avenue."""
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
    """A street to be sorted, likeliest first.

    (rank, words of its area that were not typed, how far off the number is, minus its cases, name,
    area, hit)
    """
    typed = words
    while len(typed) > 1 and typed[-1] in street.area_words and typed[-1] not in street.words:
        typed = typed[:-1]
    area_typed = words[len(typed) :]
    other_area = len(street.area_words.difference(area_typed)) if area_typed else 0
    hit = _hit(street, number)
    rank, name, area = _rank(street.words, typed), street.name, street.area or ""
    return rank, other_area, _numbers_away(hit), -street.cases, name, area, hit


def _numbers_away(hit: PlaceHit) -> int:
    if hit.asked_number is None:
        return 0
    if hit.known_number is None:
        return NO_NUMBER_KNOWN
    return abs(hit.known_number - hit.asked_number)


def _rank(whole: tuple[str, ...], typed: tuple[str, ...]) -> int:
    if typed == whole or _is_without_type(whole, typed):
        return EXACT
    is_beginning = len(whole) >= len(typed) and all(
        word.startswith(start) for word, start in zip(whole, typed, strict=False)
    )
    return BEGINNING if is_beginning else WORDS


def _is_without_type(whole: tuple[str, ...], typed: tuple[str, ...]) -> bool:
    """Whether only the street's type is missing, as in Elm for Elm Street."""
    if typed != whole[:-1] or whole[-1] not in STREET_TYPES:
        return False
    return len(typed) == 1 or typed[-1] not in STREET_TYPES


def _hit(street: Street, number: int | None) -> PlaceHit:
    name, area, cases = street.name, street.area, street.cases
    if number is None or not street.numbers:
        return PlaceHit("street", name, area, street.lat, street.lon, cases, asked_number=number)
    position = _nearest(street, number)
    known = street.numbers[position]
    place = street.number_lats[position], street.number_lons[position]
    return PlaceHit("address", f"{known} {name}", area, *place, cases, number, known)


def _nearest(street: Street, number: int) -> int:
    """Position of the nearest known number; of two as near, the one on the same side."""

    def distance(position: int) -> tuple[int, int]:
        off = street.numbers[position] - number
        return abs(off), off % 2

    right = bisect_left(street.numbers, number)
    around = (position for position in (right - 1, right) if 0 <= position < len(street.numbers))
    return min(around, key=distance)


def _crossings(
    index: StreetIndex, one: tuple[str, ...], other: tuple[str, ...]
) -> tuple[PlaceHit, ...]:
    if not (one and other):
        return ()
    found = [crossing for crossing in index.crossings if _is_meant(index, crossing, one, other)]
    found.sort(key=lambda crossing: (-crossing.cases, crossing.name, crossing.area or ""))
    return tuple(
        PlaceHit("crossing", hit.name, hit.area, hit.lat, hit.lon, hit.cases) for hit in found
    )


def _is_meant(
    index: StreetIndex, crossing: Crossing, one: tuple[str, ...], other: tuple[str, ...]
) -> bool:
    first, second = crossing.words
    around = crossing.area_words | index.city_words
    nowhere: frozenset[str] = frozenset()
    return (_is_named(first, one, nowhere) and _is_named(second, other, around)) or (
        _is_named(second, one, nowhere) and _is_named(first, other, around)
    )


def _is_named(street: frozenset[str], typed: tuple[str, ...], around: frozenset[str]) -> bool:
    """Whether the words name the street.

    The area's may follow; the last one may be the beginning of a longer one.
    """
    *whole, last = typed
    is_last_known = last in around or any(word.startswith(last) for word in street)
    if not whole:
        return last in street or any(word.startswith(last) for word in street)
    return whole[0] in street and street.union(around).issuperset(whole) and is_last_known


def _corrections(index: StreetIndex, words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The words with their one unknown word corrected; empty unless exactly one is unknown."""
    odd = [position for position, word in enumerate(words) if not _is_known(index, word)]
    if len(odd) != 1:
        return []
    (place,) = odd
    typed = words[place]
    if len(typed) < LEAST_LETTERS_TO_CORRECT:
        return []
    meant = {
        word
        for word in (*index.vocabulary, *index.by_area_word)
        if is_one_mistake_away(typed, word)
    }
    meant |= {short for long, short in SHORT.items() if is_one_mistake_away(typed, long)}
    return [(*words[:place], word, *words[place + 1 :]) for word in sorted(meant)[:MAX_CORRECTIONS]]
