"""Headers of every answer, hosts we answer to, and bodies too large."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from portal.api.security import content_policy, host_name, known_hosts, security_headers
from portal.domain.bounds import Bounds
from portal.domain.jurisdiction import Jurisdiction
from portal.settings import Settings

CITY = Jurisdiction(
    "boston",
    "Boston",
    ZoneInfo("America/New_York"),
    Bounds(42, -72, 43, -70),
    host_names=("boston.localhost",),
)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/status",
        "/nowhere",
        "/healthz",
        "/robots.txt",
        "/assets/form.css",
        "/_dash-layout",
        "/cases?odd=1",
    ],
)
def test_every_answer_carries_the_headers(client, path):
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "strict-origin-when-cross-origin"
    assert "geolocation=(self)" in headers["Permissions-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_scripts_come_from_our_own_host_alone_or_are_the_one_that_is_named():
    policy = dict(
        part.strip().split(" ", 1) for part in content_policy("none", "starter()").split(";")
    )
    # echo -n 'starter()' | openssl dgst -sha256 -binary | base64
    assert policy["script-src"] == "'self' 'sha256-P8xk8VDlczS0qL0RdbOgEP4IcZMRD4UwLpMzvcEPa4w='"
    assert policy["default-src"] == "'none'"
    assert policy["img-src"] == "'self' data:"


@pytest.mark.parametrize(
    ("tile_url", "origin"),
    [
        ("https://tile.example/{z}/{x}/{y}.png", "https://tile.example"),
        ("https://{s}.tile.example/{z}/{x}/{y}.png", "https://*.tile.example"),
        ("http://127.0.0.1:9/{z}/{x}/{y}.png", "http://127.0.0.1:9"),
    ],
)
def test_pictures_may_come_from_the_street_tiles_host_too(tile_url, origin):
    assert f"img-src 'self' data: {origin};" in content_policy(tile_url, "starter()")


def test_strict_transport_is_asked_for_behind_https_only():
    assert "Strict-Transport-Security" in security_headers(
        Settings(base_url="https://311.example.gov"), ""
    )
    assert "Strict-Transport-Security" not in security_headers(Settings(), "")


def test_hosts_known_are_the_cities_the_base_url_the_trusted_and_this_machine():
    settings = Settings(
        base_url="https://311.Example.gov:8443/", trusted_hosts="a.example, B.example"
    )
    assert known_hosts(settings, [CITY]) == {
        "boston.localhost", "311.example.gov", "a.example", "b.example", "127.0.0.1",
        "localhost", "[::1]",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("Boston.localhost:8050", "boston.localhost"),
        ("[::1]:80", "[::1]"),
        ("[::1", ""),
        ("", ""),
        ("a", "a"),
    ],
)
def test_a_host_header_is_read_without_its_port(host, name):
    assert host_name(host) == name


def test_an_unknown_host_is_refused_but_health_is_told_to_anybody(client):
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
    assert client.get("/healthz", headers={"Host": "10.0.0.7"}).status_code == 200


def test_absolute_addresses_never_come_from_the_host_header(client):
    body = client.get("/sitemaps/pages.xml", headers={"Host": "smallville.localhost:1"}).text
    assert "smallville" not in body
    assert "<loc>http://127.0.0.1:8050/</loc>" in body


def test_a_body_over_256_kilobytes_is_refused(client):
    answer = client.post(
        "/_dash-update-component",
        data=b"[" + b"1," * 200_000 + b"1]",
        content_type="application/json",
    )
    assert answer.status_code == 413
