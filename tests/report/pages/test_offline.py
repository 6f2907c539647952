"""What a phone keeps for when it has no signal: which script it gets, and how to remove it."""

from __future__ import annotations

import json
import re

import pytest
from lxml import html as parser

from app import create_app


def told(client) -> dict:
    """The settings before the worker's script."""
    return json.loads(
        client.get("/service-worker.js")
        .text.partition("\n")[0]
        .removeprefix("self.portal = ")
        .removesuffix(";")
    )


def test_the_worker_is_a_script_for_the_whole_site_that_no_browser_keeps_unasked(client):
    answer = client.get("/service-worker.js")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/javascript", "no-cache")
    assert (
        client.get(
            "/service-worker.js", headers={"If-None-Match": answer.headers["ETag"]}
        ).status_code
        == 304
    )
    assert 'data-worker="/service-worker.js"' in client.get("/nowhere").text


def test_the_worker_is_told_of_files_that_are_there_and_may_be_kept(client):
    files = told(client)["files"]
    assert len(files) > 3
    for address in [*files, told(client)["store"]]:
        assert "immutable" in client.get(address).headers["Cache-Control"], address


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_page_without_signal_is_there_in_every_language(client, language):
    assert language in told(client)["languages"]
    page = parser.fromstring(client.get(f"/offline?lang={language}").data)
    assert page.get("lang") == language
    assert page.xpath("//h1")
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]


def test_the_line_above_kept_pages_has_a_place_for_its_time(client):
    template = re.search(
        r'<template id="kept-notice">(.*?)</template>', client.get("/offline").text, re.DOTALL
    )
    assert template
    assert '<span class="kept-at"></span>' in template[1]


def test_a_city_without_types_offers_no_report_without_signal(client):
    assert b'href="/report"' not in client.get("/offline").data.partition(b"<main")[2]


def test_switched_off_the_worker_takes_itself_away_and_no_page_asks_for_it(settings, portal):
    client = create_app(
        settings.model_copy(update={"offline_pages": False}), portal
    ).server.test_client()
    assert "unregister" in client.get("/service-worker.js").text
    assert "data-worker" not in client.get("/nowhere").text
