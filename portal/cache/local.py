"""Flask-Caching's backend where no cache server is configured: this process's own memory."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask_caching.backends.base import BaseCache

from portal.cache.shared import MemoryBytes


class LocalCache(BaseCache):
    """Bytes within the bound of the process's AnswerStore. Nothing is serialized."""

    def __init__(self, memory: MemoryBytes, default_timeout: int = 300) -> None:
        super().__init__(default_timeout=default_timeout)
        self._memory = memory

    @classmethod
    def factory(
        cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]
    ) -> LocalCache:
        """What Flask-Caching calls; `portal.cache.setup` sets the options."""
        return cls(MemoryBytes(kwargs["store"]), kwargs["default_timeout"])

    def get(self, key: str) -> bytes | None:
        """The bytes under a key; None: there are none."""
        return self._memory.get(key)

    def set(self, key: str, value: bytes, timeout: Any = None) -> bool:
        """Keep bytes for so many seconds."""
        return self._memory.set(key, value, self._normalize_timeout(timeout))

    def delete(self, key: str) -> bool:
        """Forget the bytes under a key."""
        return self._memory.delete(key)

    def has(self, key: str) -> bool:
        """Whether there are bytes under a key."""
        return self._memory.get(key) is not None
