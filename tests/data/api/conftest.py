"""The JSON API of Smallville, asked at noon of 23 November 2026."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from tests.conftest import NOW
from tests.data.conftest import cases  # noqa: F401
from tests.support.pages import database, publish  # noqa: F401

API = "/api/v1"
BOTH = pytest.mark.parametrize("database", ["sqlite", "postgresql"])


@pytest.fixture
def client(portal) -> FlaskClient:
    return create_app(portal.settings, portal, clock=NOW.timestamp).server.test_client()


@pytest.fixture
def ask(client: FlaskClient) -> Callable[..., TestResponse]:
    """ask("/cases?status=open"), with an answer."""

    def get(path: str, **more: Any) -> TestResponse:
        return client.get(f"{API}{path}", **more)

    return get


@pytest.fixture
def read(ask) -> Callable[..., Any]:
    """read("/cases?status=open"), what it says."""

    def get(path: str, **more: Any) -> Any:
        answer = ask(path, **more)
        assert answer.status_code == 200, answer.text
        return answer.get_json(force=True)

    return get


@pytest.fixture
def numbers(read) -> Callable[..., list[str]]:
    """The numbers of the cases of a page."""

    def get(path: str) -> list[str]:
        return [case["case_id"] for case in read(path)["cases"]]

    return get
