"""What a private network is, and what is a cloud's own whatever network it is in."""

from __future__ import annotations

import pytest

from portal.network.inside import is_in_network, is_this_machine, read_network

TOWN = read_network("172.20.0.0/16")


def test_a_network_is_private_or_refused_with_what_would_be_one(subtests):
    for text in ("10.0.0.0/8", "172.31.4.0/24", "192.168.1.7", " fd00:7::/64 "):
        with subtests.test(text):
            assert read_network(text)
    public = ("8.8.8.0/24", "172.0.0.0/8", "0.0.0.0/0", "::/0", "2001:db8::/32", "100.64.0.0/10")
    for text in (*public, "127.0.0.0/8", "169.254.0.0/16", "fe80::/10"):
        with subtests.test(text), pytest.raises(ValueError, match="is not private; write one"):
            read_network(text)
    for text in ("", "desk", "172.20.0.1/16", "172.20.0.0/33"):
        with subtests.test(text), pytest.raises(ValueError, match="is no network; write one"):
            read_network(text)


def test_an_address_in_the_network_is_no_neighbor_s_and_no_cloud_s(subtests):
    wide, cloud = read_network("10.0.0.0/8"), read_network("fd00::/8")
    for address, network in (("172.20.9.1", TOWN), ("::ffff:172.20.9.1", TOWN), ("10.1.1.1", wide)):
        with subtests.test(address):
            assert is_in_network(address, network)
    for address, network in (
        ("172.21.0.1", TOWN),
        ("8.8.8.8", TOWN),
        ("127.0.0.1", TOWN),
        ("169.254.169.254", TOWN),
        ("::ffff:169.254.169.254", TOWN),
        ("fd00::1", TOWN),
        ("fd00:ec2::254", cloud),
        ("fd20:ce::254", cloud),
        ("fe80::1%eth0", cloud),
    ):
        with subtests.test(address):
            assert not is_in_network(address, network)


def test_a_name_is_this_machine_only_where_no_name_server_is_asked():
    assert is_this_machine("127.0.0.1")
    assert is_this_machine("::1")
    assert is_this_machine("localhost")
    assert not is_this_machine("localhost.example")
    assert not is_this_machine("10.0.0.1")
