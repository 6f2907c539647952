"""Personal data in free text: a mark that says what was hidden takes its place.

    redact("Call 617-635-4500")  →  ("Call [phone number hidden]", ("phone",))

Closing notes are full of it: Boston's file of 2011 has 965 phone numbers and 164 e-mail addresses.
Case numbers, dates, money, house numbers and street names ("93 N", "Route 128") stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

MARKS = {
    "email": "[e-mail address hidden]",
    "card": "[card number hidden]",
    "ssn": "[social security number hidden]",
    "phone": "[phone number hidden]",
    "plate": "[license plate hidden]",
    "apartment": "[apartment hidden]",
    "address": "[address hidden]",
}
"""Kinds of personal data in the order we look for them, and what is published instead."""

# Most texts have none of this, and a cheap search is enough to tell.
_SEVEN_DIGITS = re.compile(r"\d{3}[^0-9A-Za-z]{0,4}\d{2}[^0-9A-Za-z]{0,2}\d{2}|\+\d")
_SHORT = 300

_EMAIL = re.compile(r"[\w.+%'-]+ ?@ ?[\w-]+(?:\.[\w-]+)+|[\w.+%'-]+@[\w-]+")
_CARD = re.compile(
    r"(?<!\d)(?<!\d[ -])"
    r"(?:[3-6]\d{3}([ -])\d{4}\1\d{4}\1\d{4}|3\d{3}([ -])\d{6}\2\d{5}|[3-6]\d{12,18})"
    r"(?![ -]?\d)"
)
_SSN = re.compile(
    r"(?<![\d-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\d-])"
    r"|(?i:(?<=ssn )|(?<=ssn: )|(?<=ssn#)|(?<=ssn# )|(?<=social security number ))\d{9}(?!\d)"
)
_PHONE = re.compile(
    # 617-635-4500, (617) 635 4500, 1.617.635.4500, 6176354500 ext 12
    r"(?<!\d)(?<!\d[.-])(?:\+?1[ .\-/]{0,2})?"
    r"(?:\(\s?\d{3}\s?\)[ .\-/]{0,3}|(?<!\d)(?:[2-9]\d{2} ?[.\-/ ] ?|\d{3}[.-])"
    r"|(?<!#)(?<!ticket )(?<!case )(?<!permit )(?<!order )[2-9]\d{2}(?=[2-9]\d{6}(?!\d)))"
    r"\d{3} ?[.\-/ ]? ?\d{4}(?!\d)(?: ?(?:x|ext\.?|extension) ?\d{1,6})?"
    # +44 20 7946 0958
    r"|(?<![\w+])\+\d{1,3}(?:[ .\-]?\(?\d{1,4}\)?){2,5}\d(?!\d)"
    # 635-4500; not $300-4000, not one end of a longer number
    r"|(?<![\d$#.,/-])[2-9]\d{2}-\d{4}(?![\d-])(?: ?(?:x|ext\.?|extension) ?\d{1,6})?",
    re.IGNORECASE,
)
_PLATE = re.compile(
    r"(?<!steel )(?<!metal )(?<!road )(?<!street )"
    r"((?i:\b(?:licen[cs]e(?: ?plates?)?|plates?|registration (?:plate|number|no\.?)|tag)\b"
    r"(?:[ :#=]|\b(?:numbers?|no\.?|num|is|was|reads?|of|ma|mass\.?|ny|nh|ri|ct|il|ca)\b)*))"
    # Joined letters and digits in any case; apart only in capitals: "plate 24 inches" stays.
    r"(\b(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{4,8}\b"
    r"|\b(?=[A-Z0-9 -]*\d)(?=[A-Z0-9 -]*[A-Z])"
    r"[A-Z0-9]{1,4}[ -][A-Z0-9]{1,4}(?:[ -][A-Z0-9]{1,3})?\b"
    r"|\b\d{5,7}\b)"
)
_APARTMENT = re.compile(
    r"\b(?:(?i:apt|apartment|unit|suite|ste)\b\.?(?: ?(?i:#|no\.?|number))? ?#? ?"
    r"(?:[A-Za-z]?-?\d{1,5}[A-Za-z]?|[A-HJ-Z])\b(?:-\w{1,4}\b)?)(?!/\d|'\s?[x\d])"
)
_HASH_APARTMENT = re.compile(r"#\s?(?:[A-Za-z]?\d{1,4}[A-Za-z]?|[A-Z])\b")
_STREET_ADDRESS = re.compile(
    r"\b\d{1,5}[A-Za-z]?(?:\s?-\s?\d{1,5}[A-Za-z]?)? (?:[A-Z][\w.'-]* ){1,4}"
    r"(?:st|street|ave|avenue|rd|road|dr|drive|ln|lane|pl|place|ct|court|ter|terrace|way|blvd"
    r"|boulevard|sq|square|pkwy|parkway|hwy|highway|cir|circle|pk|park|row)\b\.?",
    re.IGNORECASE,
)


def redact(text: str) -> tuple[str, tuple[str, ...]]:
    """The text as it may be published, and the kinds of personal data hidden (keys of MARKS)."""
    # Clerks paste the same closing notes again and again.
    return _redact_short(text) if len(text) <= _SHORT else _redact(text)


def redact_address(text: str) -> tuple[str, tuple[str, ...]]:
    """The same for an address line, where "#4" is an apartment too.

    House numbers stay: portal.domain.disclosure decides about them.
    """
    published, kinds = _redact(text)
    if "#" in published:
        without = _HASH_APARTMENT.sub(MARKS["apartment"], published)
        if without != published:
            return without, tuple(dict.fromkeys((*kinds, "apartment")))
    return published, kinds


def hide_street_addresses(text: str) -> tuple[str, tuple[str, ...]]:
    """A text without street addresses, for cases whose place is published coarsely."""
    published = _STREET_ADDRESS.sub(MARKS["address"], text)
    return published, () if published == text else ("address",)


@lru_cache(maxsize=20_000)
def _redact_short(text: str) -> tuple[str, tuple[str, ...]]:
    return _redact(text)


def _redact(text: str) -> tuple[str, tuple[str, ...]]:
    lower = text.lower()
    has_number = _SEVEN_DIGITS.search(text) is not None
    if not (
        has_number or "@" in lower or _may_tell_a_plate(lower) or _may_tell_an_apartment(lower)
    ):
        return text, ()
    kinds = []
    for kind, is_worth_it, hide in _HIDERS:
        if is_worth_it(lower, has_number):
            hidden = hide(text)
            if hidden != text:
                kinds.append(kind)
                text = hidden
    return text, tuple(kinds)


def _hide_cards(text: str) -> str:
    return _CARD.sub(lambda found: MARKS["card"] if _passes_luhn(found[0]) else found[0], text)


def _passes_luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number) if digit.isdigit()]
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


# Written out: this runs four times per case, and a loop or a pattern takes three times as long.
def _may_tell_a_plate(lower: str) -> bool:
    return "plate" in lower or "licen" in lower or "registration" in lower or "tag" in lower


def _may_tell_an_apartment(lower: str) -> bool:
    return (
        "apt" in lower
        or "apartment" in lower
        or "unit" in lower
        or "suite" in lower
        or "ste" in lower
    )


_HIDERS: tuple[tuple[str, Callable[[str, bool], bool], Callable[[str], str]], ...] = (
    ("email", lambda lower, _: "@" in lower, lambda text: _EMAIL.sub(MARKS["email"], text)),
    ("card", lambda _, has_number: has_number, _hide_cards),
    ("ssn", lambda _, has_number: has_number, lambda text: _SSN.sub(MARKS["ssn"], text)),
    ("phone", lambda _, has_number: has_number, lambda text: _PHONE.sub(MARKS["phone"], text)),
    (
        "plate",
        lambda lower, _: _may_tell_a_plate(lower),
        lambda text: _PLATE.sub(rf"\1{MARKS['plate']}", text),
    ),
    (
        "apartment",
        lambda lower, _: _may_tell_an_apartment(lower),
        lambda text: _APARTMENT.sub(MARKS["apartment"], text),
    ),
)
"""Kind, whether a text is worth the search, and the search."""
