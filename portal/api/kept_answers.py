"""Answers given again before Flask is asked: bytes, headers and all, while neither the data nor the minute have moved on.

An answer stands for one question (host, address, language, packing, and what the browser holds) and one state of the city's data; both
must be the same. A question with a cookie or a name is never answered from here. Whether an answer may be kept its view says (`keep`),
so whatever else Flask serves costs one look into a dictionary here, and nothing of the store.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from portal.cache import AnswerCache
from portal.context import Portal

log = logging.getLogger(__name__)

KEPT_BYTES = 64 << 20
PERSONAL = frozenset({"HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_RANGE", "HTTP_IF_MATCH"})
"""A question that says one of these is Flask's: the answer may be somebody's own, or a part of one."""
MAY_BE_KEPT = "portal.may_be_kept"
Environ = dict[str, Any]
Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """What Flask said, in which minute and of which state of the data."""

    state: Hashable
    minute: int
    status: str
    headers: Headers
    body: bytes


def keep(environ: Environ, state: Hashable) -> None:
    """Say, in a view, that everybody who asks the same may get this answer until the minute or the data change.

    `state` is Portal.state as it was before the answer was made.
    """
    environ[MAY_BE_KEPT] = state


class KeptAnswers:
    """A WSGI application before another: gives again what the other said, or asks it."""

    def __init__(
        self,
        ask: Callable[..., Iterable[bytes]],
        portal: Portal,
        clock: Callable[[], float],
        language_of: Callable[[str], str],
    ) -> None:
        self.ask, self.portal, self.clock, self.language_of = ask, portal, clock, language_of
        self._kept = AnswerCache(KEPT_BYTES)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET" or not PERSONAL.isdisjoint(environ):
            return self.ask(environ, start_response)
        question, minute = self._question(environ), int(self.clock()) // 60
        answer = self._kept.get(question)
        if answer is None or answer.minute != minute or answer.state != self._state(environ):
            return self._asked(question, minute, environ, start_response)
        start_response(answer.status, list(answer.headers))
        return [answer.body]

    def _question(self, environ: Environ) -> tuple[str | None, ...]:
        said = environ.get
        return (
            said("HTTP_HOST"),
            environ["PATH_INFO"],
            said("QUERY_STRING"),
            self.language_of(said("HTTP_ACCEPT_LANGUAGE", "")),
            said("HTTP_ACCEPT_ENCODING"),
            said("HTTP_IF_NONE_MATCH"),
        )

    def _state(self, environ: Environ) -> Hashable:
        try:
            return self.portal.state(self.portal.city(environ.get("HTTP_HOST")).id)
        except Exception:
            # Flask has a page for it; here nobody would catch it.
            log.exception("the state of the data is not to be had")
            return None

    def _asked(
        self, question: Hashable, minute: int, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        begun: list[tuple[str, Headers]] = []

        def begin(status: str, headers: Headers, *problem: Any) -> Any:
            begun.append((status, headers))
            return start_response(status, headers, *problem)

        body = self.ask(environ, begin)
        state = environ.get(MAY_BE_KEPT)
        if state is None or not _is_for_everybody(*begun[-1]):
            return body
        try:
            whole = b"".join(body)
        finally:
            getattr(body, "close", lambda: None)()
        self._kept.keep(question, Answer(state, minute, *begun[-1], whole))
        return [whole]


def _is_for_everybody(status: str, headers: Headers) -> bool:
    return status[:3] in ("200", "304") and not any(
        name.lower() == "set-cookie" for name, _ in headers
    )
