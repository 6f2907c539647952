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

from portal.domain import personal_data, place_data
from portal.domain.characters import Folded, fold
from portal.domain.personal_data import Span
from portal.domain.redaction_signs import Signs

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

_NUMBERS = re.compile(r"\d(?:[^0-9A-Za-z]{0,4}\d){6}|\+ ?\d")
_BESIDE_AT = ("dot", "punto", "period", "mail", ".com", ".net")


def redact(text: str) -> tuple[str, tuple[str, ...]]:
    """The text as it may be published, and the kinds of personal data hidden (keys of MARKS)."""
    folded = fold(text)
    signs = Signs.of(folded.lower(), _NUMBERS.search(folded) is not None)
    if not signs.are_any:
        return text, ()
    kinds: list[str] = []
    for kind, is_worth_it, find in _HIDERS:
        if is_worth_it(signs):
            hidden = _replace(text, find, MARKS[kind])
            if hidden != text:
                kinds.append(kind)
                text = hidden
    return text, tuple(dict.fromkeys(kinds))


def redact_address(text: str) -> tuple[str, tuple[str, ...]]:
    """The same for an address line, where "#4" is an apartment too.

    House numbers stay: portal.domain.disclosure decides about them.
    """
    published, kinds = redact(text)
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


def _may_spell_an_email(signs: Signs) -> bool:
    lower = signs.lower
    return signs.has("at_sign") or (
        signs.has("at_word") and any(word in lower for word in _BESIDE_AT)
    )


_HIDERS: tuple[tuple[str, Callable[[Signs], bool], Finder], ...] = (
    ("email", lambda signs: "@" in signs.lower, personal_data.find_emails),
    ("email", _may_spell_an_email, personal_data.find_spelled_emails),
    ("card", lambda signs: signs.has_number, personal_data.find_cards),
    ("ssn", lambda signs: signs.has_number or signs.has("ssn"), personal_data.find_ssns),
    ("phone", lambda signs: signs.has_number, personal_data.find_phones),
    ("phone", lambda signs: signs.may_spell_a_number, personal_data.find_spelled_phones),
    ("plate", lambda signs: signs.has("plate"), personal_data.find_plates),
    ("apartment", lambda signs: signs.has("apartment"), personal_data.find_apartments),
    ("name", lambda signs: signs.has("name"), personal_data.find_names),
)
"""Kind, whether a text is worth the search, and the search."""
_PLACES: tuple[tuple[str, Finder], ...] = (
    ("location", place_data.find_locations),
    ("address", place_data.find_addresses),
)
