"""The language that a request is answered in.

The one in its address (`?lang=es`), else the first that the browser asks for and we have.
No cookie.
"""

from __future__ import annotations

from functools import lru_cache

from flask import request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from layouts.shared.language import LANGUAGES, SOURCE
from portal.errors import BadRequest


def requested_language() -> tuple[str, bool]:
    """The language's code, and whether the address names it.

    Raises BadRequest for a language we do not have.
    """
    code = request.args.get("lang")
    if not code:
        return browser_language(), False
    if code not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise BadRequest(
            "We do not have the language lang=“{value}”. We have: {known}.",
            value=code[:20],
            known=known,
        )
    return code, True


def language_of_problem() -> tuple[str, bool]:
    """The same for an error page, which an unknown language must not keep from the reader."""
    try:
        return requested_language()
    except BadRequest:
        return browser_language(), False


def browser_language() -> str:
    """The code of our language that the browser's settings put first."""
    return language_of_header(request.headers.get("Accept-Language", ""))


@lru_cache(maxsize=1_000)  # browsers send a few hundred different headers
def language_of_header(header: str) -> str:
    """The code of our language that an Accept-Language header puts first."""
    asked = parse_accept_header(header, LanguageAccept)
    return asked.best_match(list(LANGUAGES), SOURCE.code) or SOURCE.code
