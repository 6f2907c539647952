"""A member of staff, and a page to sign in at."""

from __future__ import annotations

import pytest

from app import create_app
from portal.auth import accounts, one_time
from tests.support.clock import NOON

PASSWORD = "a sentence is long"  # noqa: S105 - no one's


@pytest.fixture
def enrol(portal, city):
    """enrol("Ana", "manager") → what her authenticator was given."""

    def add(name: str = "Ana", role: accounts.Role = "moderator", password: str = PASSWORD):
        with portal.transaction() as connection:
            return accounts.add_account(
                connection, portal.settings, city.id, name, password, role, NOON
            )

    return add


@pytest.fixture
def client(settings, portal, clock):
    return create_app(settings, portal, clock).server.test_client()


@pytest.fixture
def signed_in(client, enrol, clock):
    """signed_in("manager") → a browser in which Ana, of this role, has signed in."""

    def sign_in(role: accounts.Role = "moderator"):
        made = enrol(role=role)
        code = one_time.compute_code(made.secret, clock.now // 30)
        answer = client.post(
            "/staff/sign-in", data={"name": "Ana", "password": PASSWORD, "code": code}
        )
        assert (answer.status_code, answer.headers["Location"]) == (303, "/staff")
        return client

    return sign_in
