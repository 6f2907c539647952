"""The whole portal in processes of its own, as `python -m portal run` starts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from portal.cli.serve import STOP_SECONDS, free_port, status_of

ROOT = Path(__file__).parents[2]


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def lives(process: psutil.Process) -> bool:
    """Whether it still runs; a zombie does not."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Run:
    """`python -m portal run` without a sync, on its own port and folder, its output in a file."""

    def __init__(self, folder: Path, workers: int = 1, **settings: str) -> None:
        self.port = free_port()
        self.output = folder / "output.txt"
        self.address = settings.get("PORTAL_BASE_URL", f"http://127.0.0.1:{self.port}")
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")},
            "PORTAL_PORT": str(self.port),
            "PORTAL_DATA_DIR": str(folder / "var"),
            "PORTAL_JURISDICTIONS": "boston",
            "PORTAL_SYNC_ENABLED": "false",
            "PORTAL_TILE_URL": "none",
            "PORTAL_WORKERS": str(workers),
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it unless it runs, and wait until it answers and has said so."""
        if self.is_running:
            return
        self.output.unlink(missing_ok=True)
        with self.output.open("a") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "portal", "run"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

        wait_until(lambda: not self.is_running or self.address in self.said, 120)
        assert self.is_running and self.answers, self.said

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def answers(self) -> bool:
        return status_of("127.0.0.1", self.port, "/healthz") == 200

    @property
    def said(self) -> str:
        return self.output.read_text()

    def descendants(self) -> list[psutil.Process]:
        assert self.process
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: int) -> int:
        """Send a signal and return the exit status."""
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS + 3)


@contextmanager
def running(made: Run) -> Iterator[Run]:
    """A run that is started here, and ended whatever happens."""
    try:
        made.start()
        yield made
    finally:
        if made.is_running:
            made.end(signal.SIGTERM)
