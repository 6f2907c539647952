"""Dash's callback address takes what our callbacks take and nothing else; no body makes it fail."""

from __future__ import annotations

import pytest

from callbacks.cases.live_map import show_live_map
from layouts.shared import ids
from portal.errors import BadRequest

OUTPUT = f"{ids.page.ISLAND}.children"


def body(value="/", **changed):
    return {
        "output": OUTPUT,
        "outputs": {"id": ids.page.ISLAND, "property": "children"},
        "inputs": [{"id": ids.page.ADDRESS, "property": "data-address", "value": value}],
        "changedPropIds": [f"{ids.page.ADDRESS}.data-address"],
        "parsedChangedPropsIds": [f"{ids.page.ADDRESS}.data-address"],
    } | changed


def call(client, sent):
    return client.post("/_dash-update-component", json=sent)


def test_the_map_is_drawn_for_the_address_of_the_page(client):
    drawn = call(client, body("/?bbox=-71.08,42.31,-71.06,42.33")).json["response"][
        ids.page.ISLAND
    ]["children"]
    assert drawn["type"] == "MapContainer"
    assert drawn["props"]["bounds"] == [[42.31, -71.08], [42.33, -71.06]]


def test_without_a_part_of_the_map_it_is_the_whole_city(client, city):
    drawn = call(client, body("/")).json["response"][ids.page.ISLAND]["children"]
    assert drawn["props"]["bounds"] == [
        [city.bounds.south, city.bounds.west],
        [city.bounds.north, city.bounds.east],
    ]


@pytest.mark.parametrize(
    "address", [None, 3, [], {}, "/?status=bad", "/?" + "x" * 9_000, "http://[", "/?bbox=1,2,3"]
)
def test_an_address_that_is_none_is_refused(client, address):
    assert call(client, body(address)).status_code == 400


def test_the_callback_is_a_plain_function(app, portal):
    with app.server.test_request_context("/"), pytest.raises(BadRequest, match="address"):
        show_live_map(portal, 5)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [],
        "x",
        {},
        body(output="no-such.children"),
        body(output=["x"]),
        body(inputs=[]),
        body(inputs="x"),
        body(inputs=[None]),
        body(inputs=[{"id": "other", "property": "data-address", "value": "/"}]),
        body(inputs=[{"id": {"a": 1}, "property": "data-address", "value": "/"}]),
        body(state=[{"id": "secret", "property": "data", "value": 1}]),
        body(outputs=[]),
        body(outputs={"id": "other", "property": "children"}),
        body(outputs={"id": ids.page.ISLAND, "property": "children", "more": 1}),
        body(changedPropIds=5),
        body(changedPropIds=[{}]),
        body(parsedChangedPropsIds={"a": 1}),
        body(cancelJob="x"),
        body(job="x"),
    ],
)
def test_a_body_that_fits_no_callback_is_a_400(client, sent):
    assert call(client, sent).status_code == 400


def test_a_body_that_is_no_json_is_a_400(client):
    for data, kind in (
        (b"{", "application/json"),
        (b"a=1", "application/x-www-form-urlencoded"),
        (b"\xff", "application/json"),
        (b"", ""),
    ):
        assert (
            client.post("/_dash-update-component", data=data, content_type=kind).status_code == 400
        )


@pytest.mark.parametrize(
    "path",
    [
        "nope/x.js",
        "dash/../../etc/passwd",
        "dash_leaflet/nope.js",
        "os/x.js",
        "dash/",
        "dash_leaflet/package-info.json",
    ],
)
def test_only_scripts_that_dash_registered_are_served(client, path):
    assert client.get(f"/_dash-component-suites/{path}").status_code == 404


def test_scripts_are_kept_for_a_year_and_compressed_once(app, client):
    url = next(url for url in app.script_urls() if "dash_leaflet.v" in url)
    first = client.get(url, headers={"Accept-Encoding": "br"})
    assert first.headers["Content-Encoding"] == "br"
    assert "immutable" in first.headers["Cache-Control"]
    assert client.get(url, headers={"Accept-Encoding": "br"}).data == first.data
