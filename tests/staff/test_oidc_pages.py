"""The way to the city's own sign-in and back, as a browser takes it.

It lets in those who have an account here, and no one else.
"""

from __future__ import annotations

import pytest

from app import create_app
from tests.staff.conftest import NOON, PASSWORD
from tests.staff.stand_in_issuer import CLIENT_ID, CLIENT_SECRET, standing

BEGIN, RETURN = "/staff/sign-in/own", "/staff/sign-in/return"


@pytest.fixture
def database() -> str:
    return "sqlite"


@pytest.fixture
def issuer():
    with standing(NOON) as made:
        yield made


@pytest.fixture
def settings(settings, issuer):
    told = {
        "oidc_issuer": issuer.address,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": CLIENT_SECRET,
    }
    return settings.model_copy(update=told)


@pytest.fixture
def come_back(client, issuer):
    """Follow the page's link, be let in, and come back with the issuer's query."""

    def go(**query: str):
        assert f'href="{BEGIN}"' in client.get("/staff/sign-in").text
        sent = client.get(BEGIN)
        assert sent.status_code == 303
        assert all(
            part in sent.headers["Set-Cookie"]
            for part in ("HttpOnly", "SameSite=Lax", "Path=/staff/sign-in", "Max-Age=600")
        )
        return client.get(RETURN, query_string=issuer.let_in(sent.headers["Location"]) | query)

    return go


def test_who_has_an_account_of_that_address_is_in(client, come_back, enrol):
    enrol("Ana@City.example")
    answer = come_back()
    assert (answer.status_code, answer.headers["Refresh"]) == (200, "0; url=/staff")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Ana@City.example" in client.get("/staff").text


@pytest.mark.parametrize(
    "told",
    [{"email": "bo@city.example"}, {"email_verified": False}, {"email": ""}, {"email": None}],
)
def test_who_has_none_or_no_verified_address_is_not(client, come_back, enrol, issuer, told):
    enrol("ana@city.example")
    issuer.claims |= told
    answer = come_back()
    assert answer.status_code == 403
    assert "no account here has your e-mail address" in answer.text
    assert client.get("/staff").status_code == 303


def test_what_does_not_hold_is_said_at_the_door(client, come_back, enrol, issuer):
    enrol("ana@city.example")
    assert "was not begun here" in come_back(state="x").text
    issuer.claims["aud"] = "another"
    assert "did not let you in" in come_back().text
    issuer.answers["/keys"] = 500, b""
    assert "does not answer as it should" in come_back().text
    assert client.get("/staff").status_code == 303


def test_a_return_without_a_beginning_lets_no_one_in(client):
    assert client.get(RETURN).status_code == 403
    assert client.get(f"{RETURN}?code=x&state=").status_code == 403


def test_an_issuer_that_is_down_leaves_the_password(client, issuer, enrol):
    enrol()
    issuer.answers["/.well-known/openid-configuration"] = 500, b""
    answer = client.get(BEGIN)
    assert "does not answer as it should" in answer.text
    assert 'name="password"' in answer.text
    assert PASSWORD not in answer.text


def test_where_the_settings_name_no_issuer_there_is_no_way_to_one(settings, portal, clock):
    without = settings.model_copy(
        update={"oidc_issuer": "", "oidc_client_id": "", "oidc_client_secret": ""}
    )
    portal.settings = without
    client = create_app(without, portal, clock).server.test_client()
    assert BEGIN not in client.get("/staff/sign-in").text
    assert client.get(BEGIN).status_code == client.get(RETURN).status_code == 404
