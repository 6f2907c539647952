"""What the tests of questions share: facts that are fresh, and rows as they are stored."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import Engine, Executable, text

from portal.facts import publish
from portal.facts.reader import Facts


@pytest.fixture
def fresh_facts(portal, city) -> Callable[[], Facts]:
    """Publishes what the store holds and opens it."""

    def make() -> Facts:
        publish.update(portal.core, city, portal.facts_folder)
        return portal.facts(city.id)

    return make


def rows_of(engine: Engine, query: str | Executable) -> list[tuple]:
    """What a database answers to a query, as plain tuples."""
    with engine.connect() as connection:
        found = connection.execute(text(query) if isinstance(query, str) else query)
        return [tuple(row) for row in found]
