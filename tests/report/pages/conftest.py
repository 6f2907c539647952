"""Pages of Smallville on SQLite; a test that wants both databases asks for `database` itself."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app import create_app
from portal.facts import publish as facts_publish
from tests.support.outlines import draw_outline
from tests.support.pages import app, client, crowd, database, publish  # noqa: F401
from tests.support.report_form import Form


@pytest.fixture
def writing_client(settings, portal, clock) -> FlaskClient:
    """A portal that sends e-mail, by the test's clock."""
    portal.settings = settings = settings.model_copy(update={"smtp_url": "smtp://127.0.0.1"})
    return create_app(settings, portal, clock).server.test_client()


@pytest.fixture
def town(add_case, portal, city):
    """Potholes and graffiti on Adams St, and a type that no public page shows."""
    for n in range(1, 6):
        add_case(
            f"1{n}",
            opened="2026-11-01",
            service="Pothole",
            address=f"{n} Adams St",
            lat=42.32 + n * 0.0003,
            neighborhood="Northside",
        )
    add_case(
        "21",
        opened="2026-11-20",
        service="Graffiti",
        address="7 Adams St",
        lat=42.3201,
        neighborhood="Northside",
        note="On the wall",
    )
    draw_outline(portal, city, "Northside", (42.302, 42.348, -71.098, -71.042))
    facts_publish.update(portal.core, city, portal.facts_folder)


@pytest.fixture
def two_streets(add_case, town):
    """Adams St is in two neighborhoods, so its name alone is not enough."""
    for n in range(3):
        add_case(
            f"4{n}",
            service="Pothole",
            address=f"{n + 1} Adams St",
            neighborhood="Southside",
            lat=42.31,
            lon=-71.06,
        )


@pytest.fixture
def form(town, writing_client, clock) -> Form:
    return Form(writing_client, clock)
