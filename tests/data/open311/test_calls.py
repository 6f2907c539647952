"""Who calls: keys, how many calls are left, and what the headers say of that."""

from __future__ import annotations

import pytest

from portal.api import callers
from portal.notifications.contacts import Recipient
from portal.services.data.key_requests import create_key
from tests.conftest import NOW

ADDRESS = "/open311/v2/requests.json"
AT = int(NOW.timestamp())


@pytest.fixture
def key(portal, city) -> str:
    """A key that may read, three times an hour."""
    with portal.transaction() as connection:
        wanted = ("tests", ("read",), 3)
        owner = Recipient("ana@example.org", "en")
        return create_key(connection, portal.settings, city.id, owner, wanted, AT)[1]


def test_a_key_has_its_own_calls_and_hears_how_many_are_left(client, key):
    ways = (
        {"headers": {"Authorization": f"Bearer {key}"}},
        {"query_string": {"api_key": key}},
        {"headers": {"Authorization": f"bearer  {key}"}},
    )
    answers = [client.get(ADDRESS, **way) for way in ways]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert [answer.headers["RateLimit"] for answer in answers] == [
        '"key";r=2;t=1200',
        '"key";r=1;t=2400',
        '"key";r=0;t=3600',
    ]
    assert answers[0].headers["RateLimit-Policy"] == '"key";q=3;w=3600'
    refused = client.get(ADDRESS, query_string={"api_key": key})
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "1200"
    assert refused.get_json()[0]["code"] == "429"
    assert client.get(ADDRESS).status_code == 200


def test_a_key_that_is_none_counts_as_no_key(client, key):
    for wrong in (key[:-1], f"{key}x", "ck_0", "", "\x00", "é" * 60):
        answer = client.get(ADDRESS, query_string={"api_key": wrong})
        assert answer.status_code == 200
        assert "RateLimit" not in answer.headers


def test_without_a_key_a_network_has_its_calls(client):
    visitor = {"environ_base": {"REMOTE_ADDR": "8.8.4.4"}}
    first = client.get(ADDRESS, **visitor)
    assert first.headers["RateLimit-Policy"] == f'"network";q={callers.WITHOUT_KEY};w=3600'
    for _ in range(callers.WITHOUT_KEY + 1):
        last = client.get("/open311/v2/discovery.json", **visitor)
    assert last.status_code == 429
    assert "key" in last.get_json()[0]["description"]
    assert client.get(ADDRESS, environ_base={"REMOTE_ADDR": "8.8.4.5"}).status_code == 200
