"""What is noted of a request: an id that a fault's page shows, its seconds, and a log line."""

from __future__ import annotations

import json
import logging
import re

import pytest
from prometheus_client import REGISTRY

from callbacks.shared import observe

CODE = re.compile(r"[2-9A-Z]{4}-[2-9A-Z]{4}")


@pytest.fixture
def broken(app):
    """The portal with a route that fails, and says a resident's e-mail address as it does."""

    @app.server.get("/broken.json")
    @app.server.get("/broken")
    def fail():
        raise ValueError("ann@example.org")

    return app.server.test_client()


def count_of(route: str, outcome: str) -> float:
    labels = {"route": route, "outcome": outcome}
    return REGISTRY.get_sample_value("portal_page_seconds_count", labels) or 0.0


def request_lines(caplog: pytest.LogCaptureFixture) -> list[dict]:
    """The events of this test's log lines, with what was bound to the request."""
    return [record.msg for record in caplog.records if isinstance(record.msg, dict)]


def test_the_page_of_a_fault_shows_the_id_that_its_log_lines_have(broken, caplog):
    page = broken.get("/broken")
    assert page.status_code == 500
    (code,) = set(CODE.findall(page.text))
    failed = [line for line in request_lines(caplog) if line["event"] == "request failed"]
    assert [line["request"] for line in failed] == [code]


def test_a_script_gets_the_id_of_a_fault_too(broken):
    answer = broken.get("/broken.json")
    assert CODE.fullmatch(answer.json["request"])


def test_two_requests_have_two_ids(broken):
    pages = [CODE.findall(broken.get("/broken").text)[0] for _ in range(2)]
    assert pages[0] != pages[1]


def test_a_refusal_shows_no_id(client):
    page = client.get("/nowhere")
    assert page.status_code == 404
    assert not CODE.search(page.text)


def test_pages_are_counted_by_route_and_outcome_and_not_by_what_was_typed(client):
    route = "/cases/<path:typed>"
    before = count_of(route, "refused"), count_of("none", "refused")
    client.get("/cases/no-such-case-17")
    client.get("/my-name-is-ann")
    assert (count_of(route, "refused"), count_of("none", "refused")) == (
        before[0] + 1,
        before[1] + 1,
    )
    assert "my-name-is-ann" not in json.dumps([str(m) for m in REGISTRY.collect()])


def test_what_is_only_read_is_no_line_and_what_changes_something_is_one(client, caplog):
    caplog.set_level(logging.INFO)
    client.get("/status")
    assert [line for line in request_lines(caplog) if line["event"] == "request"] == []
    client.post("/report/send", data={})
    (line,) = [line for line in request_lines(caplog) if line["event"] == "request"]
    assert (line["method"], line["route"]) == ("POST", "/report/send")
    assert CODE.fullmatch(line["request"])


def test_a_page_that_takes_long_is_a_line(client, caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(observe, "SLOW_SECONDS", 0.0)
    client.get("/status")
    (line,) = [line for line in request_lines(caplog) if line["event"] == "request"]
    assert (line["route"], line["outcome"]) == ("/status", "ok")


def test_a_foreign_host_name_gets_its_refusal_and_not_a_fault(client):
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400
