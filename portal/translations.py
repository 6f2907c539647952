"""Sentences in other languages, from the catalogues of portal/locales. English is the source.

    _ = make_translator("es")
    _("Case {number}", number=12)

Values are filled in after translation, so that no translator and no visitor can add braces to
another sentence.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent / "locales"
SOURCE_CODE = "en"
HOLE = re.compile(r"\{(\w+)\}")


@cache
def load_catalogue(code: str) -> gettext.NullTranslations:
    """A language's sentences, compiled in memory the first time."""
    if code == SOURCE_CODE:
        return gettext.NullTranslations()
    with (LOCALES / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalog = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def supported_language(code: str) -> str:
    """The language itself if we have its sentences, else English."""
    return code if (LOCALES / code).is_dir() else SOURCE_CODE


def make_translator(code: str) -> Callable[..., str]:
    """A function that translates a sentence and fills its {holes} with the values given."""
    catalogue = load_catalogue(code)
    return lambda sentence, **values: fill_holes(catalogue.gettext(sentence), values)


def fill_holes(sentence: str, values: dict[str, Any]) -> str:
    """A sentence with values in its {holes}; a hole without a value stays."""
    if not values:
        return sentence
    return HOLE.sub(lambda hole: str(values.get(hole[1], hole[0])), sentence)
