"""How often the API may be called: by network without a key, by its quota with one."""

from __future__ import annotations

from portal.api.callers import WITHOUT_KEY
from portal.auth.api_keys import CALLS_PER_HOUR, KeyRequest, add_request, make_key, revoke_key
from tests.conftest import NOW
from tests.data.api.conftest import BOTH
from tests.data.api.test_refusals import check_problem

AT = int(NOW.timestamp())
HOUSEHOLD = {"environ_base": {"REMOTE_ADDR": "93.184.216.34"}}


def new_key(portal, city, per_hour: int = CALLS_PER_HOUR) -> tuple[str, str]:
    """A key's id and text."""
    asked = KeyRequest("owner", "address", "en", "a map of potholes", per_hour=per_hour)
    with portal.transaction() as connection:
        key_id = add_request(connection, city.id, asked, AT)
        return key_id, make_key(connection, city.id, key_id, AT)


def test_a_network_without_a_key_hears_how_many_calls_are_left(ask, cases):
    for left in (WITHOUT_KEY - 1, WITHOUT_KEY - 2):
        headers = ask("/services", **HOUSEHOLD).headers
        assert headers["RateLimit-Policy"] == f'"network";q={WITHOUT_KEY};w=3600'
        assert headers["RateLimit"].startswith(f'"network";r={left};t=')
    known = {"If-None-Match": headers["ETag"]}
    assert ask("/services", headers=known, **HOUSEHOLD).headers["RateLimit"]


@BOTH
def test_a_key_has_its_own_quota_and_the_next_call_hears_when_to_ask_again(
    portal, city, ask, cases
):
    _, key = new_key(portal, city, per_hour=2)
    mine = {"headers": {"Authorization": f"Bearer {key}"}}
    assert [ask("/cases", **mine).status_code for _ in range(2)] == [200, 200]
    refused = ask("/cases", **mine)
    assert "2 an hour" in check_problem(refused, 429)["detail"]
    assert refused.headers["Retry-After"] == "1800"
    assert refused.headers["RateLimit"].startswith('"key";r=0;t=')
    assert ask("/cases").status_code == 200  # whoever has no key is not counted with it


def test_a_key_that_is_unknown_or_revoked_is_refused_and_not_forgotten(portal, city, ask, cases):
    key_id, key = new_key(portal, city)
    with portal.transaction() as connection:
        revoke_key(connection, city.id, key_id, AT)
    for bearer in (key, "ck_nonsense"):
        answer = ask("/cases", headers={"Authorization": f"Bearer {bearer}"})
        assert key not in check_problem(answer, 403)["detail"]


def test_preflights_are_not_counted_and_scripts_may_read_what_is_left(client, cases):
    asked = client.options("/api/v1/cases", **HOUSEHOLD)
    assert "RateLimit" not in asked.headers
    assert "RateLimit" in asked.headers["Access-Control-Expose-Headers"]
