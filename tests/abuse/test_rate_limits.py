"""Whose reports count together: a household's, by the part of the network that it has."""

from __future__ import annotations

import pytest

from portal.abuse.rate_limits import (
    WITH_PROOF,
    WITHOUT_PROOF,
    find_network,
    find_sender,
    is_crowded,
)


@pytest.mark.parametrize(
    ("address", "other", "is_one_household"),
    [
        ("8.8.8.8", "8.8.8.8", True),
        ("8.8.8.8", "8.8.8.9", False),
        ("2a01:4f8:1:2::1", "2a01:4f8:1:2:ffff:ffff:ffff:ffff", True),
        ("2a01:4f8:1:2::1", "2a01:4f8:1:3::1", False),
        ("2a01:4f8:1:2::1", "2A01:04F8:0001:0002:0:0:0:9", True),
    ],
)
def test_a_household_is_an_ipv4_address_or_the_first_half_of_an_ipv6_one(
    address, other, is_one_household
):
    assert (find_network(address) == find_network(other)) == is_one_household
    assert find_network(address)


@pytest.mark.parametrize(
    "address", [None, "", "nobody", "127.0.0.1", "10.1.2.3", "::1", "fd00::1", "8.8.8.8.8"]
)
def test_an_address_that_all_visitors_share_or_that_is_none_is_nobody_s(address):
    assert find_network(address) is None


@pytest.mark.parametrize(("is_proven", "limit"), [(True, WITH_PROOF), (False, WITHOUT_PROOF)])
def test_a_household_s_next_report_is_one_too_many_at_its_limit_and_the_neighbor_s_is_not(
    portal, city, is_proven, limit
):
    def report(address: str) -> bool:
        with portal.transaction() as connection:
            return is_crowded(connection, portal.settings, city.id, address, is_proven, 1_000)

    answers = [report(f"2a01:4f8:1:2::{number:x}") for number in range(limit.capacity + 1)]
    assert answers == [False] * limit.capacity + [True]
    assert not report("2a01:4f8:1:3::1")


def test_staff_are_told_apart_by_household_however_a_proxy_writes_the_address():
    assert find_sender("10.0.0.7:51234") == find_sender(" 10.0.0.7 ") == "10.0.0.7"
    assert find_sender("[2001:db8:1:2::9]:443") == find_sender("2001:db8:1:2::1")
    assert find_sender("[2001:db8:1:2::9]:443") == "2001:db8:1:2::/64"
    for nobody in (None, "", "unknown", "127.0.0.1", "::1"):
        assert find_sender(nobody) is None
