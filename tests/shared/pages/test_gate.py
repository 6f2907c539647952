"""The one gate before every request that changes something: origin, size and number."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from app import create_app
from portal.abuse.flood import CAPACITY, MOST_NETWORKS, Flood
from portal.api import gate
from portal.api.gate import MAX_BODY_BYTES, MAX_PHOTOS_BYTES, SAFE, most_bytes_at, our_origins
from portal.errors import PortalError
from portal.settings import Settings
from portal.web.proxies import KnownProxies

OF_PROGRAMS = {"POST /open311/v2/requests.1", "POST /open311/v2/requests.1/"}
UPDATES = {path.replace("requests", "servicerequestupdates") for path in OF_PROGRAMS}
"""They bring a key, and no cookie opens anything there."""
FROM_ANYWHERE = {"POST /following/1", "POST /following/1/stop", "POST /developers/keys/1"}
FROM_ANYWHERE |= OF_PROGRAMS | UPDATES
"""Their address is the key, and mail programs post there (RFC 8058)."""
WITH_PHOTOS = {"POST /report", "POST /report/send", "POST /report/deliver.json", "POST /mine/1"}
WITH_PHOTOS |= OF_PROGRAMS
EVIL = {"Origin": "https://evil.example"}


def changing_routes(app) -> set[str]:
    """Every method and address of the map that may change something."""
    return {
        f"{method} {re.sub('<[^>]+>', '1', rule.rule)}"
        for rule in app.server.url_map.iter_rules()
        for method in (rule.methods or set()) - SAFE
    }


def open_to(app, headers: dict[str, str], status: int, data: bytes = b"") -> set[str]:
    """The routes that do not answer such a request with this status."""
    client = app.server.test_client()
    return {
        route
        for route in changing_routes(app)
        if client.open(
            route.partition(" ")[2], method=route.partition(" ")[0], headers=headers, data=data
        ).status_code
        != status
    }


def test_another_sites_form_is_stopped_before_every_view_that_changes_something(app):
    assert {"POST /_dash-update-component", "POST /staff/sign-in"} <= changing_routes(app)
    assert open_to(app, EVIL, 403) == FROM_ANYWHERE
    assert open_to(app, {"Sec-Fetch-Site": "cross-site"}, 403) == FROM_ANYWHERE


def test_a_body_that_is_too_large_is_stopped_before_every_view(app):
    too_large = bytes(MAX_BODY_BYTES + 1)
    assert open_to(app, {}, 413, too_large) == WITH_PHOTOS


def test_a_server_without_the_gate_is_found_out(app):
    app.server.before_request_funcs.clear()
    assert {"POST /report", "POST /_dash-update-component"} <= open_to(app, EVIL, 403)


def test_photos_may_be_large_and_nothing_else(app):
    sizes = {route: most_bytes_at(app.server, route[5:]) for route in changing_routes(app)}
    assert {route for route, size in sizes.items() if size == MAX_PHOTOS_BYTES} == WITH_PHOTOS
    assert set(sizes.values()) == {MAX_BODY_BYTES, MAX_PHOTOS_BYTES}
    assert most_bytes_at(app.server, "/nowhere") == MAX_BODY_BYTES


def test_photos_over_20_megabytes_are_refused_with_a_way_out(client):
    answer = client.post("/report", data=bytes(MAX_PHOTOS_BYTES + 1))
    assert answer.status_code == 400
    assert "send them one at a time" in answer.text


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://311.example.gov"}, False),
        ({"Origin": "https://311.example.gov"}, True),
        ({"Origin": "https://311.example.gov:443"}, True),
        ({"Origin": "https://311.EXAMPLE.gov"}, True),
        ({"Origin": "https://www.example.gov"}, True),
        ({"Origin": "http://127.0.0.1:8050"}, True),
        ({"Origin": "http://127.0.0.1:9000"}, False),
        ({"Origin": "http://311.example.gov"}, False),
        ({"Origin": "https://311.example.gov:8443"}, False),
        ({"Origin": "https://311.example.gov.evil.example"}, False),
        ({"Origin": "https://311.example.gov@evil.example"}, False),
        ({"Origin": "https://"}, False),
        ({"Origin": "http://["}, False),
        ({"Origin": ""}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "null", "Referer": "https://311.example.gov/mine/abc"}, True),
        ({"Origin": "null", "Referer": "https://evil.example/"}, False),
        ({"Referer": "https://311.example.gov/report"}, True),
        ({"Referer": "https://evil.example/"}, False),
    ],
    ids=str,
)
def test_a_form_of_ours_is_known_whatever_host_the_proxy_asks_for(
    settings, portal, headers, is_ours
):
    """An old Safari behind a proxy that passes no Host got 403 for each of its forms."""
    ours = settings.model_copy(
        update={"base_url": "https://311.example.gov/", "trusted_hosts": "www.example.gov"}
    )
    client = create_app(ours, portal).server.test_client()
    answer = client.post("/staff/sign-out", headers=headers | {"Host": "127.0.0.1:8050"})
    assert answer.status_code == (303 if is_ours else 403)


def test_origins_are_those_of_the_base_url_and_the_trusted_hosts():
    assert our_origins(Settings(base_url="https://a.example:8443/x", trusted_hosts="b, c:81")) == {
        "https://a.example:8443",
        "https://b",
        "https://c:81",
    }
    assert our_origins(Settings()) == {"http://127.0.0.1:8050"}


@pytest.mark.parametrize("path", ["/mine/nope", "/staff/sign-in", "/following/nope"])
def test_a_secret_page_tells_no_other_site_where_it_is_and_our_own_forms_where_they_are_from(
    client, path
):
    assert client.get(path).headers["Referrer-Policy"] in (
        "same-origin",
        "strict-origin-when-cross-origin",  # the page of an error has no secret
    )


def test_a_household_that_floods_is_told_to_wait_and_the_others_go_on(tmp_path):
    server = Flask("small")
    gate.put_up(server, Settings(), Flood(clock=lambda: 0.0))
    server.register_error_handler(PortalError, lambda problem: (str(problem), problem.status))
    server.add_url_rule("/", view_func=lambda: "done", methods=["GET", "POST"])
    server.wsgi_app = KnownProxies(server.wsgi_app, 1, tmp_path)
    client = server.test_client()

    def ask(method: str, address: str) -> int:
        return client.open("/", method=method, headers={"X-Forwarded-For": address}).status_code

    household = [f"2606:4700::{number:x}" for number in range(int(CAPACITY))]
    assert {ask("POST", address) for address in household} == {200}
    assert ask("POST", "2606:4700::ffff:1") == 429
    assert ask("POST", "2606:4700:0:1::1") == 200
    assert ask("GET", "2606:4700::ffff:1") == 200


def test_who_is_behind_a_proxy_that_does_not_say_is_not_counted(client):
    assert {client.post("/staff/sign-out").status_code for _ in range(620)} == {303}


def test_a_flood_ends_as_it_began_and_takes_no_memory():
    now = [0.0]
    flood = Flood(clock=lambda: now[0], capacity=2, per_second=1)
    assert [flood.is_one_too_many("a") for _ in range(3)] == [False, False, True]
    assert not flood.is_one_too_many("b")
    now[0] = 1.0
    assert [flood.is_one_too_many("a") for _ in range(2)] == [False, True]
    for number in range(MOST_NETWORKS + 10):
        flood.is_one_too_many(f"network {number}")
    assert len(flood._buckets) == MOST_NETWORKS


def test_nothing_that_only_reads_waits_at_the_gate(client):
    for method in sorted(SAFE - {"OPTIONS"}):
        assert client.open("/healthz", method=method, headers=EVIL).status_code == 200


def test_marks_are_on_the_views_and_stay_there(app):
    marked = {
        endpoint
        for endpoint, view in app.server.view_functions.items()
        if getattr(view, "is_from_anywhere", False)
    }
    of_programs = {
        f"open311./{name}_<form>{end}"
        for name in ("requests", "servicerequestupdates")
        for end in ("", "/")
    }
    residents = {"following change", "following stop at once", "own keys change"}
    assert marked == residents | of_programs
    assert gate.most_bytes_of(app.server.view_functions["report send"]) == MAX_PHOTOS_BYTES
