"""The page that stands at the portal's address while the demo city is being built."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection

import pytest
from lxml import html

from portal.cli.serve import free_port
from portal.first_start.building import Building, Made
from portal.first_start.page import FirstPage, draw_page

BUILDING = Building(Made(60_000, 58_820), 34_000)


@pytest.fixture
def page() -> Iterator[FirstPage]:
    made = FirstPage("127.0.0.1", free_port(), lambda: (BUILDING, "About 30 seconds left."))
    yield made
    made.close()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str


def ask(page: FirstPage, path: str = "/", method: str = "GET", **headers: str) -> Answer:
    with closing(HTTPConnection("127.0.0.1", page.server_address[1], timeout=60)) as connection:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        told = {name.lower(): value for name, value in answer.getheaders()}
        return Answer(answer.status, told, answer.read().decode())


def test_a_browser_gets_a_page_that_says_how_far_the_city_is(page):
    answer = ask(page, accept="text/html,*/*")
    document = html.fromstring(answer.text)
    assert answer.status == 503
    assert document.findtext(".//h1") == ("The demonstration city is being built: 34,000 of 58,820")
    bar = document.find(".//progress")
    assert (bar.get("value"), bar.get("max")) == ("34000", "58820")
    assert bar.get("aria-label")
    assert document.get("lang") == "en"


def test_it_asks_to_be_asked_again_with_scripts_and_without(page):
    answer = ask(page, accept="text/html")
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["cache-control"] == "no-store"
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in answer.text


def test_it_fetches_nothing_and_runs_its_own_script_alone(page):
    answer = ask(page, accept="text/html")
    document = html.fromstring(answer.text)
    assert document.xpath("//script/@src | //img/@src | //link[not(@rel='icon')]/@href") == []
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/cases?status=open", "/tiles/1/2/3"])
def test_a_program_gets_one_line_and_503_whatever_it_asks_for(page, path):
    answer = ask(page, path)
    assert answer.status == 503
    assert answer.text == "The demonstration city is being built: 34,000 of 58,820\n"


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_other_methods_are_answered_too(page, method):
    assert ask(page, "/report/send", method).status == 503
    assert bool(ask(page, "/", method).text) is (method != "HEAD")


def test_half_a_request_holds_up_no_one(page):
    with socket.create_connection(("127.0.0.1", page.server_address[1])) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: ")
        assert ask(page).status == 503


def test_the_portal_takes_the_port_over_while_the_page_still_answers(page):
    with socket.socket() as portal:
        portal.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        portal.bind(("127.0.0.1", page.server_address[1]))
        assert portal.getsockname()[1] == page.server_address[1]
        assert ask(page).status == 503


def test_a_port_that_another_program_has_is_refused():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(OSError, match="in use"):
            FirstPage("127.0.0.1", other.getsockname()[1], lambda: (BUILDING, ""))


def test_words_are_escaped():
    assert "<b>" not in draw_page(BUILDING, "<b>soon</b>")
