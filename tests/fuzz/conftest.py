"""A small town behind the real application on SQLite, and how odd questions are put to it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.facts import publish as facts_publish
from tests.conftest import NOW
from tests.support.pages import app, client, database  # noqa: F401

SLOWEST_SECONDS = 20.0
"""No answer takes this long, even on a busy machine; for usual times see docs/performance.md."""


@pytest.fixture
def town(portal: Portal, city: Jurisdiction, add_case: Callable[..., str]) -> None:
    """Sixty cases, all with a place, so that a list and a tile of the world count the same."""
    chance = random.Random(311)
    for n in range(60):
        opened = NOW - timedelta(hours=20 * n + 1)
        add_case(
            f"10100551{n:04}",
            opened=opened.isoformat(),
            closed=(opened + timedelta(hours=2)).isoformat() if n % 2 else None,
            service=("Pothole", "Graffiti", "Street Light Outage")[n % 3],
            neighborhood=("Northside", "Southside")[n % 2],
            district=("1", "2", "3")[n % 3],
            department=("Public Works", "Parks")[n // 7 % 2],
            channel=("Phone", "App")[n % 5 % 2],
            address=f"{n + 1} Adams St",
            note="Deep, at the crosswalk" if n % 4 == 0 else None,
            target_at=int((opened + timedelta(days=5)).timestamp()),
            lat=chance.uniform(42.302, 42.348),
            lon=chance.uniform(-71.098, -71.042),
        )
    facts_publish.update(portal.core, city, portal.facts_folder)


@pytest.fixture
def ask(client: FlaskClient) -> Callable[..., TestResponse]:  # noqa: F811
    """ask(path, method=…, …) gives the answer; fails on any fault of ours, and on a slow answer."""

    def ask(path: str, method: str = "GET", **options) -> TestResponse:
        begun = time.monotonic()
        answer = client.open(path, method=method, **options)
        assert time.monotonic() - begun < SLOWEST_SECONDS, f"{method} {path} took too long"
        assert answer.status_code < 500, f"{method} {path}: {answer.status}"
        return answer

    return ask
