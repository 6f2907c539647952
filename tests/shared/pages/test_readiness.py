"""/readyz knows whether something can be stored, by trying."""

from __future__ import annotations

import os

import pytest
from flask.testing import FlaskClient

from app import create_app
from portal.context import Portal
from portal.store import room
from tests.support.refusals import no_room_for_files, refusing


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def town(portal, city, add_case, publish) -> Portal:
    add_case("101")
    publish()
    return portal


def client_of(portal: Portal) -> FlaskClient:
    """A web process that has not looked yet."""
    return create_app(portal.settings, portal).server.test_client()


def test_a_full_disk_is_named_and_pages_still_answer(town):
    client = client_of(town)
    client.get("/readyz")
    town.core.connect().close()
    client = client_of(town)
    with no_room_for_files():
        answer = client.get("/readyz")
        assert client.get("/cases/101").status_code == 200
    assert (answer.status_code, answer.json["ready"]) == (503, False)
    assert answer.json["reasons"] == [
        "nothing can be stored: the disk is full; pages answer, and forms get 503"
    ]
    assert client_of(town).get("/readyz").status_code == 200


def test_a_store_that_takes_no_writes_is_named(town, database):
    if database == "sqlite":
        town.core.connect().close()
        (town.settings.data_dir / "portal.sqlite").chmod(0o400)
        if os.access(town.settings.data_dir / "portal.sqlite", os.W_OK):
            return  # root may write whatever the mode says, and so may SQLite
        answer = client_of(town).get("/readyz")
    else:
        with refusing(town, "read-only"):
            answer = client_of(town).get("/readyz")
    assert answer.status_code == 503
    assert "read-only" in answer.json["reasons"][0]


def test_a_data_folder_that_is_gone_is_no_place_to_store(town):
    town.settings.data_dir.rename(town.settings.data_dir.with_name("away"))
    assert room.find_trouble(town.settings, town.core) is not None


def test_the_answer_is_used_again_for_some_seconds(town):
    """Anyone may ask /readyz; each look writes to the disk."""
    asked = room.Room(town.settings)
    assert asked.find_trouble(town.core) is None
    with no_room_for_files():
        assert asked.find_trouble(town.core) is None
        assert room.find_trouble(town.settings, town.core) is not None


def test_looking_leaves_nothing_behind(town):
    room.find_trouble(town.settings, town.core)
    with no_room_for_files():
        room.find_trouble(town.settings, town.core)
    assert [path.name for path in town.settings.data_dir.glob("probe-*")] == []


def test_little_space_is_a_warning_and_no_refusal(town):
    assert room.free_bytes(town.settings) > 0
    assert room.warn_of_little(150 << 20) == ["only 150 MB free for the data"]
    assert room.warn_of_little(3 << 30) == []
