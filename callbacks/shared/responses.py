"""Answers that several pages give: what anyone may keep for a while, and the way to a case."""

from __future__ import annotations

from flask import Response, request
from werkzeug.routing import RequestRedirect

from layouts.shared.components import case_address
from layouts.shared.language import keep_language

TO_US_ALONE = "same-origin"
"""Referrer-Policy of a page whose address is nobody else's. “no-referrer” would hide it no better,
and makes older browsers send our own forms with the origin “null”, like another site's.
"""


class SeeOther(RequestRedirect):
    """A redirect that no browser remembers: the same number may mean another case tomorrow."""

    code = 303


def redirect_to_case(case_id: str) -> SeeOther:
    """To raise where what was typed means one case."""
    return SeeOther(keep_language(case_address(case_id)))


def ask_each_time(answer: Response) -> Response:
    """The answer, for anyone to keep who asks each time whether it is still right.

    For what has people's words in it: what is hidden must not live on in a cache.
    """
    answer.headers["Cache-Control"] = "public, no-cache"
    answer.vary.add("Accept-Language")
    answer.add_etag()
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]


def cache_publicly(answer: Response, seconds: int) -> Response:
    """The answer, for browsers and proxies to keep for so many seconds, apart for each language."""
    answer.headers["Cache-Control"] = f"public, max-age={seconds}"
    answer.vary.add("Accept-Language")
    answer.add_etag()
    return answer.make_conditional(request)  # pyright: ignore[reportReturnType]
