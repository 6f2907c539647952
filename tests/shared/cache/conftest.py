"""A cache server of each test's own, and pages of Smallville on SQLite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.pages import database, publish  # noqa: F401
from tests.support.redis import CacheServer


@pytest.fixture
def cache_server() -> Iterator[CacheServer]:
    server = CacheServer()
    yield server
    server.stop()
