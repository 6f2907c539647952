"""Answers that are bytes, under keys that are the same in every process of every machine.

    question = Question("page", "boston", "/cases", state, ("status=open", "en", minute))
    body = shared.get(question)
    if body is None:
        body = make()
        shared.keep(question, body, seconds=120)

Only what anyone may see goes in here. Where the bytes end up is the business of the cache that
`SharedAnswers` is given: Flask-Caching in a web process, this process's memory elsewhere.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Protocol

from portal.cache.answer_store import AnswerStore
from portal.cache.counts import count_request

LARGEST_BYTES = 4 << 20
"""Larger answers are not shared: sending one would hold up the visitor it was made for."""
_MEMORY_ADDRESS = re.compile(r"<[^<>]* at 0x[0-9a-f]+>")


@dataclass(frozen=True)
class Question:
    """Everything that a shared answer depends on.

    `kind` is page, tile and the like; `name` the function or route that answers; `version` the
    data it answers from; `parts` the validated filter, the language, the minute and so on. All
    of them are told apart by their `repr`.
    """

    kind: str
    city_id: str
    name: str
    version: Hashable
    parts: tuple[object, ...]


class ByteCache(Protocol):
    """What shared answers are kept in: `flask_caching.Cache`, or `MemoryBytes`."""

    def get(self, key: str, /) -> bytes | None: ...

    def set(self, key: str, value: bytes, timeout: int, /) -> bool | None: ...


class SharedAnswers:
    """Questions and their answers, in a cache that may belong to several machines."""

    def __init__(self, cache: ByteCache, namespace: str) -> None:
        self.cache = cache
        self.namespace = namespace

    def get(self, question: Question) -> bytes | None:
        """The bytes kept for a question; None: there are none."""
        key = self.key_of(question)
        body = self.cache.get(key) if key else None
        if body is not None:
            count_request(question.kind, "hit")
        return body

    def keep(self, question: Question, body: bytes, seconds: int) -> None:
        """Keep the answer to a question for so many seconds at most."""
        count_request(question.kind, "miss")
        key = self.key_of(question)
        if key and len(body) <= LARGEST_BYTES:
            self.cache.set(key, body, seconds)

    def get_or_make(self, question: Question, make: Callable[[], bytes], seconds: int) -> bytes:
        """The bytes kept for a question, else what `make` returns. An error is not kept."""
        body = self.get(question)
        if body is None:
            body = make()
            self.keep(question, body, seconds)
        return body

    def key_of(self, question: Question) -> str | None:
        """The question's key: readable in front, exact at the end.

        None where the question holds an object that has no name outside this process: another
        process could have a different object at the same address.
        """
        exact = repr((question.name, question.version, question.parts))
        if _MEMORY_ADDRESS.search(exact):
            return None
        digest = hashlib.sha256(exact.encode("utf-8", "backslashreplace")).hexdigest()
        return f"{self.namespace}:{question.city_id}:{question.kind}:{question.name}:{digest}"


class MemoryBytes:
    """Bytes in an AnswerStore, each for a limited time."""

    def __init__(self, store: AnswerStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._part = store.part("shared", is_counted=False)
        self._clock = clock

    def get(self, key: str) -> bytes | None:
        """The bytes under a key; None: there are none, or their time is over."""
        entry = self._part.get(key)
        if entry is None:
            return None
        body, ends_at = entry
        if self._clock() < ends_at:
            return body
        self._part.drop(key)
        return None

    def set(self, key: str, value: bytes, timeout: int) -> bool:
        """Keep bytes for `timeout` seconds."""
        self._part.keep(key, (value, self._clock() + timeout))
        return True

    def delete(self, key: str) -> bool:
        """Forget the bytes under a key; whether there were any."""
        return self._part.drop(key)
