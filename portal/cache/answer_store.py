"""Answers kept in this process, by an exact key that names the data version. Bounded by bytes.

store = AnswerStore(max_bytes=64 << 20)
lists = store.part("lists")
lists.get_or_ask(("boston", 17, "open"), ask)    # asks
lists.get_or_ask(("boston", 17, "open"), ask)    # does not
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import fields, is_dataclass
from typing import Any

from portal.cache.counts import count_request

FEW_ITEMS = 16


class AnswerStore:
    """The most recently used answers, about `max_bytes` of them.

    Threads share the values: do not change one that you were given.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._used_bytes = 0
        self._answers: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def used_bytes(self) -> int:
        """About how many bytes the answers and their keys take now."""
        return self._used_bytes

    def part(self, name: str, is_counted: bool = True) -> StorePart:
        """The answers of one kind, under keys of their own and within the same bound.

        Hits and misses are counted under the name, unless the user of that part counts them.
        """
        return StorePart(self, name, is_counted)

    def get_or_ask(self, key: Hashable, ask: Callable[[], Any]) -> Any:
        """The answer kept under `key`, else what `ask` returns.

        Two threads may ask at once. An error is not kept.
        """
        return _get_or_ask(self, key, ask)

    def get(self, key: Hashable, otherwise: Any = None) -> Any:
        """The answer kept under `key`."""
        with self._lock:
            if key not in self._answers:
                return otherwise
            self._answers.move_to_end(key)
            return self._answers[key][0]

    def keep(self, key: Hashable, answer: Any) -> None:
        """Keep an answer; the least recently used ones make room for it.

        One that is larger than the whole store is not kept.
        """
        size = estimate_bytes(key) + estimate_bytes(answer)
        with self._lock:
            self._remove(key)
            if size > self.max_bytes:
                return
            self._answers[key] = answer, size
            self._used_bytes += size
            while self._used_bytes > self.max_bytes:
                self._used_bytes -= self._answers.popitem(last=False)[1][1]

    def drop(self, key: Hashable) -> bool:
        """Forget an answer; whether there was one."""
        with self._lock:
            return self._remove(key)

    def _remove(self, key: Hashable) -> bool:
        entry = self._answers.pop(key, None)
        if entry is None:
            return False
        self._used_bytes -= entry[1]
        return True


class StorePart:
    """The answers of one kind in a store that others use too."""

    def __init__(self, store: AnswerStore, name: str, is_counted: bool) -> None:
        self._store = store
        self._name = name
        self._is_counted = is_counted

    def get_or_ask(self, key: Hashable, ask: Callable[[], Any]) -> Any:
        """The answer kept under `key`, else what `ask` returns. An error is not kept."""
        return _get_or_ask(self, key, ask)

    def get(self, key: Hashable, otherwise: Any = None) -> Any:
        """The answer kept under `key`."""
        answer = self._store.get((self._name, key), otherwise)
        if self._is_counted and answer is not otherwise:
            count_request(self._name, "hit")
        return answer

    def keep(self, key: Hashable, answer: Any) -> None:
        """As AnswerStore.keep."""
        if self._is_counted:
            count_request(self._name, "miss")
        self._store.keep((self._name, key), answer)

    def drop(self, key: Hashable) -> bool:
        """As AnswerStore.drop."""
        return self._store.drop((self._name, key))


def _get_or_ask(store: AnswerStore | StorePart, key: Hashable, ask: Callable[[], Any]) -> Any:
    answer = store.get(key, store)
    if answer is store:  # no answer is the store itself
        answer = ask()
        store.keep(key, answer)
    return answer


def estimate_bytes(answer: Any) -> int:
    """What an answer takes in memory, within a factor of two or so.

    Of more than a few items the first one speaks for all.
    """
    size = sys.getsizeof(answer)
    if isinstance(answer, (tuple, list, set, frozenset)) and answer:
        return size + _estimate_items(answer)
    if isinstance(answer, dict) and answer:
        return size + len(answer) * sum(map(estimate_bytes, next(iter(answer.items()))))
    if is_dataclass(answer):
        return size + sum(estimate_bytes(getattr(answer, field.name)) for field in fields(answer))
    return size


def _estimate_items(items: tuple | list | set | frozenset) -> int:
    # A key has few parts, and visitors decide how long each of them is.
    if len(items) <= FEW_ITEMS:
        return sum(map(estimate_bytes, items))
    return len(items) * estimate_bytes(next(iter(items)))
