"""Which parts of a text a search found, as plain pieces: no HTML is made here."""

from __future__ import annotations

import re
import unicodedata

from portal.store.search_index import MAX_WORDS, words_in

MAX_LETTERS = 240
LETTERS_BEFORE = 60
_WORD = re.compile(r"[^\W_]+")

Parts = tuple[tuple[str, bool], ...]


def highlighted(text: str | None, typed: str, letters: int = MAX_LETTERS) -> Parts:
    """The text as (piece, was it searched for) pairs, whole words at a time; a long one is cut around the first hit, with an ellipsis.

    A word counts as the search itself counts it (portal.store.search_index): case and accents do not matter, the last typed word may be a
    beginning. No text: empty.
    """
    plain = unicodedata.normalize("NFC", " ".join((text or "").split()))
    wanted = words_in(typed)[:MAX_WORDS]
    hits = [match.span() for match in _WORD.finditer(plain) if _is_hit(match.group(), wanted)]
    begin, end = _window(plain, hits[0][0] if hits else 0, letters)
    parts: list[tuple[str, bool]] = [("…", False)] if begin else []
    here = begin
    for start, stop in hits:
        if begin <= start and stop <= end:
            parts += [(plain[here:start], False), (plain[start:stop], True)]
            here = stop
    parts += [(plain[here:end], False), ("…" if end < len(plain) else "", False)]
    return tuple((piece, is_hit) for piece, is_hit in parts if piece)


def _is_hit(word: str, wanted: list[str]) -> bool:
    return any(
        folded in wanted or (wanted and folded.startswith(wanted[-1])) for folded in words_in(word)
    )


def _window(text: str, first_hit: int, letters: int) -> tuple[int, int]:
    """Begin and end of what is shown, at spaces where there are any."""
    if len(text) <= letters:
        return 0, len(text)
    begin = max(0, min(first_hit - LETTERS_BEFORE, len(text) - letters))
    if begin:
        begin = text.find(" ", begin, first_hit) + 1 or begin
    end = min(len(text), begin + letters)
    if end < len(text):
        end = (
            max(text.rfind(" ", begin + letters // 2, end), begin + letters // 2)
            if " " in text[begin + letters // 2 : end]
            else end
        )
    return begin, end
