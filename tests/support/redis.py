"""A Redis or Valkey server of the tests' own, on a free port of 127.0.0.1, that writes nothing."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import time

PROGRAMS = ("redis-server", "valkey-server")
START_SECONDS = 60


def find_program() -> str:
    """The server's program. Raises FileNotFoundError that says how to install it."""
    for name in PROGRAMS:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError(
        "redis-server is not here: `make test` installs it where it may, else install your"
        " system's redis-server or valkey-server package"
    )


class CacheServer:
    """A running server; `url` is its address. It can be stopped, frozen and started again."""

    def __init__(self) -> None:
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, empty, and wait until it takes connections."""
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--daemonize"]
        self._process = subprocess.Popen(
            [find_program(), *options, "no", "--appendonly", "no"],
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        ends_at = time.monotonic() + START_SECONDS
        while not self._takes_connections():
            assert self._process.poll() is None, "the cache server did not start"
            assert time.monotonic() < ends_at, "the cache server takes no connections"
            time.sleep(0.01)

    def stop(self) -> None:
        """End it, frozen or not."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it hang: connections are taken, and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it answer again."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _takes_connections(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
