"""What a way to a work-order system looks like to the sender, and the network it talks over.

An adapter speaks one protocol. It never touches the database: it is handed what is to be said and tells what became of it. An answer it
does not understand is an outcome, never an exception. The network is a function handed in, so that a test hands in another.
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
"""Reasons of the client that come only once the question has arrived."""
Talk = Callable[..., Answer]
"""talk(method, url, params=None, data=None, files=None) -> Answer, whatever it is. Raises NotSent or NoAnswer."""
ReadPhoto = Callable[[str], bytes]
"""name → the picture as JPEG. Raises OSError where it is lost."""


class NotSent(Exception):
    """The question has certainly not arrived."""


class NoAnswer(Exception):
    """The question may have arrived; nothing usable came back."""


class Adapter(Protocol):
    """One work-order system. `can_look_up`: it can be asked for a case by our reference."""

    can_look_up: bool

    def send(self, told: Outgoing) -> Outcome:
        """Say it, once."""
        ...

    def look_up(self, told: Outgoing) -> Outcome:
        """Whether a report has arrived before: Taken with its number, or Absent."""
        ...

    def poll(self, token: str) -> Outcome:
        """The number a token stands for by now: Taken, or Awaited."""
        ...

    def may_repeat(self, kind: Kind) -> bool:
        """Whether saying it twice does no harm."""
        ...


def talk_over(fetcher: Fetcher) -> Talk:
    """The guarded client of the sync as `Talk`: https to that one host, or to a desk on this machine."""

    def talk(method: str, url: str, **said: Any) -> Answer:
        try:
            # A connection kept from before may be cut while we write: nobody could tell whether that was read.
            return fetcher.exchange(method, url, headers={"connection": "close"}, **said)
        except (
            httpx2.ConnectError,
            httpx2.ConnectTimeout,
            httpx2.PoolTimeout,
            Unreachable,
        ) as problem:
            raise NotSent(f"It cannot be reached: {_words(problem)}") from problem
        except (httpx2.TransportError, httpx2.DecodingError) as problem:
            raise NoAnswer(f"It did not answer: {_words(problem)}") from problem
        except SourceError as problem:
            kind = NoAnswer if problem.reason in AFTER_SENDING else NotSent
            raise kind(str(problem).partition("?")[0]) from problem  # the question may hold a key

    return talk


def _words(problem: Exception) -> str:
    return f"{problem.__class__.__name__} {problem}".strip()[:200]
