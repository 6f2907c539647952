"""The load generator: it counts whole answers, and no wrong one."""

from __future__ import annotations

import pytest

from portal.benchmarks import web
from portal.errors import PortalError
from tests.benchmarks.serving import Handler, serving


class Pages(Handler):
    asked = 0

    def do_GET(self) -> None:  # noqa: N802
        type(self).asked += 1
        self.answer(200 if self.path == "/there" else 404, b"x" * 300_000, ETag='"one"')


@pytest.fixture
def port():
    with serving(Pages) as port:
        yield port


def test_an_answer_is_timed_to_its_last_byte(port):
    answered = web.ask_once(port, "/there")
    assert answered.etag == '"one"'
    assert 0 < answered.seconds < 10


def test_only_whole_answers_are_counted(port):
    Pages.asked = 0
    rate = web.measure_rate(port, "/there", 200, seconds=0.3)
    assert 0 < rate * 0.3 <= Pages.asked


def test_an_answer_of_another_status_is_a_fault_and_no_fast_answer(port):
    with pytest.raises(PortalError, match="404"):
        web.ask_once(port, "/missing")


def test_a_304_has_no_body_whatever_it_says():
    assert web.body_length(b'HTTP/1.1 304 NOT MODIFIED\r\nETag: "one"') == 0
    assert web.body_length(b"HTTP/1.1 200 OK\r\nContent-Length: 12") == 12
