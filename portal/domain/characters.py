"""Letters, digits, dashes and spaces as a plain keyboard has them, whatever was typed or pasted.

    fold("６１７‑555 ０１２３")  →  "617-555 0123"

Word processors, phones and other scripts have a dozen dashes and spaces, their own digits, and
characters that cannot be seen at all. A reader sees no difference, so neither may a
pattern that looks for a number.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_LIKE = (
    dict.fromkeys("⁃−➖", "-")
    | dict.fromkeys("·•∙⋅・‧●", ".")
    | dict.fromkeys("⁄∕", "/")
    | dict.fromkeys("\u2800\u3164\u115f\u1160\uffa0", " ")
    | {"№": "#"}
)
"""What these look like. To Unicode they are signs and letters, some of them blank."""


class _Folding(dict[int, str]):
    """What each character becomes, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = _fold_character(chr(code))
        return self[code]


_FOLDING = _Folding()


def fold(text: str) -> str:
    """The text with plain digits, dashes and spaces, and without what cannot be seen.

    Wide and styled letters become plain ones; accents that stand alone are left out. No character
    becomes more than one.
    """
    return text if text.isascii() else text.translate(_FOLDING)


@dataclass(frozen=True)
class Folded:
    """A folded text that knows where each of its characters came from."""

    text: str
    starts: range | tuple[int, ...]
    """For each character of `text` its place in the original; one more for the end."""

    @classmethod
    def of(cls, original: str) -> Folded:
        """Fold a text and keep the way back."""
        if original.isascii():
            return cls(original, range(len(original) + 1))
        pieces = [_FOLDING[ord(letter)] for letter in original]
        starts = tuple(place for place, piece in enumerate(pieces) if piece)
        return cls("".join(pieces), (*starts, len(original)))


def _fold_character(letter: str) -> str:
    category = unicodedata.category(letter)
    # Marks that join, direct or select, and accents by themselves. Line breaks and tabs stay.
    kinds = {"Pd": "-", "Zs": " ", "Zl": " ", "Zp": " ", "Cf": "", "Mn": "", "Me": ""}
    if (plain := _LIKE.get(letter, kinds.get(category))) is not None:
        return plain
    if (digit := unicodedata.digit(letter, None)) is not None:
        return str(digit)
    plain = unicodedata.normalize("NFKC", letter)
    return plain if len(plain) == 1 else letter
