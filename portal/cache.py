"""Answers kept for a while, by an exact key that names the data version. Bounded; in this process alone; nothing is serialised."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any


class AnswerCache:
    """The `size` answers used last. Values are shared between threads: whoever gets one must not change it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get_or_ask(self, key: Hashable, ask: Callable[[], Any]) -> Any:
        """The answer kept under `key`, else what `ask` returns. Two threads may ask at once; an error is not kept."""
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                return self._answers[key]
        answer = ask()
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > self._size:
                self._answers.popitem(last=False)
        return answer
