"""One generated city for all tests of the demo: 20,000 cases, on a Monday at noon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine

from data_sync.demo.figures import Figures, load_figures
from data_sync.demo.generate import generate_cases, list_services
from data_sync.desk import store
from data_sync.desk.models import open_desk
from data_sync.desk.records import DeskCase

CITY_NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # Monday 12:00 in Boston


@pytest.fixture(scope="session")
def figures() -> Figures:
    return load_figures()


@pytest.fixture(scope="session")
def city(figures: Figures) -> list[DeskCase]:
    return list(generate_cases(figures, now=CITY_NOON, count=20_000))


@pytest.fixture
def desk(tmp_path: Path, figures: Figures) -> Iterator[Engine]:
    """A desk that knows the services and has no cases."""
    engine = open_desk(tmp_path / "desk.sqlite")
    store.add_services(engine, list_services(figures))
    yield engine
    engine.dispose()


@pytest.fixture
def lively_desk(desk: Engine, city: list[DeskCase]) -> Engine:
    """A desk with the 5,000 newest cases of the city."""
    store.add_cases(desk, city[-5_000:])
    return desk
