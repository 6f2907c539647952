"""Which language a request is answered in: the one in its address (?lang=es), else the browser's first that we have. No cookie."""

from __future__ import annotations

from functools import lru_cache

from flask import request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from layouts.shared.language import LANGUAGES, SOURCE
from portal.errors import BadRequest


def requested_language() -> tuple[str, bool]:
    """The code, and whether the address chose it. Raises BadRequest for a language we have not."""
    asked = request.args.get("lang")
    if not asked:
        return browser_language(), False
    if asked not in LANGUAGES:
        known = ", ".join(LANGUAGES)
        raise BadRequest(
            "We do not have the language lang=“{value}”. We have: {known}.",
            value=asked[:20],
            known=known,
        )
    return asked, True


def language_of_problem() -> tuple[str, bool]:
    """Likewise, for a page that says what went wrong: an unknown language must not hide the reason."""
    try:
        return requested_language()
    except BadRequest:
        return browser_language(), False


def browser_language() -> str:
    """The language of ours that the browser's settings put first."""
    return language_of_header(request.headers.get("Accept-Language", ""))


@lru_cache(maxsize=1_000)  # browsers say a few hundred different things
def language_of_header(header: str) -> str:
    """The same for the words of an Accept-Language header."""
    return (
        parse_accept_header(header, LanguageAccept).best_match(list(LANGUAGES), SOURCE.code)
        or SOURCE.code
    )
