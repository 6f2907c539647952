"""Tracking numbers of cases born here: ten characters that can be read out on the telephone and tell no order, the last a check.

Crockford's base 32 has no I, L, O or U. The characters are elements of the field of 32; the check is the sum of the nine others, each
times another power of its generator. One wrong character changes it, because no weight is zero; two neighbours swapped do, because no
two weights are the same (tests/domain/test_tracking_number.py tries them all).
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


def new_number() -> str:
    """A number at random: 45 bits, so that of a million numbers one guess in 35 million hits one."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + check_of(body)


def check_of(body: str) -> str:
    """The check character of nine others."""
    total, weight = 0, 1
    for letter in body:
        weight = _times(weight, 2)
        total ^= _times(weight, _VALUE[letter])
    return ALPHABET[total]


def parse(typed: str) -> str | None:
    """The number that somebody typed, however: case, spaces, dashes, O for 0, I and L for 1. None: it is none, or mistyped."""
    plain = "".join(letter for letter in typed[:40].upper() if letter not in _BETWEEN).translate(
        _MEANT
    )
    if (
        len(plain) != LENGTH
        or not all(letter in _VALUE for letter in plain)
        or check_of(plain[:-1]) != plain[-1]
    ):
        return None
    return plain


def shown(number: str) -> str:
    """In groups, as it is printed: K7M3-Q2X-9TD. A number of another kind as it is."""
    if parse(number) != number:
        return number
    groups, start = [], 0
    for size in GROUPS:
        groups.append(number[start : start + size])
        start += size
    return "-".join(groups)


def _times(a: int, b: int) -> int:
    """The product in the field of 32."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a <<= 1
        if a & 0b100000:
            a ^= _POLYNOMIAL
        b >>= 1
    return product
