"""Where a text tells a place exactly: addresses, coordinates, links to maps, codes for a spot.

    list(find_addresses("Elm St 12 has no heat"))  →  [(0, 9)]

For types of case whose place is published roughly. In a text with plain characters, as
portal.domain.personal_data takes it. Intersections, routes and streets without a number stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from portal.domain.personal_data import Span
from portal.domain.redaction_words import any_of

# Addresses ----------------------------------------------------------------------------------------
_AFTER = any_of("street_after")
_BEFORE = any_of("street_before")
_ROAD = any_of("numbered_road")
_NUMBER = r"[1-9]\d{0,4}(?:-?[A-Za-z])?\b(?: 1/2)?"
_SIGN = r"(?:#|no\.?|n\.o|num\.?|n[uú]m(?:ero|\.)?|number|nro\.?)"
_SMALL = (
    r"(?:from|off|at|on|in|to|by|with|for|is|are|was|were|down|up|across|near|along|between"
    r"|entre|con|en|cerca|frente|esquina|y|e|and|or|this|that|my|our|your|his|her|their|a|an"
    rf"|{any_of('unit')})"
)
# “E St” and “O Street” are streets, though e and o are words in Spanish.
_WORD = (
    rf"(?:[a-z](?= {_AFTER}\b)|(?!{_SMALL}(?=[\s,]|$))[^\W\d_][\w.'-]{{0,30}}"
    r"|\d{1,3}(?:st|nd|rd|th))"
)
_ONE_OF_NO_STREET = (
    r"(?:the|an?|this|that|my|our|your|each|every|side|busy|whole|entire|public|private)"
)
_NUMBER_FIRST = re.compile(
    rf"(?<![\d/.:-])\b{_NUMBER}(?:\s?[-&/]\s?\d{{1,5}}[A-Za-z]?\b)?,? "
    rf"(?:(?:[nsew]\.? )?(?:{_WORD},? ){{1,4}}{_AFTER}\b\.?"
    rf"|(?:broadway|fenway|riverway|jamaicaway|bowery|arborway)\b"
    rf"|(?:de (?:la )?)?{_BEFORE}(?:\b|(?<=/))\.? (?:(?:{any_of('street_part')}|the) ){{0,2}}"
    rf"{_WORD}(?: {_WORD}){{0,2}})",
    re.IGNORECASE,
)
_HOUSE = re.compile(rf"(?<![\d/.:$-])\b{_NUMBER}", re.IGNORECASE)
# “Elm St 12”: what ends before the number, and each word of the name before that.
_STREET_END = re.compile(rf" (?!{_ROAD}\b){_AFTER}\b\.?,? ?(?:{_SIGN} ?)?$", re.IGNORECASE)
_ONE_WORD = re.compile(rf"(?!{_ONE_OF_NO_STREET}$){_WORD}", re.IGNORECASE)
_OF_STREET = rf"(?:{any_of('street_part')} ){{0,2}}"
# “Calle Elm 12”, “Calle 5 #12”
_KIND_FIRST = re.compile(
    rf"\b(?!{_ROAD}\b){_BEFORE}(?:\b|(?<=/))\.? ?"
    rf"(?:{_OF_STREET}{_WORD}(?: {_OF_STREET}{_WORD}){{0,3}},? ?(?:{_SIGN} ?)?"
    rf"|\d{{1,3}},? ?{_SIGN} ?){_NUMBER}",
    re.IGNORECASE,
)
_LAST_NUMBER = re.compile(rf",? ?(?:{_SIGN} ?)?{_NUMBER}$", re.IGNORECASE)
_SIGN_LAST = re.compile(rf",? ?(?:{_SIGN} ?)?$", re.IGNORECASE)
LONGEST_STREET = 90
MOST_WORDS = 4
SHORT_END = 30
# What follows a number that is no house: a date, a time, a price, a count, a case.
_NO_HOUSE = re.compile(
    rf"[/:]\d|-\d{{1,5}}-\d|\.\d|\s?%|\s?['\"]|\s?x\s?\d|\s?{any_of('unit')}\b|,\d{{3}}",
    re.IGNORECASE,
)

# Coordinates --------------------------------------------------------------------------------------
_DEGREES = r"[-+]?\d{1,3}[.,]\d{3,15}"
_COORDINATES = re.compile(
    rf"(?<![\d.,])(?:[NS]\s?)?{_DEGREES}\s?°?\s?[NS]?\s{{0,2}}(?:[,;/|]|\s)\s{{0,2}}"
    rf"(?:[EWO]\s?)?{_DEGREES}(?!\d)(?:\s?°?\s?[EWO]\b)?",
    re.IGNORECASE,
)
_MINUTES = re.compile(
    r"\d{1,3}\s?[°º]\s?\d{1,2}(?:\.\d{1,8})?\s?['’′]"
    r"(?:\s?\d{1,2}(?:\.\d{1,8})?\s?(?:[\"”″]|''))?\s?[NSEWO]\b",
    re.IGNORECASE,
)
_LABELED_DEGREES = re.compile(
    r"\b(?:lat|latitude?|latitud|lon|long|lng|longitude?|longitud)\b"
    r"[\s:=.]{0,4}[-+]?\d{1,3}[.,]\d{2,15}",
    re.IGNORECASE,
)
_GRID = re.compile(r"\b\d{1,2}[C-X] ?[A-Z]{2} ?\d{4,5} ?\d{4,5}\b")

# Links and codes ----------------------------------------------------------------------------------
_HOSTS = (
    r"(?:maps\.app\.goo\.gl|goo\.gl|g\.co|maps\.google\.[a-z.]{2,6}|google\.[a-z.]{2,6}/maps"
    r"|maps\.apple(?:\.com)?|apple\.co|openstreetmap\.org|osm\.org|osmand\.net|bing\.com/maps"
    r"|binged\.it|waze\.com|w3w\.co|what3words\.com|plus\.codes|here\.com|wego\.here\.com"
    r"|mapquest\.com|yandex\.[a-z]{2,3}/maps|citymapper\.com|mapy\.cz|geohack\.toolforge\.org"
    r"|earth\.google\.com|streetview\.[a-z]{2,5})"
)
_LINK = re.compile(
    rf"(?:https?://)?(?:[\w-]{{1,20}}\.){{0,2}}{_HOSTS}(?![\w-])[^\s<>\"\]]{{0,2000}}(?<![.,;:!?)])"
    r"|\b(?:geo|maps|comgooglemaps|waze|om|google\.navigation|what3words):"
    r"[^\s<>\"]{1,2000}(?<![.,;:!?)])",
    re.IGNORECASE,
)
_PLUS_CODE = re.compile(
    r"(?<![\w+])[23456789CFGHJMPQRVWX]{4,8}0{0,4}\+[23456789CFGHJMPQRVWX]{2,7}(?![\w+])",
    re.IGNORECASE,
)
_WORDS = r"[^\W\d_]{2,20}\.[^\W\d_]{2,20}\.[^\W\d_]{2,20}\b"
_THREE_WORDS = re.compile(
    rf"(?<![:/\w])/{{2,3}}{_WORDS}"
    rf"|\b(?:what3words|what 3 words|w3w)\b[\s:=-]{{1,3}}(?:is\s|son\s)?{_WORDS}",
    re.IGNORECASE,
)


def find_addresses(text: str) -> Iterator[Span]:
    """Street addresses, the number before the street or after it: “12 Elm St”, “Calle Elm 12”."""
    yield from (found.span() for found in _NUMBER_FIRST.finditer(text))
    for street, house in _find_houses(text):
        yield street[0], house[1]


def find_last_numbers(text: str) -> Iterator[Span]:
    """House numbers that stand after their street: the “ 12” of “Elm St 12”."""
    for street, house in _find_houses(text):
        yield street[1], house[1]


def _find_houses(text: str) -> Iterator[tuple[Span, Span]]:
    """Streets and the house numbers after them, both with what stands between."""
    for found in _KIND_FIRST.finditer(text):
        if not _NO_HOUSE.match(text, found.end()):
            house = _LAST_NUMBER.search(text, found.start(), found.end())
            middle = house.start() if house else found.end()
            yield (found.start(), middle), (middle, found.end())
    for house in _HOUSE.finditer(text):
        start = _find_street(text, house.start())
        if start < house.start() and not _NO_HOUSE.match(text, house.end()):
            middle = start + len(_SIGN_LAST.sub("", text[start : house.start()]))
            yield (start, middle), (middle, house.end())


def _find_street(text: str, end: int) -> int:
    """Where the street begins whose name and kind end here; `end` where there is none."""
    first = max(0, end - LONGEST_STREET)
    before = text[first:end]
    kind = _STREET_END.search(before, max(0, len(before) - SHORT_END))
    if kind is None:
        return end
    name = before[: kind.start()]
    length = 0
    for word in reversed(name.split(" ")[-MOST_WORDS:]):
        if not _ONE_WORD.fullmatch(word):
            break
        length += len(word) + 1
    return first + len(name) - length + 1 if length else end


def find_locations(text: str) -> Iterator[Span]:
    """Coordinates, links to maps, plus codes and three words, which all tell a spot."""
    lower = text.lower()
    for parts, pattern in _LOCATIONS:
        if any(part in lower for part in parts):
            yield from (found.span() for found in pattern.finditer(text))


_LOCATIONS = (
    (
        (
            "goo.gl",
            "g.co",
            "google",
            "apple",
            "map",
            "osm",
            "bing",
            "waze",
            "w3w.",
            "what3",
            "plus.",
        )
        + ("here.com", "yandex", "geo", "om:", "streetview"),
        _LINK,
    ),
    (("//", "what", "w3w"), _THREE_WORDS),
    (("+",), _PLUS_CODE),
    ((".", ","), _COORDINATES),
    (("°", "º"), _MINUTES),
    (("lat", "lon", "lng"), _LABELED_DEGREES),
    (tuple("0123456789"), _GRID),
)
"""What a text must have to be worth a search, and the search."""
