"""Which parts of a text a search found, as plain pieces without HTML.

highlight_words("The deep hole", "hole") == (("The deep ", False), ("hole", True))
"""

from __future__ import annotations

import re
import unicodedata

from portal.store.search_index import MAX_WORDS, words_in

MAX_LETTERS = 240
LETTERS_BEFORE = 60
_WORD = re.compile(r"[^\W_]+")

Parts = tuple[tuple[str, bool], ...]


def highlight_words(text: str | None, typed: str, letters: int = MAX_LETTERS) -> Parts:
    """The text as (piece, is it a hit) pairs, whole words at a time; empty without text.

    A text longer than `letters` is cut around the first hit, with an ellipsis. Words match as in
    the search itself (portal.store.search_index): case and accents do not matter, and the last
    word typed may be the beginning of a longer one.
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
    """Where the part that is shown begins and ends: at spaces, where there are any."""
    if len(text) <= letters:
        return 0, len(text)
    begin = max(0, min(first_hit - LETTERS_BEFORE, len(text) - letters))
    if begin:
        begin = text.find(" ", begin, first_hit) + 1 or begin
    end = min(len(text), begin + letters)
    last_space = text.rfind(" ", begin + letters // 2, end)
    return begin, last_space if last_space > 0 and end < len(text) else end
