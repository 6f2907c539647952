"""Personal data in free text: a mark that says what was hidden takes its place.

    redact("Call 617-635-4500")  →  ("Call [phone number hidden]", ("phone",))

Closing notes are full of it: Boston's file of 2011 has 965 phone numbers and 164 e-mail addresses.
Case numbers, dates, money, house numbers, street names ("93 N", "Route 128") and the numbers of
hydrants, poles and signs stay. What is looked for is in portal.domain.personal_data and
portal.domain.place_data; the words beside it, in each language, in portal.domain.redaction_words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from portal.domain import personal_data, place_data
from portal.domain.characters import Folded, fold
from portal.domain.personal_data import Span
from portal.domain.redaction_words import WORDS

MARKS = {
    "email": "[e-mail address hidden]",
    "card": "[card number hidden]",
    "ssn": "[social security number hidden]",
    "phone": "[phone number hidden]",
    "plate": "[license plate hidden]",
    "apartment": "[apartment hidden]",
    "name": "[name hidden]",
    "location": "[location hidden]",
    "address": "[address hidden]",
}
"""Kinds of personal data in the order we look for them, and what is published instead."""

Finder = Callable[[str], Iterator[Span]]

# Most texts have none of this, and a cheap search is enough to tell.
_NUMBERS = re.compile(r"\d(?:[^0-9A-Za-z]{0,4}\d){6}|\+ ?\d")
_SHORT = 300
_DIGITS = tuple(word for words in WORDS.values() for word in words.digits)
DISTINCT_DIGITS = 3
"""A number that is spelled out has at least so many digits that differ."""


def redact(text: str) -> tuple[str, tuple[str, ...]]:
    """The text as it may be published, and the kinds of personal data hidden (keys of MARKS)."""
    # Clerks paste the same closing notes again and again.
    return _redact_short(text) if len(text) <= _SHORT else _redact(text)


def redact_address(text: str) -> tuple[str, tuple[str, ...]]:
    """The same for an address line, where "#4" is an apartment too.

    House numbers stay: portal.domain.disclosure decides about them.
    """
    published, kinds = _redact(text)
    without = published
    if "#" in fold(text):
        without = _replace(published, _find_hash_apartments, MARKS["apartment"])
    if without == published:
        return published, kinds
    return without, tuple(dict.fromkeys((*kinds, "apartment")))


def hide_places(text: str) -> tuple[str, tuple[str, ...]]:
    """A text that tells no place exactly, for cases whose place is published roughly.

    Hides street addresses, coordinates, links to maps and codes for a spot.
    """
    kinds = []
    for kind, find in _PLACES:
        hidden = _replace(text, find, MARKS[kind])
        if hidden != text:
            kinds.append(kind)
            text = hidden
    return text, tuple(kinds)


def hide_locations(text: str) -> tuple[str, tuple[str, ...]]:
    """The same for an address line: coordinates and links, but no street."""
    published = _replace(text, place_data.find_locations, MARKS["location"])
    return published, () if published == text else ("location",)


def drop_last_numbers(address: str) -> str:
    """An address line without house numbers that stand after their street."""
    return _replace(address, place_data.find_last_numbers, "")


@lru_cache(maxsize=20_000)
def _redact_short(text: str) -> tuple[str, tuple[str, ...]]:
    return _redact(text)


def _redact(text: str) -> tuple[str, tuple[str, ...]]:
    folded = fold(text)
    lower = folded.lower()
    has_number = _NUMBERS.search(folded) is not None
    kinds: list[str] = []
    for kind, is_worth_it, find in _HIDERS:
        if is_worth_it(lower, has_number):
            hidden = _replace(text, find, MARKS[kind])
            if hidden != text:
                kinds.append(kind)
                text = hidden
    return text, tuple(dict.fromkeys(kinds))


def _replace(text: str, find: Finder, mark: str) -> str:
    """The text with the mark in place of each span that is found in it, folded."""
    folded = Folded.of(text)
    pieces: list[str] = []
    done = 0
    for start, end in _merge(find(folded.text)):
        pieces += [text[done : folded.starts[start]], mark]
        done = folded.starts[end - 1] + 1 if end else 0
    return "".join(pieces) + text[done:] if pieces else text


def _merge(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans in their order; those that overlap become one."""
    start = end = -1
    for first, last in sorted(spans):
        if first < end:
            end = max(end, last)
            continue
        if end > start:
            yield start, end
        start, end = first, last
    if end > start:
        yield start, end


def _find_hash_apartments(text: str) -> Iterator[Span]:
    yield from (found.span() for found in personal_data.HASH_IN_ADDRESS.finditer(text))


# Written out: this runs four times per case, and a loop or a pattern takes three times as long.
def _may_spell_an_email(lower: str) -> bool:
    return (
        "arroba" in lower
        or "(at" in lower
        or "( at" in lower
        or "[at" in lower
        or "{at" in lower
        or "<at" in lower
        or "(a)" in lower
        or (" at " in lower and ("dot" in lower or "punto" in lower or "period" in lower))
        or (" at " in lower and ("mail" in lower or ".com" in lower or ".net" in lower))
    )


def _may_spell_a_phone(lower: str) -> bool:
    # “done” has one in it, but hardly any text has three.
    return sum(word in lower for word in _DIGITS) >= DISTINCT_DIGITS


def _may_tell_a_plate(lower: str) -> bool:
    return (
        "plate" in lower
        or "licen" in lower
        or "registration" in lower
        or "tag" in lower
        or "placa" in lower
        or "matr" in lower
        or "patente" in lower
        or "tablilla" in lower
        or "chapa" in lower
    )


def _may_tell_an_apartment(lower: str) -> bool:
    return (
        "ap" in lower
        or "unit" in lower
        or "suite" in lower
        or "ste " in lower
        or "ste." in lower
        or "floor" in lower
        or "flr" in lower
        or " fl" in lower
        or "condo" in lower
        or "#" in lower
        or "piso" in lower
        or "unidad" in lower
        or "planta" in lower
        or "pto" in lower
        or "departamento" in lower
        or "interior" in lower
        or "oficina" in lower
    )


def _may_tell_a_name(lower: str) -> bool:
    return (
        "name" in lower
        or "call" in lower
        or "contact" in lower
        or "llam" in lower
        or "ask" in lower
        or "nombre" in lower
        or "pregunt" in lower
        or "habl" in lower
        or "speak" in lower
        or "spoke" in lower
        or "talk to" in lower
        or "att" in lower
        or "aten" in lower
        or "atien" in lower
        or "care of" in lower
        or "c/o" in lower
        or "signed" in lower
        or "mr" in lower
        or "ms" in lower
        or "sr" in lower
        or "text" in lower
        or "phone" in lower
        or "mail" in lower
        or "reach" in lower
        or "comun" in lower
        or "escriba" in lower
        or "avise" in lower
    )


_HIDERS: tuple[tuple[str, Callable[[str, bool], bool], Finder], ...] = (
    ("email", lambda lower, _: "@" in lower, personal_data.find_emails),
    (
        "email",
        lambda lower, _: _may_spell_an_email(lower),
        personal_data.find_spelled_emails,
    ),
    ("card", lambda _, has_number: has_number, personal_data.find_cards),
    (
        "ssn",
        lambda lower, has_number: has_number or "ssn" in lower or "social" in lower,
        personal_data.find_ssns,
    ),
    ("phone", lambda _, has_number: has_number, personal_data.find_phones),
    ("phone", lambda lower, _: _may_spell_a_phone(lower), personal_data.find_spelled_phones),
    ("plate", lambda lower, _: _may_tell_a_plate(lower), personal_data.find_plates),
    ("apartment", lambda lower, _: _may_tell_an_apartment(lower), personal_data.find_apartments),
    ("name", lambda lower, _: _may_tell_a_name(lower), personal_data.find_names),
)
"""Kind, whether a text is worth the search, and the search."""
_PLACES: tuple[tuple[str, Finder], ...] = (
    ("location", place_data.find_locations),
    ("address", place_data.find_addresses),
)
