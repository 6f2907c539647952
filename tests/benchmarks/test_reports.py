"""Reports under load are timed from when they are due; a refusal ends the measurement."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from portal.benchmarks import reports
from portal.benchmarks.reports import Crowd, Reading
from portal.context import Portal
from portal.errors import PortalError
from tests.benchmarks.serving import Handler, serving


class Form(Handler):
    taken: list[bytes] = []
    read: list[str] = []

    def do_GET(self) -> None:  # noqa: N802
        type(self).read.append(self.path)
        self.answer(200, b'<input type="hidden" name="began" value="12.ab">')

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).taken.append(body)
        self.answer(422 if b"service=refused" in body else 303)


@pytest.fixture
def port():
    Form.taken, Form.read = [], []
    with serving(Form) as port:
        yield port


def crowd_of(port: int, *services: str) -> Crowd:
    began = reports._read_start_mark(port)
    return Crowd(
        port,
        ["/", "/cases"],
        [reports._build_report(port, began, 42.32, -71.07, service) for service in services],
    )


def test_each_report_is_sent_once_with_a_key_of_its_own_and_the_forms_mark(port):
    taken = reports._send_reports(crowd_of(port, "pothole", "graffiti"), 2)
    assert len(taken) == 2
    assert all(0 < milliseconds < 10_000 for milliseconds in taken)
    assert len(set(Form.taken)) == 2
    assert all(b"began=12.ab" in body and b"lat=42.32" in body for body in Form.taken)


def test_a_report_that_is_not_taken_is_a_fault_and_no_fast_answer(port):
    with pytest.raises(PortalError, match="422"):
        reports._send_reports(crowd_of(port, "refused"), 1)


def test_readers_begin_at_different_pages_and_stop_when_it_is_over(port):
    reading = Reading(crowd_of(port))
    Form.read = []
    reader = threading.Thread(target=reading.read, args=(reports.READERS // 2,))
    reader.start()
    while reading.pages < 3:
        reading.over.wait(0.01)
    reading.over.set()
    reader.join(60)
    assert Form.read[:3] == ["/cases", "/", "/cases"]
    assert reading.pages == len(Form.read)


def test_reports_that_did_not_reach_the_desk_are_a_fault(settings, portal: Portal, monkeypatch):
    monkeypatch.setattr(reports, "ARRIVAL_SECONDS", 0)
    with pytest.raises(PortalError, match="600 reports did not reach the desk"):
        reports._measure_arrivals(settings)
    with portal.core.connect() as connection:
        assert connection.execute(text(reports.ARRIVED)).all() == []
