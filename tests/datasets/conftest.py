"""Frozen days of Smallville; what the tests of datasets share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from portal.datasets.freeze import freeze
from portal.datasets.index import Place, place_of
from tests.conftest import NOW
from tests.data.conftest import cases  # noqa: F401
from tests.support.pages import app, client, database, publish  # noqa: F401

DAY = 86_400


@pytest.fixture
def place(portal, city) -> Place:
    return place_of(portal.settings.data_dir, city.id)


@pytest.fixture
def freeze_day(portal, city) -> Callable[..., str]:
    """freeze_day(1) freezes Smallville a day after Monday, November 23, 7 a.m. in the city."""

    def now(days: int = 0) -> str:
        return freeze(portal, city, int(NOW.timestamp()) + days * DAY, wait_seconds=0.0)

    return now
