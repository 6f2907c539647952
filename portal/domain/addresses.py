"""Street addresses as cities and residents write them. Nothing is looked up.

read_address("12A Oak St")                →  ReadAddress(12, ("Oak St",))
read_address("Beech St & Walworth Ave")   →  ReadAddress(None, ("Beech St", "Walworth Ave"))
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

_TYPES = {
    "st": "street str", "ave": "avenue av", "rd": "road", "blvd": "boulevard boul",
    "sq": "square", "ter": "terrace terr", "pl": "place", "dr": "drive", "ln": "lane",
    "ct": "court", "pkwy": "parkway pky", "hwy": "highway", "cir": "circle", "pk": "park",
    "plz": "plaza", "aly": "alley", "wy": "way", "row": "", "path": "", "walk": "", "loop": "",
    "whf": "wharf", "expy": "expressway", "tpke": "turnpike", "brg": "bridge", "trl": "trail",
    "ext": "extension", "cres": "crescent", "fwy": "freeway footway",
}  # fmt: skip
_OTHERS = {
    "n": "north", "s": "south", "e": "east", "w": "west",
    "ne": "northeast", "nw": "northwest", "se": "southeast", "sw": "southwest",
    "mt": "mount", "st": "saint", "1st": "first", "2nd": "second", "3rd": "third",
    "4th": "fourth", "5th": "fifth", "6th": "sixth", "7th": "seventh", "8th": "eighth",
    "9th": "ninth", "10th": "tenth",
}  # fmt: skip
SHORT = {
    long: short
    for words in (_TYPES, _OTHERS)
    for short, longs in words.items()
    for long in longs.split()
}
"""Each longer spelling, and the short one we compare by."""
STREET_TYPES = frozenset(_TYPES)
_DIRECTION = re.compile(r"[NSEW][EW]?\.?")
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(
    r"(\d{1,6})[A-Za-z]?(?:\s*-\s*\d{1,6}[A-Za-z]?)?(?:\s+1/2)?\s+(?=\S)", re.ASCII
)
_CROSSING = re.compile(r"^\s*(?:intersection|corner|crossing)(?:\s+of)?\s+", re.IGNORECASE)
_BETWEEN = re.compile(r"\s*(?:[&@/]|\band\b|\bat\b)\s*", re.IGNORECASE)
_END = re.compile(r"(?:\s+\d{5}(?:-\d{4})?)?\s*$")
_STATE = re.compile(r"\s+[A-Z]{2}$")
LONGEST_UNMARKED = 3
NEAR = "Near "
"""Begins the address of a pin beside a known house. In English always: the city's staff read it."""


@dataclass(frozen=True)
class ReadAddress:
    """What an address says: a street with a house number, if any, or two streets that cross.

    Streets are spelled as they were written.
    """

    number: int | None
    streets: tuple[str, ...]


def fold_words(text: str) -> list[str]:
    """The words of a text in lower case, without accents."""
    plain = text.replace("'", "").replace("’", "")
    if not plain.isascii():
        apart = unicodedata.normalize("NFKD", plain)
        plain = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return _WORD.findall(plain.casefold())


@lru_cache(maxsize=20_000)
def fold_street(name: str) -> tuple[str, ...]:
    """A street's name in the words we compare spellings by.

    "Saint Mary's Street" and "St Marys St" are both ("st", "marys", "st").
    """
    return tuple(SHORT.get(word, word) for word in fold_words(name))


def split_number(text: str) -> tuple[int | None, str]:
    """The house number before a street, and the rest.

    "11-13 Pratt St" has number 11; "35 Avenue" has none.
    """
    found = _NUMBER.match(text)
    if not found:
        return None, text
    rest = text[found.end() :]
    if _is_type(rest.split(maxsplit=1)[0]) and not any(map(_is_type, rest.split()[1:])):
        return None, text
    return int(found.group(1)), rest


def split_crossing(text: str) -> tuple[str, ...]:
    """The two streets of "INTERSECTION of Beech St & Hyde Park Ave" or "Beech and Walworth".

    One part if nothing crosses.
    """
    return tuple(part for part in _BETWEEN.split(_CROSSING.sub("", text), maxsplit=1) if part)


def read_address(text: str, area_names: Collection[tuple[str, ...]] = ()) -> ReadAddress | None:
    """What a published address says, or None if we cannot tell the street from the rest.

    Cities leave out the comma after the street ("21 Worcester St Roxbury MA 02118"), so a street
    ends with its type. One without a type ("Broadway South Boston MA") ends before one of
    `area_names`, given as folded words.
    """
    parts = split_crossing(text.split(",")[0].strip())
    if len(parts) == 2:
        return _read_corner(*(_street_of(part, area_names) for part in parts))
    if not parts:
        return None
    number, rest = split_number(parts[0].strip())
    street = _street_of(rest, area_names)
    return ReadAddress(number, (street,)) if street else None


def _read_corner(one: str | None, other: str | None) -> ReadAddress | None:
    return ReadAddress(None, (one, other)) if one and other and one != other else None


def _street_of(text: str, area_names: Collection[tuple[str, ...]]) -> str | None:
    tokens = text.split()
    last = _last_of_type(tokens)
    if last is None:
        return _unmarked_street(text, area_names)
    if last + 1 < len(tokens) and _DIRECTION.fullmatch(tokens[last + 1]):
        last += 1
    return _tidy(" ".join(tokens[: last + 1]))


def _is_type(token: str) -> bool:
    word = token.strip(".,").casefold()
    return SHORT.get(word, word) in STREET_TYPES


def _last_of_type(tokens: list[str]) -> int | None:
    """Position of the street's type: the last of several in a row, as in Beacon Park Rd.

    The first word is never it: a name may begin with one, as Park St does.
    """
    is_type = [_is_type(token) for token in tokens]
    for position in range(1, len(tokens)):
        if is_type[position]:
            while position + 1 < len(tokens) and is_type[position + 1]:
                position += 1
            return position
    return None


def _unmarked_street(text: str, area_names: Collection[tuple[str, ...]]) -> str | None:
    without_zip = _END.sub("", text)
    without_state = _STATE.sub("", without_zip)
    tokens = without_state.split()
    for first in range(1, len(tokens)):
        if tuple(fold_words(" ".join(tokens[first:]))) in area_names:
            return _tidy(" ".join(tokens[:first]))
    return (
        _tidy(without_state)
        if 0 < len(tokens) <= LONGEST_UNMARKED and not tokens[0].isdigit()
        else None
    )


def _tidy(street: str) -> str | None:
    street = street.strip(" .,;")
    if "(" in street or not any(letter.isalpha() for letter in street):
        return None
    return street.title() if street.isupper() else street
