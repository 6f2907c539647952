"""Tracking numbers of cases reported here: K7M3-Q2X-9TD.

Ten characters that can be read out over the phone and do not reveal their order; the last is a
check. Crockford's base 32 has no I, L, O or U. The characters are elements of the field of 32; the
check is the sum of the other nine, each times another power of its generator. One wrong character
changes it because no weight is zero; swapping two neighbors does because no two weights are equal
(tests/domain/test_tracking_number.py tries them all).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from itertools import islice

from portal.domain.characters import fold

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10
GROUPS = (4, 3, 3)
_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
_POLYNOMIAL = 0b100101
"""x⁵ + x² + 1: x is a generator of the field."""
_MEANT = str.maketrans("OIL", "011")
_BETWEEN = re.compile(r"[\s.,:;#_'\"()\[\]-]+")
_GROUPED = re.compile(r"\w{4}([- ])\w{3}\1\w{3}")
_MIXED = re.compile(r"[^\W\d_]\d|\d[^\W\d_]")
_LONGEST_TYPED = 40


def make_tracking_number() -> str:
    """A random number: 45 bits. With a million numbers given out, one guess in 35 million hits."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + check_character(body)


def check_character(body: str) -> str:
    """The check character of nine others."""
    total = 0
    weight = 1
    for letter in body:
        weight = _times(weight, 2)
        total ^= _times(weight, _VALUE[letter])
    return ALPHABET[total]


def parse_tracking_number(typed: str) -> str | None:
    """The number someone typed; None if it is not one, or mistyped.

    Case, spaces, dashes and other signs between do not matter; O is 0, and I and L are 1.
    """
    plain = _read_letters(typed)
    return plain if _is_right(plain) else None


def looks_like_tracking_number(typed: str) -> bool:
    """Whether someone may have typed one of our numbers, perhaps with a mistake.

    It is right, or has ten characters or one more or fewer. The wrong ones also need a word of
    letters and digits, or our groups: “broken lamp” and “100 Centre” are as long.
    """
    as_typed, plain = fold(typed).strip(), _read_letters(typed)
    groups = _GROUPED.fullmatch(as_typed)
    if _is_right(plain):
        return bool(groups) or as_typed.isalnum() or any(map(str.isdigit, as_typed))
    if abs(len(plain) - LENGTH) > 1 or sum(map(_is_foreign, plain)) > 1:
        return False
    return bool(groups and groups[1] == "-") or _MIXED.search(as_typed) is not None


def correct_tracking_number(typed: str) -> tuple[str, ...]:
    """Right numbers that are one mistake away from what was typed: about ten, at most forty.

    A character is wrong, missing or too many, or two neighbors are swapped. Empty for a number
    that is right, and for what is no number at all.
    """
    plain = _read_letters(typed)
    if _is_right(plain) or sum(map(_is_foreign, plain)) > 1:
        return ()
    return tuple(dict.fromkeys(filter(_is_right, _list_near(plain))))


def format_tracking_number(number: str) -> str:
    """The number in groups: K7M3-Q2X-9TD. Other kinds of numbers stay as they are."""
    if parse_tracking_number(number) != number:
        return number
    letters = iter(number)
    return "-".join("".join(islice(letters, size)) for size in GROUPS)


def _read_letters(typed: str) -> str:
    return _BETWEEN.sub("", fold(typed[:_LONGEST_TYPED])).upper().translate(_MEANT)


def _is_foreign(letter: str) -> bool:
    return letter not in _VALUE


def _is_right(plain: str) -> bool:
    return (
        len(plain) == LENGTH
        and not any(map(_is_foreign, plain))
        and check_character(plain[:-1]) == plain[-1]
    )


def _list_near(plain: str) -> Iterator[str]:
    """Everything of the right length that is one mistake away."""
    if len(plain) == LENGTH:
        for place in range(LENGTH):
            yield from (plain[:place] + letter + plain[place + 1 :] for letter in ALPHABET)
            yield plain[:place] + plain[place : place + 2][::-1] + plain[place + 2 :]
    elif len(plain) == LENGTH - 1:
        for place in range(LENGTH):
            yield from (plain[:place] + letter + plain[place:] for letter in ALPHABET)
    elif len(plain) == LENGTH + 1:
        yield from (plain[:place] + plain[place + 1 :] for place in range(LENGTH + 1))


def _times(a: int, b: int) -> int:
    """The product in the field with 32 elements."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0b100000:
            a ^= _POLYNOMIAL
        b >>= 1
    return product
