"""The language that a page is written in: that of its address, else the browser's.

English is the source; the other languages are in portal/locales. Strings are marked in place:

    with speaking("es"):
        _("Case {number}", number="101")                 Caso 101
        ngettext("{n} case", "{n} cases", 1_204)         1,204 casos

What belongs to one request is in a context variable, so threads never see each other's.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from portal.translations import HOLE, SOURCE_CODE, fill_holes, load_catalogue


@dataclass(frozen=True)
class Language:
    """A language of our pages: its BCP 47 code, its own name, and its direction (ltr or rtl)."""

    code: str
    name: str
    direction: str = "ltr"


LANGUAGES = {
    language.code: language for language in (Language("en", "English"), Language("es", "Español"))
}
SOURCE = LANGUAGES[SOURCE_CODE]


@dataclass(frozen=True)
class _Spoken:
    language: Language
    is_chosen: bool
    translations: gettext.NullTranslations
    city: str


_spoken: ContextVar[_Spoken] = ContextVar("spoken")


@contextmanager
def speaking(code: str, is_chosen: bool = False, city: str = SOURCE_CODE) -> Iterator[Language]:
    """Write in a language (its code) inside the block.

    `is_chosen`: the address names it, so links keep it (`keep_language`). `city` is the language
    that the city itself writes in (layouts.shared.city_words).
    """
    token = _spoken.set(_Spoken(LANGUAGES[code], is_chosen, load_catalogue(code), city))
    try:
        yield LANGUAGES[code]
    finally:
        _spoken.reset(token)


def current_language() -> Language:
    """The language of the page being made."""
    return _now().language


def city_language() -> str:
    """The code of the language the city writes its own words in; it may be none of ours."""
    return _now().city


def keep_language(address: str) -> str:
    """An address of ours with the language that the reader chose.

    Unchanged if the reader chose none, or the address has a language already.
    """
    if (
        not _now().is_chosen
        or not address.startswith(("/", "?"))
        or re.search(r"[?&]lang=", address)
    ):
        return address
    path, hash_mark, fragment = address.partition("#")
    return f"{path}{'&' if '?' in path else '?'}lang={current_language().code}{hash_mark}{fragment}"


def language_kept_in_forms() -> str | None:
    """The code that forms send along; None if the reader chose no language."""
    return current_language().code if _now().is_chosen else None


def _(text: str, **values: Any) -> str:
    """A string in the page's language, with `values` in its {holes}."""
    return fill_holes(_now().translations.gettext(text), values)


def pgettext(context: str, text: str, **values: Any) -> str:
    """The same for a word with several meanings: `context` tells the translator which."""
    return fill_holes(_now().translations.pgettext(context, text), values)


def ngettext(one: str, many: str, n: int, **values: Any) -> str:
    """The same in the singular or plural that the language has for `n`; {n} is like 1,204."""
    return fill_holes(_now().translations.ngettext(one, many, n), {"n": f"{n:,}", **values})


def npgettext(context: str, one: str, many: str, n: int, **values: Any) -> str:
    """`ngettext` with a context for the translator."""
    return fill_holes(
        _now().translations.npgettext(context, one, many, n), {"n": f"{n:,}", **values}
    )


def pick_translation(texts: Mapping[str, str]) -> str:
    """A text from a city's file in the page's language, else in English, else in any (by code)."""
    return (
        texts.get(current_language().code)
        or texts.get(SOURCE.code)
        or next(iter(texts.values()), "")
    )


def weave(sentence: str, **parts: Any) -> list[Any]:
    """A translated sentence with components in its {holes}.

    weave(_("As of {moment}."), moment=time_tag(…))       ["As of ", <time>, "."]
    """
    pieces = HOLE.split(sentence)
    return [
        parts.get(piece, f"{{{piece}}}") if i % 2 else piece
        for i, piece in enumerate(pieces)
        if piece
    ]


def _now() -> _Spoken:
    # English outside of a page, as in a test of a layout.
    return _spoken.get(None) or _Spoken(SOURCE, False, load_catalogue(SOURCE.code), SOURCE.code)
