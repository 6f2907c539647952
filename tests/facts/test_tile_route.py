"""/tiles/…json: what a map fetches, and how long it may keep it."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.api import tiles
from portal.facts import publish


@pytest.fixture
def get(portal, city, add_case, clock):
    """Asks for a tile of Smallville with one open case whose target is on 1 February."""
    add_case("101", target_at=1_769_904_000)
    publish.update(portal.core, city, portal.facts_folder)
    server = Flask("test")
    server.register_blueprint(tiles.blueprint(portal, clock=clock))
    client = server.test_client()
    return lambda address, **headers: client.get(
        address, headers={"Host": "smallville.localhost", **headers}
    )


def test_tile_is_json_with_the_data_version(get):
    answer = get("/tiles/14/4957/6062.json")
    assert answer.mimetype == "application/json"
    assert answer.json == {
        "rev": 1,
        "cells": [],
        "pins": [[-71.07, 42.32, "101", "overdue", "Pothole", 1_767_571_200]],
    }


def test_filter_of_the_address_is_heard(get):
    assert get("/tiles/0/0/0.json?status=closed").json["pins"] == []
    assert get("/tiles/0/0/0.json?status=open&z=3&v=1").json["pins"] != []
    assert get("/tiles/0/0/0.json?q=pothole").json["pins"] != []
    assert get("/tiles/0/0/0.json?q=graffiti").json["pins"] == []


def test_density_has_squares_and_no_pins(get):
    assert get("/tiles/14/4957/6062.json?map=density").json == {
        "rev": 1,
        "cells": [[-71.07, 42.32, 1, 1]],
        "pins": [],
    }
    assert get("/tiles/14/4957/6062.json?map=density&status=closed").json["cells"] == []


def test_tile_asked_for_by_its_version_may_be_kept_and_any_other_not(get):
    assert get("/tiles/0/0/0.json?v=1").headers["Cache-Control"] == "public, max-age=300"
    assert get("/tiles/0/0/0.json?v=0").headers["Cache-Control"] == "public, no-cache"
    assert get("/tiles/0/0/0.json").headers["Cache-Control"] == "public, no-cache"


def test_same_tile_again_is_not_sent_again(get):
    tag = get("/tiles/0/0/0.json").headers["ETag"]
    again = get("/tiles/0/0/0.json", **{"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_new_cases_make_a_new_tile(get, portal, city, add_case):
    before = get("/tiles/0/0/0.json")
    add_case("102", opened="2026-02-01")
    publish.update(portal.core, city, portal.facts_folder)
    after = get("/tiles/0/0/0.json", **{"If-None-Match": before.headers["ETag"]})
    assert [pin[2] for pin in after.json["pins"]] == ["102", "101"]
