"""Downloads on the wire: one that breaks off never looks whole, and pages do not wait for them."""

from __future__ import annotations

import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from portal.cli.serve import free_port, status_of
from tests.support.running import ROOT, wait_until
from tests.web.breaking import PIECE

END = b"0\r\n\r\n"
"""The last chunk, which says that an answer is whole."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The breaking server, as Granian serves the portal."""
    number = free_port()
    command = [
        *(sys.executable, "-m", "granian", "--interface", "rsgi", "--factory"),
        *("--host", "127.0.0.1", "--port", str(number), "tests.web.breaking:make_front"),
    ]
    with subprocess.Popen(command, cwd=ROOT) as server:
        wait_until(lambda: status_of("127.0.0.1", number, "/page") == 200, 60)
        yield number
        server.terminate()


def read_raw(port: int, path: str) -> bytes:
    """All that comes on the wire, to the end of the connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"Connection": "close"})
    connection.sock.settimeout(60)
    received = b""
    try:
        while piece := connection.sock.recv(1 << 16):
            received += piece
    except ConnectionError:
        pass
    connection.close()
    return received


def test_an_answer_that_breaks_off_has_no_last_chunk(port):
    assert read_raw(port, "/whole").endswith(END)
    # What was not sent yet when it broke off is lost: now and then all of it.
    broken = [read_raw(port, "/broken") for _ in range(5)]
    assert any(PIECE[:1_000] in one for one in broken)
    assert not any(one.endswith(END) for one in broken)


def test_a_program_notices_that_a_file_is_not_whole(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/broken")
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        connection.getresponse().read()


def test_pages_come_while_more_files_are_made_than_there_are_threads(port):
    with ExitStack() as stack:
        for _ in range(6):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            stack.callback(connection.close)
            connection.request("GET", "/endless")
            assert connection.getresponse().read(len(PIECE)) == PIECE
        assert status_of("127.0.0.1", port, "/page") == 200
