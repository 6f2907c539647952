"""The language a page is written in: chosen in its address, else by the browser. English is the source; others are in portal/locales.

Strings are marked where they stand: `_("Case {number}", number=…)`. What belongs to one request is held in a context
variable: threads never see each other's.
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
    """A language that pages can be had in: its BCP 47 code, its name in itself, and which way it is written."""

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
    """Write in a language for a while. `is_chosen`: the reader asked for it in the address, so that links keep it (`kept`).

    `city` is the language that the city itself writes in (layouts.shared.city_words).
    """
    token = _spoken.set(_Spoken(LANGUAGES[code], is_chosen, load_catalogue(code), city))
    try:
        yield LANGUAGES[code]
    finally:
        _spoken.reset(token)


def current_language() -> Language:
    """The language being written."""
    return _now().language


def city_language() -> str:
    """The code of the language that the city writes its own words in; it need not be one of ours."""
    return _now().city


def keep_language(address: str) -> str:
    """An address of ours in the language the reader chose; unchanged where none was chosen or it names one itself."""
    if (
        not _now().is_chosen
        or not address.startswith(("/", "?"))
        or re.search(r"[?&]lang=", address)
    ):
        return address
    path, hash_mark, fragment = address.partition("#")
    return f"{path}{'&' if '?' in path else '?'}lang={current_language().code}{hash_mark}{fragment}"


def language_kept_in_forms() -> str | None:
    """The code that a form sends along, where the reader chose a language."""
    return current_language().code if _now().is_chosen else None


def _(text: str, **values: Any) -> str:
    """A string in the page's language, with `values` in its {holes}."""
    return fill_holes(_now().translations.gettext(text), values)


def pgettext(context: str, text: str, **values: Any) -> str:
    """Likewise, for a word that means several things: `context` tells the translator which."""
    return fill_holes(_now().translations.pgettext(context, text), values)


def ngettext(one: str, many: str, n: int, **values: Any) -> str:
    """Likewise, in the singular or the plural that the language has for `n`, which stands in {n} with its thousands apart."""
    return fill_holes(_now().translations.ngettext(one, many, n), {"n": f"{n:,}", **values})


def npgettext(context: str, one: str, many: str, n: int, **values: Any) -> str:
    """Both."""
    return fill_holes(
        _now().translations.npgettext(context, one, many, n), {"n": f"{n:,}", **values}
    )


def pick_translation(texts: Mapping[str, str]) -> str:
    """A sentence that a city's file has in several languages: in the one spoken now, else in English, else in any."""
    return (
        texts.get(current_language().code)
        or texts.get(SOURCE.code)
        or next(iter(texts.values()), "")
    )


def weave(sentence: str, **parts: Any) -> list[Any]:
    """A translated sentence around components: woven(_("As of {moment}."), moment=time(…)) → ["As of ", <time>, "."]."""
    pieces = HOLE.split(sentence)
    return [
        parts.get(piece, f"{{{piece}}}") if i % 2 else piece
        for i, piece in enumerate(pieces)
        if piece
    ]


def _now() -> _Spoken:
    # Outside a page, as in a test of a layout, the source language is spoken.
    return _spoken.get(None) or _Spoken(SOURCE, False, load_catalogue(SOURCE.code), SOURCE.code)
