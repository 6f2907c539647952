"""The portal's own Open311 endpoint, asked at noon of 23 November 2026."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from tests.conftest import NOW
from tests.support.pages import publish  # noqa: F401

API = "/open311/v2"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def client(portal) -> FlaskClient:
    return create_app(portal.settings, portal, clock=NOW.timestamp).server.test_client()


@pytest.fixture
def ask(client: FlaskClient) -> Callable[..., TestResponse]:
    """ask("requests.json", status="open"), with an answer."""

    def get(path: str, **args: Any) -> TestResponse:
        return client.get(f"{API}/{path}", query_string=args or None)

    return get


@pytest.fixture
def numbers(ask) -> Callable[..., list[str]]:
    """The numbers of the cases that `requests.json` gives."""

    def get(**args: Any) -> list[str]:
        answer = ask("requests.json", **args)
        assert answer.status_code == 200, answer.text
        return [case["service_request_id"] for case in answer.get_json()]

    return get
