"""The first account of a desk's staff, by invitation, and those of colleagues."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from data_sync.desk.invitations import is_invitation, make_invitation
from data_sync.desk.models import open_desk
from data_sync.desk.server import create_desk

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PASSWORD = "a sentence is long"  # noqa: S105 - of no one


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_desk(tmp_path / "desk.sqlite")


@pytest.fixture
def client(engine, tmp_path):
    app = create_desk(
        engine,
        public_url="http://localhost",
        api_keys=("key",),
        photo_dir=tmp_path / "photos",
        secret_key="secret",
        now=lambda: NOW,
    )
    return app.test_client()


def invitation_of(engine: Engine) -> str:
    invitation = make_invitation(engine, "secret")
    assert invitation
    return invitation


def make_account(client, **form: str):
    filled = {"name": "Ana", "password": PASSWORD} | form
    return client.post("/staff/accounts", data=filled, headers={"Origin": "http://localhost"})


def test_the_first_account_is_made_with_the_invitation_and_signed_in_at_once(engine, client):
    invitation = invitation_of(engine)
    page = client.get(f"/staff/accounts?invitation={invitation}")
    assert "Make the first account" in page.text
    answer = make_account(client, invitation=invitation)
    assert (answer.status_code, answer.location) == (303, "/staff")
    assert client.get("/staff").status_code == 200


def test_a_form_of_another_site_makes_no_account(engine, client):
    form = {"name": "Ana", "password": PASSWORD, "invitation": invitation_of(engine)}
    answer = client.post("/staff/accounts", data=form, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert make_invitation(engine, "secret") is not None


@pytest.mark.parametrize("given", ["", "wrong", "é"])
def test_without_the_invitation_no_account_is_made(engine, client, given):
    assert make_account(client, invitation=given).location == "/staff/sign-in"
    assert client.get("/staff/accounts").location == "/staff/sign-in"
    assert make_invitation(engine, "secret") is not None


def test_the_invitation_ends_with_the_first_account(engine, client):
    invitation = invitation_of(engine)
    make_account(client, invitation=invitation)
    assert make_invitation(engine, "secret") is None
    assert not is_invitation(engine, "secret", invitation)
    stranger = client.application.test_client()
    assert make_account(stranger, name="Eve", invitation=invitation).location == "/staff/sign-in"


def test_an_invitation_of_another_desk_is_none(engine):
    assert not is_invitation(engine, "another secret", invitation_of(engine))


def test_staff_make_a_colleague_s_account_and_stay_who_they_are(engine, client):
    make_account(client, invitation=invitation_of(engine))
    assert "colleague" in client.get("/staff/accounts").text
    make_account(client, name="Bo")
    assert "Bo may sign in." in client.get("/staff").text
    with client.session_transaction() as session:
        assert session["staff"] == "Ana"


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": "ANA"}, "There is an account"),
        ({"name": " "}, "needs a name"),
        ({"name": "Bo", "password": "short"}, "at least 15"),
    ],
)
def test_a_refused_account_says_why_and_changes_nothing(engine, client, form, words):
    make_account(client, invitation=invitation_of(engine))
    answer = make_account(client, **form)
    assert answer.status_code == 400
    assert words in answer.text
    with engine.connect() as connection:
        assert connection.execute(text("select count(*) from staff")).scalar() == 1
