"""Pages of Smallville on SQLite; a test that wants both databases asks for `database` itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app import PortalDash, create_app
from portal.context import Portal
from portal.domain.jurisdiction import Jurisdiction
from portal.facts import publish as facts_publish
from portal.settings import Settings


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def app(settings: Settings, portal: Portal) -> PortalDash:
    return create_app(settings, portal)


@pytest.fixture
def client(app: PortalDash) -> FlaskClient:
    return app.server.test_client()


@pytest.fixture
def publish(portal: Portal, city: Jurisdiction) -> Callable[[], None]:
    """Publish the facts of the cases stored so far, as the sync does after each run."""

    def now() -> None:
        facts_publish.update(portal.core, city, portal.facts_folder)

    return now
