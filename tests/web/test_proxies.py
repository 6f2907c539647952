"""Who is asking: the visitor, where proxies say so that the operator has named, and no others."""

from __future__ import annotations

import pytest

from portal.abuse.rate_limits import find_network
from portal.web.proxies import KnownProxies, find_client, is_near, signs_since

VISITOR, STRANGER = "93.184.216.34", "198.41.0.4"


def seen(trusted: int, folder, peer="127.0.0.1", **headers: str) -> dict:
    """What the pages see of a request."""
    environ = {"REMOTE_ADDR": peer, "PATH_INFO": "/", "wsgi.url_scheme": "http"}
    environ |= {"HTTP_HOST": "311.example.gov"} | headers
    found = {}
    asked = KnownProxies(lambda environ, _: found.update(environ) or [], trusted, folder)
    asked(dict(environ), lambda *_: None)
    assert find_client(environ, trusted) == found["REMOTE_ADDR"]
    return found


@pytest.mark.parametrize(
    ("trusted", "said", "address"),
    [
        (0, VISITOR, "127.0.0.1"),
        (1, VISITOR, VISITOR),
        (1, f"10.9.9.9, {STRANGER}, {VISITOR}", VISITOR),
        (2, f"10.9.9.9, {VISITOR}, {STRANGER}", VISITOR),
        (2, VISITOR, "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_as_many_addresses_count_as_there_are_proxies(tmp_path, trusted, said, address):
    assert seen(trusted, tmp_path, HTTP_X_FORWARDED_FOR=said)["REMOTE_ADDR"] == address


def test_a_visitor_who_comes_past_the_proxy_cannot_say_who_they_are(tmp_path):
    told = {"HTTP_X_FORWARDED_FOR": VISITOR, "HTTP_X_FORWARDED_PROTO": "https"}
    environ = seen(1, tmp_path, peer=STRANGER, **told)
    assert environ["REMOTE_ADDR"] == STRANGER
    assert environ["wsgi.url_scheme"] == "http"


@pytest.mark.parametrize("trusted", [0, 1])
def test_a_host_that_a_header_names_is_never_ours(tmp_path, trusted):
    environ = seen(trusted, tmp_path, HTTP_X_FORWARDED_HOST="evil.example")
    assert environ["HTTP_HOST"] == "311.example.gov"


def test_what_is_not_trusted_is_not_there_to_be_read(tmp_path):
    told = {"X_FORWARDED_FOR": "a", "X_FORWARDED_PROTO": "b", "X_REAL_IP": "c", "FORWARDED": "d"}
    environ = seen(0, tmp_path, **{f"HTTP_{name}": value for name, value in told.items()})
    assert not [name for name in environ if "FORWARDED" in name or "REAL_IP" in name]


def test_the_scheme_is_the_proxys(tmp_path):
    told = {"HTTP_X_FORWARDED_FOR": VISITOR, "HTTP_X_FORWARDED_PROTO": "https"}
    assert seen(1, tmp_path, **told)["wsgi.url_scheme"] == "https"


@pytest.mark.parametrize(
    ("trusted", "headers", "peer", "signs"),
    [
        (0, {"HTTP_X_FORWARDED_FOR": VISITOR}, "127.0.0.1", {"ignored"}),
        (0, {}, "127.0.0.1", set()),
        (1, {"HTTP_X_FORWARDED_FOR": VISITOR}, "10.0.0.7", set()),
        (1, {}, "10.0.0.7", {"missing"}),
        (2, {"HTTP_X_FORWARDED_FOR": VISITOR}, "10.0.0.7", {"missing"}),
        (0, {"HTTP_X_FORWARDED_FOR": VISITOR}, STRANGER, set()),
        (1, {"PATH_INFO": "/healthz"}, "127.0.0.1", set()),
    ],
)
def test_a_wrong_number_leaves_a_sign_for_doctor(tmp_path, trusted, headers, peer, signs):
    folder = tmp_path / "proxies"
    seen(trusted, folder, peer, **headers)
    assert signs_since(folder, 0.0) == signs
    assert signs_since(folder, 4_000_000_000.0) == set()


def test_a_full_disk_stops_no_page(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert seen(0, blocked, HTTP_X_FORWARDED_FOR=VISITOR)


def test_near_is_this_machine_and_its_network():
    near = ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "fd00::1", "::ffff:10.0.0.1"]
    assert all(map(is_near, near))
    assert not any(map(is_near, [VISITOR, "2606:4700::1", f"::ffff:{VISITOR}", "", "unknown"]))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        (VISITOR, VISITOR),
        (f"{VISITOR}:4711", VISITOR),
        (f"::ffff:{VISITOR}", VISITOR),
        ("2606:4700:1:2:3:4:5:6", "2606:4700:1:2::/64"),
        ("2606:4700:1:2:ffff::1", "2606:4700:1:2::/64"),
        ("[2606:4700:1:2::1]:4711", "2606:4700:1:2::/64"),
        ("2606:4700:1:3::1", "2606:4700:1:3::/64"),
        ("10.0.0.7", None),
        ("127.0.0.1", None),
        ("::1", None),
        ("fd00::1", None),
        ("::ffff:10.0.0.1", None),
        ("unknown", None),
        ("_hidden", None),
        (None, None),
    ],
)
def test_a_household_is_one_address_or_the_first_half_of_one(address, network):
    assert find_network(address) == network
