"""The child processes of `python -m portal run`.

Each is started in its own group, restarted when it dies, and gone when we are gone.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

LONGEST_PAUSE = 60.0
STEADY_SECONDS = 60.0
PR_SET_PDEATHSIG = 1

# Loaded here and not in the child: nothing may be imported between fork and exec.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass
class Child:
    """One program to keep alive.

    `deaths` counts how often in a row it ended before it had run for a minute.
    """

    name: str
    command: list[str]
    deaths: int = 0
    restart_at: float = 0.0
    _started_at: float = 0.0
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self, now: float) -> None:
        """Start the program; `now` is in seconds of any steady clock."""
        self._process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
        self._started_at = now

    @property
    def pid(self) -> int | None:
        """Its process id, which is also its group's; None while it is not running."""
        return self._process.pid if self._process else None

    @property
    def is_running(self) -> bool:
        """Whether it has been started and has not ended."""
        return self.pid is not None and self.exit_code() is None

    def exit_code(self) -> int | None:
        """None while it runs; its exit code once it has ended, and then its group is killed."""
        if self._process is None or self._process.poll() is None:
            return None
        self._signal_group(signal.SIGKILL)
        return self._process.returncode

    def keep_alive(self, now: float) -> str | None:
        """Restart it if it has died and its pause is over. Returns a sentence if it just died."""
        if self._process is None:
            if now >= self.restart_at:
                self.start(now)
            return None
        code = self.exit_code()
        if code is None:
            return None
        self.deaths = self.deaths + 1 if now - self._started_at < STEADY_SECONDS else 1
        pause = min(2.0 ** (self.deaths - 1), LONGEST_PAUSE)
        self.restart_at = now + pause
        self._process = None
        return f"{self.name} ended with {describe_exit(code)}; starting it again in {pause:.0f} s"

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the program itself, which knows how to end its own children."""
        if self._process and self._process.poll() is None:
            self._process.terminate()

    def kill(self) -> None:
        """Send SIGKILL to the whole group."""
        self._signal_group(signal.SIGKILL)
        if self._process:
            self._process.wait()

    def _signal_group(self, number: int) -> None:
        if self._process:
            try:
                os.killpg(self._process.pid, number)
            except (ProcessLookupError, PermissionError):
                return  # gone; macOS says EPERM for a group of zombies


def stop_all(children: Iterable[Child], seconds: float) -> None:
    """Ask all to stop at once; kill those still running after `seconds`, with their groups."""
    children = list(children)
    deadline = time.monotonic() + seconds
    for child in children:
        child.ask_to_stop()
    while any(child.is_running for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    for child in children:
        child.kill()


def describe_exit(code: int) -> str:
    """How a program ended: "exit status 1", or "SIGKILL" if a signal ended it."""
    if code >= 0:
        return f"exit status {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _die_with_parent() -> None:
    # Even after `kill -9` of the supervisor no orphan keeps the port. Only Linux has this.
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
