"""Tracking numbers of cases reported here: K7M3-Q2X-9TD.

Ten characters that can be read out over the phone and do not reveal their order; the last is a
check. Crockford's base 32 has no I, L, O or U. The characters are elements of the field of 32; the
check is the sum of the other nine, each times another power of its generator. One wrong character
changes it because no weight is zero; swapping two neighbors does because no two weights are equal
(tests/domain/test_tracking_number.py tries them all).
"""

from __future__ import annotations

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10
GROUPS = (4, 3, 3)
_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
_POLYNOMIAL = 0b100101
"""x⁵ + x² + 1: x is a generator of the field."""
_MEANT = str.maketrans("OIL", "011")
_BETWEEN = " -–—.\t"


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

    Case, spaces and dashes do not matter; O is 0, and I and L are 1.
    """
    plain = "".join(letter for letter in typed[:40].upper() if letter not in _BETWEEN).translate(
        _MEANT
    )
    if (
        len(plain) != LENGTH
        or not all(letter in _VALUE for letter in plain)
        or check_character(plain[:-1]) != plain[-1]
    ):
        return None
    return plain


def format_tracking_number(number: str) -> str:
    """The number in groups: K7M3-Q2X-9TD. Other kinds of numbers stay as they are."""
    if parse_tracking_number(number) != number:
        return number
    groups = []
    start = 0
    for size in GROUPS:
        groups.append(number[start : start + size])
        start += size
    return "-".join(groups)


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
