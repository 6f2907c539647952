"""Answers kept for a while, by an exact key that names the data version. Bounded; in this process alone; nothing is serialised."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from typing import Any


class AnswerCache:
    """The answers used last, about `max_bytes` of them. Values are shared between threads: whoever gets one must not change it."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._answers: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get_or_ask(self, key: Hashable, ask: Callable[[], Any]) -> Any:
        """The answer kept under `key`, else what `ask` returns. Two threads may ask at once; an error is not kept."""
        answer = self.get(key, self)
        if answer is self:  # no answer is the cache itself
            answer = ask()
            self.keep(key, answer)
        return answer

    def get(self, key: Hashable, otherwise: Any = None) -> Any:
        """The answer kept under `key`."""
        with self._lock:
            if key not in self._answers:
                return otherwise
            self._answers.move_to_end(key)
            return self._answers[key][0]

    def keep(self, key: Hashable, answer: Any) -> None:
        """Keep an answer; those used longest ago make room for it."""
        size = rough_bytes(key) + rough_bytes(answer)
        with self._lock:
            self._bytes += size - self._answers.pop(key, (None, 0))[1]
            self._answers[key] = answer, size
            while self._bytes > self._max_bytes:
                self._bytes -= self._answers.popitem(last=False)[1][1]


def rough_bytes(answer: Any) -> int:
    """What an answer takes in memory, within a factor of two or so: of many items the first one speaks for all."""
    size = sys.getsizeof(answer)
    if isinstance(answer, (tuple, list, set, frozenset)) and answer:
        return size + len(answer) * rough_bytes(next(iter(answer)))
    if isinstance(answer, dict) and answer:
        return size + len(answer) * sum(map(rough_bytes, next(iter(answer.items()))))
    if is_dataclass(answer):
        return size + sum(rough_bytes(getattr(answer, field.name)) for field in fields(answer))
    return size
