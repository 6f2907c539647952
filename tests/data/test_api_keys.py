"""API keys: made, found, ended and forgotten; only a digest of them is stored."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from portal.auth import api_keys
from portal.errors import BadRequest, NotFound
from portal.notifications.contacts import Recipient
from portal.services.data.key_requests import create_key
from tests.conftest import NOW
from tests.support.queries import rows_of

AT = int(NOW.timestamp())
DAY = 86_400


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request) -> str:
    return request.param


@pytest.fixture
def create(portal, city):
    """create("ana@example.org") makes a key: its id and its text."""

    def make(address: str = "ana@example.org", *, per_hour: int = 100, now: int = AT):
        with portal.transaction() as connection:
            wanted = ("A map of potholes", ("read",), per_hour)
            owner = Recipient(address, "en")
            return create_key(connection, portal.settings, city.id, owner, wanted, now)

    return make


def test_a_key_is_found_by_its_text_alone_and_only_a_digest_is_stored(portal, city, create):
    key_id, key = create()
    with portal.core.connect() as connection:
        found = api_keys.find_key(connection, city.id, f" {key} ")
        assert found is not None
        assert (found.id, found.name, found.may("read")) == (key_id, "A map of potholes", True)
        assert not found.may("report")
        assert api_keys.find_key(connection, "elsewhere", key) is None
        assert api_keys.find_key(connection, city.id, key[:-1]) is None
        stored = connection.execute(text("select * from api_keys")).one()
    assert not [value for value in stored if isinstance(value, str) and key[-30:] in value]
    assert not [value for value in stored if isinstance(value, str) and "ana@" in value]


def test_what_a_key_may_do_is_granted_and_ends_with_it(portal, city, create):
    key_id, key = create()
    with portal.transaction() as connection:
        granted = api_keys.set_scopes(connection, city.id, key_id, ["report", "read"], 7)
        assert (granted.scopes, granted.per_hour) == (("read", "report"), 7)
        api_keys.revoke_key(connection, city.id, key_id, AT + 5)
        api_keys.revoke_key(connection, city.id, key_id, AT + 9)
        assert api_keys.find_key(connection, city.id, key) is None
        ended = api_keys.require_key(connection, city.id, key_id)
        assert (ended.revoked_at, ended.may("report")) == (AT + 5, False)
        with pytest.raises(NotFound):
            api_keys.make_key(connection, city.id, key_id, AT)
        with pytest.raises(NotFound):
            api_keys.set_scopes(connection, city.id, "none", ["read"], None)


def test_calls_are_counted_by_the_hour_and_the_last_use_is_noted(portal, city, create):
    key_id, key = create(per_hour=2)

    def call(now: int) -> int:
        with portal.transaction() as connection:
            found = api_keys.find_key(connection, city.id, key)
            assert found
            return int(api_keys.take_call(connection, city.id, found, now) >= 0)

    assert [call(AT), call(AT), call(AT), call(AT + 1_800)] == [1, 1, 0, 1]
    with portal.core.connect() as connection:
        assert api_keys.require_key(connection, city.id, key_id).used_at == AT + 1_800


def test_wishes_and_ended_keys_are_forgotten(portal, city, create):
    kept, ended = create()[0], create()[0]
    with portal.transaction() as connection:
        api_keys.revoke_key(connection, city.id, ended, AT)
        asked = api_keys.KeyRequest("owner", "address", "en", "a wish")
        api_keys.add_request(connection, city.id, asked, AT)
        with pytest.raises(BadRequest):
            api_keys.tidy_name(" \x00 ")
    for days, left in ((7, 3), (8, 2), (181, 1)):
        with portal.transaction() as connection:
            api_keys.forget_old_keys(connection, AT + days * DAY)
        assert len(rows_of(portal.core, text("select id from api_keys"))) == left
    assert rows_of(portal.core, text("select id from api_keys")) == [(kept,)]
