"""Whole answers, given again before Flask is asked: 10,000 a second of them.

An answer belongs to one question (host, address, language, encodings, and what the browser has)
and to one state of the city's data and one minute; all must be the same. A request with a cookie
or a name is never answered from here. Its view says whether an answer may be kept (`keep`), so
whatever else Flask serves costs one look into a dictionary here, and nothing of the store.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from portal import logs
from portal.cache.counts import count_request
from portal.context import Portal

log = logs.get_logger(__name__)

PERSONAL = frozenset({"HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_RANGE", "HTTP_IF_MATCH"})
"""A request with one of these goes to Flask: the answer may be one person's, or a part of one."""
MAY_BE_KEPT = "portal.may_be_kept"
FRESH_SECONDS = 0.02
"""So long after the state of the data was read, `peek` need not read it again."""
Environ = dict[str, Any]
Headers = list[tuple[str, str]]


@dataclass(frozen=True)
class Answer:
    """What Flask answered, in which minute and from which state of the data."""

    state: Hashable
    minute: int
    status: str
    headers: Headers
    body: bytes


def keep(environ: Environ, state: Hashable) -> None:
    """Say, in a view, that everyone who asks the same may get this answer.

    It is kept until the minute or the data change. `state` is Portal.state as it was before the
    answer was made.
    """
    environ[MAY_BE_KEPT] = state


class KeptAnswers:
    """A WSGI application in front of another: repeats what the other answered, or asks it."""

    def __init__(
        self,
        ask: Callable[..., Iterable[bytes]],
        portal: Portal,
        clock: Callable[[], float],
        language_of: Callable[[str], str],
    ) -> None:
        self.ask = ask
        self.portal = portal
        self.clock = clock
        self.language_of = language_of
        self._kept = portal.memory.part("kept", is_counted=False)
        self._states: dict[str, tuple[float, Hashable]] = {}

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not _may_be_shared(environ):
            return self.ask(environ, start_response)
        question = self._make_question(environ)
        minute = int(self.clock()) // 60
        answer = self._kept.get(question)
        if answer is None or answer.minute != minute or answer.state != self._state(environ):
            return self._ask_and_keep(question, minute, environ, start_response)
        count_request("kept", "hit")
        start_response(answer.status, list(answer.headers))
        return [answer.body]

    def peek(self, environ: Environ) -> Answer | None:
        """The kept answer to a request, if that is certain without waiting for the store.

        For the event loop, which must not wait. It may be 0.02 s older than the data.
        """
        if not _may_be_shared(environ):
            return None
        read_at, state = self._states.get(self._city_of(environ), (0.0, None))
        if time.monotonic() - read_at > FRESH_SECONDS:
            return None
        answer = self._kept.get(self._make_question(environ))
        if answer is None or answer.minute != int(self.clock()) // 60 or answer.state != state:
            return None
        count_request("kept", "hit")
        return answer

    def _make_question(self, environ: Environ) -> tuple[str | None, ...]:
        header = environ.get
        return (
            header("HTTP_HOST"),
            environ["PATH_INFO"],
            header("QUERY_STRING"),
            self.language_of(header("HTTP_ACCEPT_LANGUAGE", "")),
            header("HTTP_ACCEPT_ENCODING"),
            header("HTTP_IF_NONE_MATCH"),
        )

    def _state(self, environ: Environ) -> Hashable:
        city = self._city_of(environ)
        try:
            read_at = time.monotonic()
            state = self.portal.state(city)
            self._states[city] = read_at, state
            return state
        except Exception:
            # Flask has a page for it; here nothing would catch it.
            log.exception("data version not read")
            return None

    def _city_of(self, environ: Environ) -> str:
        return self.portal.city(environ.get("HTTP_HOST")).id

    def _ask_and_keep(
        self, question: Hashable, minute: int, environ: Environ, start_response: Callable[..., Any]
    ) -> Iterable[bytes]:
        started: list[tuple[str, Headers]] = []

        def note_start(status: str, headers: Headers, *problem: Any) -> Any:
            started.append((status, headers))
            return start_response(status, headers, *problem)

        body = self.ask(environ, note_start)
        state = environ.get(MAY_BE_KEPT)
        if state is None or not _is_for_everyone(*started[-1]):
            return body
        try:
            whole = b"".join(body)
        finally:
            getattr(body, "close", lambda: None)()
        count_request("kept", "miss")
        self._kept.keep(question, Answer(state, minute, *started[-1], whole))
        return [whole]


def _may_be_shared(environ: Environ) -> bool:
    return environ["REQUEST_METHOD"] == "GET" and PERSONAL.isdisjoint(environ)


def _is_for_everyone(status: str, headers: Headers) -> bool:
    return status[:3] in ("200", "304") and not any(
        name.lower() == "set-cookie" for name, _ in headers
    )
