"""Answers given again before Flask is asked: bytes, headers and all, while neither data nor minute have moved on.

The key holds all that an answer can depend on, so nothing is ever taken back, only forgotten: what was asked, in which language and
packing, what the browser holds, the versions of store and facts, and the minute. A question with a cookie or a name is never answered
from here; whether an answer may be kept, its view says (`keep`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from portal.cache import AnswerCache
from portal.context import Portal

KEPT_BYTES = 64 << 20
PERSONAL = ("HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_RANGE", "HTTP_IF_MATCH")
"""A question that says one of these is Flask's: the answer may be somebody's own, or a part of one."""
MAY_BE_KEPT = "portal.may_be_kept"
Environ = dict[str, Any]


class Answer(NamedTuple):
    """What Flask said."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


def keep(environ: Environ) -> None:
    """Say, in a view, that everybody who asks the same may get this answer until the minute or the data change."""
    environ[MAY_BE_KEPT] = True


class KeptAnswers:
    """A WSGI application before another: gives again what the other said, or asks it."""

    def __init__(
        self, ask: Callable[..., Iterable[bytes]], portal: Portal, clock: Callable[[], float], language_of: Callable[[str], str]
    ) -> None:
        self.ask, self.portal, self.clock, self.language_of = ask, portal, clock, language_of
        self._kept = AnswerCache(KEPT_BYTES)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET" or not environ.keys().isdisjoint(PERSONAL):
            return self.ask(environ, start_response)
        key = self._key(environ)
        answer = self._kept.get(key)
        if answer is None:
            return self._asked(key, environ, start_response)
        start_response(answer.status, list(answer.headers))
        return [answer.body]

    def _key(self, environ: Environ) -> tuple[Any, ...]:
        said = environ.get
        return (
            said("HTTP_HOST"),
            environ["PATH_INFO"],
            said("QUERY_STRING"),
            self.language_of(said("HTTP_ACCEPT_LANGUAGE", "")),
            said("HTTP_ACCEPT_ENCODING"),
            said("HTTP_IF_NONE_MATCH"),
            self.portal.state(self.portal.city(said("HTTP_HOST")).id),
            int(self.clock()) // 60,
        )

    def _asked(self, key: tuple[Any, ...], environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        begun: list[tuple[str, list[tuple[str, str]]]] = []

        def begin(status: str, headers: list[tuple[str, str]], *problem: Any) -> Any:
            begun.append((status, headers))
            return start_response(status, headers, *problem)

        body = self.ask(environ, begin)
        if not environ.get(MAY_BE_KEPT) or not _is_for_everybody(*begun[-1]):
            return body
        try:
            whole = b"".join(body)
        finally:
            getattr(body, "close", lambda: None)()
        self._kept.keep(key, Answer(*begun[-1], whole))
        return [whole]


def _is_for_everybody(status: str, headers: list[tuple[str, str]]) -> bool:
    return status[:3] in ("200", "304") and not any(name.lower() == "set-cookie" for name, _ in headers)
