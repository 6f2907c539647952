"""What the tests of questions share: facts that are fresh."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.facts import publish
from portal.facts.reader import Facts


@pytest.fixture
def fresh_facts(portal, city) -> Callable[[], Facts]:
    """Publishes what the store holds and opens it."""

    def make() -> Facts:
        publish.update(portal.core, city, portal.facts_folder)
        return portal.facts(city.id)

    return make
