"""What a text must have to be worth a slow search for personal data.

    signs = Signs.of("ask for ana", has_number=False)
    signs.has("name")   # True
    signs.has("plate")  # False

Most texts have no sign of any. What a word may be a sign of is worked out once for each word,
because the words of a city's texts are few: to look for a hundred of them in each text took an
eighth of an import.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.domain.redaction_words import WORDS

PARTS = {
    "at_sign": ("arroba", "(at", "( at", "[at", "{at", "<at", "(a)"),
    "at_word": (" at ",),
    "ssn": ("ssn", "social"),
    "plate": (
        "plate", "licen", "registration", "tag", "placa", "matr", "patente", "tablilla", "chapa",
    ),
    "apartment": (
        "ap", "unit", "suite", "ste ", "ste.", "floor", "flr", " fl", "condo", "#", "piso",
        "unidad", "planta", "pto", "departamento", "interior", "oficina",
    ),
    "name": (
        "name", "call", "contact", "llam", "ask", "nombre", "pregunt", "habl", "speak", "spoke",
        "talk to", "att", "aten", "atien", "care of", "c/o", "signed", "mr", "ms", "sr", "text",
        "phone", "mail", "reach", "comun", "escriba", "avise",
    ),
}  # fmt: skip
"""By kind of personal data, parts of a text in small letters that stand near some."""
_DIGITS = tuple(word for words in WORDS.values() for word in words.digits)
DISTINCT_DIGITS = 3
"""A number that is spelled out has at least so many digits that differ."""
_MOST_WORDS, _LONGEST_WORD = 50_000, 40

_BIT_OF = {kind: 1 << place for place, kind in enumerate(PARTS)}
_DIGIT_BITS = {word: 1 << place for place, word in enumerate(_DIGITS, len(PARTS))}
_ALL_DIGITS = sum(_DIGIT_BITS.values())
# One word of a text can only have the "talk " of "talk to".
_BITS_OF_PARTS = tuple(_DIGIT_BITS.items()) + tuple(
    (re.findall(r" ?[^ ]+ ?", part)[0], _BIT_OF[kind])
    for kind, parts in PARTS.items()
    for part in parts
)


class _BitsOfWords(dict[str, int]):
    """What each word may be a sign of, worked out when it is first met."""

    def __missing__(self, word: str) -> int:
        bits = _bits_of(word)
        if len(word) <= _LONGEST_WORD:
            if len(self) >= _MOST_WORDS:
                self.clear()
            self[word] = bits
        return bits


_BITS_OF_WORDS = _BitsOfWords()


@dataclass(slots=True)
class Signs:
    """The signs in a text, which is folded and in small letters."""

    lower: str
    has_number: bool
    """Whether it has as many digits together as a telephone number."""
    bits: int

    @classmethod
    def of(cls, lower: str, has_number: bool) -> Signs:
        """Look at each word of a text."""
        bits = 0
        for word in lower.split():
            bits |= _BITS_OF_WORDS[word]
        return cls(lower, has_number, bits)

    @property
    def are_any(self) -> bool:
        """Whether the text is worth any search."""
        return self.bits != 0 or self.has_number or "@" in self.lower

    @property
    def may_spell_a_number(self) -> bool:
        """Whether it has enough digits as words: “done” has one, hardly any text has three."""
        return (self.bits & _ALL_DIGITS).bit_count() >= DISTINCT_DIGITS

    def has(self, kind: str) -> bool:
        """Whether the text has one of the kind's PARTS."""
        is_likely = self.bits & _BIT_OF[kind]
        return bool(is_likely) and any(part in self.lower for part in PARTS[kind])


def _bits_of(word: str) -> int:
    bits, spaced = 0, f" {word} "
    for part, bit in _BITS_OF_PARTS:
        if part in spaced:
            bits |= bit
    return bits
