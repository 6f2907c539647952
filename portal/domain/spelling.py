"""Words that are one typo apart, and names that differ in their spelling alone."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from os.path import commonprefix

_ALIKE = {ord(sign): "'" for sign in "\u2019\u2018`\u00b4"} | {
    ord(sign): "-" for sign in "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
}


@lru_cache(maxsize=50_000)
def spelling_key(name: str) -> str:
    """What all spellings of a name have in common: "ROSLINDALE " and "Roslindale" have one key.

    Capitals, spaces, kinds of dashes and apostrophes do not count, nor do spaces around signs.
    """
    plain = unicodedata.normalize("NFKC", name).translate(_ALIKE).casefold()
    return re.sub(r"\s*([^\w\s])\s*", r"\1", " ".join(plain.split()))


def best_spelling(counts: Mapping[str, int]) -> str:
    """The spelling that most cases have.

    Of several that as many have, one with both kinds of letters, then the first in the alphabet.
    """
    return min(counts, key=lambda name: (-counts[name], _is_shouted(name), name))


def _is_shouted(name: str) -> bool:
    return name in (name.upper(), name.lower())


def is_one_mistake_away(typed: str, meant: str) -> bool:
    """Whether two words differ by one typo.

    One letter too many, one missing, one wrong, or two neighbors swapped. Equal words do not.
    """
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    same = len(commonprefix([typed, meant]))
    rest, other = typed[same:], meant[same:]
    return (
        rest[1:] == other
        or rest == other[1:]
        or rest[1:] == other[1:]
        or (rest[1::-1] == other[:2] and rest[2:] == other[2:])
    )
