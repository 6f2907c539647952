"""Words of ours that stand in a text which came back: known again however they are written.

    hide_quotes("CALLER: bo&nbsp;miller did it", "Bo Miller", "…")   # "CALLER: … did it"
    has_words_of("Web: There is a deep hole here.", "There is a deep hole")   # True

Capitals, accents, spaces, punctuation, HTML entities and tags do not matter. Of words that are
many, five in a row are enough: systems cut texts and put their own around them.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping

IN_A_ROW = 5
FEWEST_WORDS, FEWEST_LETTERS = 3, 12
"""Of less, nobody can say whose words they are: "Still there"."""
ENOUGH = 0.6
"""Share of a text's runs of words that has to be there for the text to be known again."""

_PIECE = re.compile(
    r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});|<[^<>]{0,200}>|.", re.DOTALL
)
_Word = tuple[str, int, int]
"""A word as it is compared, and where it begins and ends in the text."""


def hide_quotes(text: str, words: str, stand_in: str) -> str:
    """The text with a stand-in for what it has of these words."""
    spans = _spans(text, words)
    for start, end in reversed(spans):
        text = text[:start] + stand_in + text[end:]
    return text


def has_words_of(text: str, words: str) -> bool:
    """Whether a text has most of these words, in their order. Never for a few short words."""
    if not is_telling(words):
        return False
    wanted = _runs([word for word, *_ in _words_of(words)])
    found = {run for run, *_ in _runs_in(text, len(next(iter(wanted))))}
    return len(wanted & found) >= ENOUGH * len(wanted)


class KnownTexts:
    """Texts by their keys, to ask which of them another text repeats.

    Only texts of many words are known again: two residents may both write "Still there".
    """

    def __init__(self, texts: Mapping[int, str]) -> None:
        self._sizes: dict[int, int] = {}
        self._keys: dict[tuple[str, ...], list[int]] = {}
        for key, text in texts.items():
            runs = _runs([word for word, *_ in _words_of(text)])
            if len(next(iter(runs), ())) < IN_A_ROW:
                continue
            self._sizes[key] = len(runs)
            for run in runs:
                self._keys.setdefault(run, []).append(key)

    def find_repeated(self, text: str) -> list[int]:
        """Keys of the texts that most of is in this one, the newest first."""
        runs = {run for run, *_ in _runs_in(text, IN_A_ROW)}
        found = Counter(key for run in runs for key in self._keys.get(run, ()))
        return sorted(
            (key for key, count in found.items() if count >= ENOUGH * self._sizes[key]),
            reverse=True,
        )


def is_telling(words: str) -> bool:
    """Whether these are words enough to know whose they are."""
    found = [word for word, *_ in _words_of(words)]
    return len(found) >= FEWEST_WORDS and sum(map(len, found)) >= FEWEST_LETTERS


def normal_words(text: str) -> str:
    """The words of a text as they are compared: equal for texts that say the same."""
    return " ".join(word for word, *_ in _words_of(text))


def _spans(text: str, words: str) -> list[tuple[int, int]]:
    """Where the text has the words, or a run of them; spans that touch are one."""
    wanted = _runs([word for word, *_ in _words_of(words)])
    if not wanted:
        return []
    spans: list[tuple[int, int]] = []
    for run, start, end in _runs_in(text, len(next(iter(wanted)))):
        if run not in wanted:
            continue
        if spans and start <= spans[-1][1]:
            spans[-1] = spans[-1][0], end
        else:
            spans.append((start, end))
    return spans


def _runs(words: list[str]) -> set[tuple[str, ...]]:
    """Each run of five words; fewer words are one run."""
    length = min(len(words), IN_A_ROW)
    if not length:
        return set()
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}


def _runs_in(text: str, length: int) -> Iterator[tuple[tuple[str, ...], int, int]]:
    words = list(_words_of(text))
    for at in range(len(words) - length + 1):
        run = words[at : at + length]
        yield tuple(word for word, *_ in run), run[0][1], run[-1][2]


def _words_of(text: str) -> Iterator[_Word]:
    letters, start, end = "", 0, 0
    for piece in _PIECE.finditer(text):
        plain = _plain(piece[0])
        if plain is None:
            continue  # neither a letter nor what parts words: an accent, something unseen
        if plain:
            start = start if letters else piece.start()
            letters, end = letters + plain, piece.end()
        elif letters:
            yield letters, start, end
            letters = ""
    if letters:
        yield letters, start, end


def _plain(piece: str) -> str | None:
    """A piece's letters and digits as they are compared; empty for what parts words."""
    if len(piece) == 1 and piece.isascii():
        return piece.lower() if piece.isalnum() else ""
    if piece.startswith("<"):
        return ""
    written = unicodedata.normalize("NFKD", html.unescape(piece)).casefold()
    if all(unicodedata.category(letter) in ("Mn", "Cf", "Cs") for letter in written):
        return None
    return "".join(letter for letter in written if letter.isalnum())
