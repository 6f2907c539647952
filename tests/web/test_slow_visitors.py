"""Visitors who send or read slowly take no thread: pages come within a second for the others."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import pytest

from portal.cli.serve import free_port, status_of
from tests.support.running import ROOT, Run, running, wait_until

MANY = 64
UPLOAD = (
    "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {size}\r\n"
    "Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
)
READ_SECONDS = 1.0


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Iterator[Run]:
    with running(Run(tmp_path_factory.mktemp("slow"), workers=2)) as made:
        yield made


@contextmanager
def slow_visitors(port: int, beginning: bytes, drop: bytes = b"x") -> Iterator[None]:
    """Many connections that have sent the beginning, and then send a drop now and then."""
    is_over = threading.Event()
    rounds: list[int] = []
    with ExitStack() as stack:
        visitors = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(MANY)
        ]
        for visitor in visitors:
            visitor.sendall(beginning)

        def drip() -> None:
            while not is_over.wait(0.1):
                for visitor in visitors:
                    with suppress(OSError):
                        visitor.sendall(drop)
                rounds.append(1)

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        wait_until(lambda: len(rounds) >= 5, 60)  # every one of them is being read by now
        yield
        is_over.set()
        dripping.join()


def usual_seconds(port: int, path: str) -> float:
    """How long a page usually takes just now; 30 s where it does not come."""
    taken = []
    for _ in range(5):
        started = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", path)
            assert connection.getresponse().status == 200
        connection.close()
        taken.append(time.monotonic() - started)
        if taken[-1] >= 30:
            break
    return statistics.median(taken)


def check_pages(port: int) -> None:
    for path in ("/healthz", "/status"):
        assert usual_seconds(port, path) < READ_SECONDS, path


@pytest.mark.parametrize(
    ("method", "path", "size"),
    [
        ("POST", "/report/send", 20_000_000),
        ("POST", "/report", 20_000_000),
        ("POST", "/mine/abc", 1_000_000),
        ("POST", "/_dash-update-component", 200_000),
        ("POST", "/nowhere", 200_000),
        ("PUT", "/", 200_000),
        ("GET", "/", 200_000),
    ],
)
def test_pages_come_under_64_uploads_that_drip(run, method, path, size):
    beginning = UPLOAD.format(method=method, path=path, size=size).encode()
    with slow_visitors(run.port, beginning):
        check_pages(run.port)


@pytest.mark.parametrize(
    "beginning",
    [b"", b"GET / HTTP/1.1\r\nHost: ", b"GET /status HTTP/1.1\r\nHost: x\r\nX-Long: "],
    ids=["nothing", "half a line", "half a header"],
)
def test_pages_come_under_64_heads_that_drip(run, beginning):
    with slow_visitors(run.port, beginning):
        check_pages(run.port)


def test_pages_come_while_64_visitors_do_not_read_their_answers(run):
    question = b"GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with slow_visitors(run.port, question * 20, drop=question):
        check_pages(run.port)


def test_a_report_gets_through_under_64_uploads_that_drip(run):
    beginning = UPLOAD.format(method="POST", path="/report/send", size=20_000_000).encode()
    with slow_visitors(run.port, beginning):
        connection = http.client.HTTPConnection("127.0.0.1", run.port, timeout=30)
        started = time.monotonic()
        connection.request(
            "POST",
            "/report",
            body=b"step=what",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        assert connection.getresponse().status == 200
        assert time.monotonic() - started < 10
        connection.close()


def test_a_server_that_gives_each_upload_a_thread_is_found_out():
    port = free_port()
    command = [sys.executable, "-m", "granian", "tests.web.naive:app", "--interface", "wsgi"]
    options = ["--port", str(port), "--blocking-threads", "4", "--log-level", "critical"]
    with subprocess.Popen([*command, *options], cwd=ROOT, start_new_session=True) as server:
        try:
            wait_until(lambda: status_of("127.0.0.1", port, "/") == 200, 60)
            beginning = UPLOAD.format(method="POST", path="/", size=1_000_000).encode()
            with slow_visitors(port, beginning):
                assert status_of("127.0.0.1", port, "/") is None
        finally:
            os.killpg(server.pid, signal.SIGKILL)  # with its workers, which are all busy reading
