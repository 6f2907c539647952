"""What an adapter to a work-order system looks like to the sender, and the network it talks over.

An adapter speaks one protocol. It never touches the database: it is handed a message and returns
what became of it. An answer it does not understand is an outcome, never an exception. The network
is a function handed in, so that a test can hand in another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import httpx2

from data_sync.reading.base import Answer
from data_sync.reading.fetch import Fetcher, Unreachable
from portal.domain.dispatch import Kind, Outcome, Outgoing
from portal.errors import SourceError

AFTER_SENDING = frozenset({"too_large", "too_slow"})
"""The client's reasons that come only once the request has arrived."""
_NEVER_LEFT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.PoolTimeout,
    Unreachable,
)
Talk = Callable[..., Answer]
"""talk(method, url, params=None, data=None, files=None) -> Answer, whatever it is.

Raises NotSent or NoAnswer.
"""
ReadPhoto = Callable[[str], bytes]
"""name → the picture as JPEG. Raises OSError if it is lost."""


class NotSent(Exception):
    """The request has certainly not arrived."""


class NoAnswer(Exception):
    """The request may have arrived; nothing usable came back."""


class Adapter(Protocol):
    """One work-order system. `can_look_up`: it can be asked for a case by our reference."""

    can_look_up: bool

    def send(self, message: Outgoing) -> Outcome:
        """Send it, once."""
        ...

    def look_up(self, message: Outgoing) -> Outcome:
        """Whether a report has arrived before: Taken with its number, or Absent."""
        ...

    def poll(self, token: str) -> Outcome:
        """The number that the token has become: Taken, or Awaited if there is none yet."""
        ...

    def may_repeat(self, kind: Kind) -> bool:
        """Whether sending it twice does no harm."""
        ...


def talk_over(fetcher: Fetcher) -> Talk:
    """The sync's guarded client as `Talk`: https to that one host, or a desk on this machine."""

    def talk(method: str, url: str, **content: Any) -> Answer:
        try:
            # A connection kept from before may be cut while we write, and nobody could tell
            # whether the request was read.
            return fetcher.exchange(method, url, headers={"connection": "close"}, **content)
        except _NEVER_LEFT as problem:
            raise NotSent(f"It cannot be reached: {_words(problem)}") from problem
        except (httpx2.TransportError, httpx2.DecodingError) as problem:
            raise NoAnswer(f"It did not answer: {_words(problem)}") from problem
        except SourceError as problem:
            kind = NoAnswer if problem.reason in AFTER_SENDING else NotSent
            raise kind(str(problem).partition("?")[0]) from problem  # the query may have a key

    return talk


def _words(problem: Exception) -> str:
    return f"{problem.__class__.__name__} {problem}".strip()[:200]
