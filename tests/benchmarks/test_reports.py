"""Reports under load: each is timed from when it was due, one that is refused ends the measurement, and readers read until it is over."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import text

from portal.benchmarks import reports
from portal.benchmarks.reports import Crowd, Reading
from portal.context import Portal
from portal.errors import PortalError


class Form(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    taken: list[bytes] = []
    read: list[str] = []

    def do_GET(self) -> None:
        type(self).read.append(self.path)
        self._answer(200, b'<input type="hidden" name="began" value="12.ab">')

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).taken.append(body)
        self._answer(422 if b"service=refused" in body else 303)

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        pass


class Quiet(ThreadingHTTPServer):
    """A visitor who has the answer hangs up: nothing to tell."""

    def handle_error(self, *_whom: object) -> None:
        pass


@pytest.fixture
def port():
    Form.taken, Form.read = [], []
    server = Quiet(("127.0.0.1", 0), Form)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def crowd_of(port: int, *services: str) -> Crowd:
    began = reports._began(port)
    return Crowd(port, ["/", "/cases"], [reports._report(port, began, 42.32, -71.07, service) for service in services])


def test_each_report_is_sent_once_with_a_key_of_its_own_and_the_forms_mark(port):
    taken = reports._sent(crowd_of(port, "pothole", "graffiti"), 2)
    assert len(taken) == 2
    assert all(0 < milliseconds < 10_000 for milliseconds in taken)
    assert len(set(Form.taken)) == 2
    assert all(b"began=12.ab" in body and b"lat=42.32" in body for body in Form.taken)


def test_a_report_that_is_not_taken_is_a_fault_and_no_fast_answer(port):
    with pytest.raises(PortalError, match="422"):
        reports._sent(crowd_of(port, "refused"), 1)


def test_readers_begin_at_different_pages_and_stop_when_it_is_over(port):
    reading = Reading(crowd_of(port))
    Form.read = []
    reader = threading.Thread(target=reading.read, args=(reports.READERS // 2,))
    reader.start()
    while reading.pages < 3:
        reading.over.wait(0.01)
    reading.over.set()
    reader.join(10)
    assert Form.read[:3] == ["/cases", "/", "/cases"]
    assert reading.pages == len(Form.read)


def test_reports_that_did_not_reach_the_desk_are_a_fault(settings, portal: Portal, monkeypatch):
    monkeypatch.setattr(reports, "ARRIVAL_SECONDS", 0)
    with pytest.raises(PortalError, match="600 reports did not reach the desk"):
        reports._arrivals(settings)
    with portal.core.connect() as connection:
        assert connection.execute(text(reports.ARRIVED)).all() == []
