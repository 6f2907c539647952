"""Sentences in other languages: the catalogues of portal/locales, compiled when first spoken. English is the source.

Values are put in after translation, so no translator and no visitor can write another sentence's braces.
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
def catalogue(code: str) -> gettext.NullTranslations:
    """A language's sentences; no compiled file is kept."""
    if code == SOURCE_CODE:
        return gettext.NullTranslations()
    with (LOCALES / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalog = read_po(file, locale=code)
    compiled = BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def spoken(code: str) -> str:
    """The language itself where we speak it, else English."""
    return code if (LOCALES / code).is_dir() else SOURCE_CODE


def translator(code: str) -> Callable[..., str]:
    """A function that says a sentence in a language, with its values in the {holes}."""
    known = catalogue(code)
    return lambda sentence, **values: filled(known.gettext(sentence), values)


def filled(sentence: str, values: dict[str, Any]) -> str:
    """A sentence with values in its {holes}; a hole without a value stays."""
    return (
        HOLE.sub(lambda hole: str(values.get(hole[1], hole[0])), sentence) if values else sentence
    )
