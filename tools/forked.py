"""Tests run in a process of their own that leaves nothing behind: no process, no folder.

    outcome = run_forked(tests, before=lambda: None, folder=folder)
    outcome.kind         # "passed", "failed", "unfinished", "hangs", "ends" or "breaks"
    outcome.test         # the test it was in when that happened

The process is watched from outside: before each test it says which one it begins. Processes that
it leaves come to us as their nearest reaper (Linux) and are ended too, and its temporary files are
in a folder that is removed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import shutil
import signal
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

SECONDS_TO_BEGIN = 60.0
SHORTEST_HANG_SECONDS, TIMES_AS_LONG = 10.0, 10.0
"""A test hangs when it takes ten times as long as it did before, but not before ten seconds."""
_SUBREAPER, _END_WITH_PARENT = 36, 1


@dataclass(frozen=True)
class Timed:
    """A test, and the seconds it takes without any change."""

    item: pytest.Item
    seconds: float

    @property
    def allowed_seconds(self) -> float:
        """After which it hangs."""
        return max(SHORTEST_HANG_SECONDS, TIMES_AS_LONG * self.seconds)


@dataclass(frozen=True)
class Outcome:
    """How a process ended: its kind, the test it was in (None: in none), how many it had begun."""

    kind: str
    test: Timed | None = None
    begun: int = 0


def run_forked(
    tests: list[Timed], before: Callable[[], None], folder: Path, seconds: float = float("inf")
) -> Outcome:
    """Run tests in a process until one fails or the seconds are over; `before` is run first."""
    with forked(lambda say: _run(tests, before, seconds, say), folder) as lines:
        return _watch(lines, tests)


@contextlib.contextmanager
def forked(work: Callable[[Callable[[str], None]], None], folder: Path) -> Iterator[Lines]:
    """Work in a process of its own, as long as it is needed; gives what it says."""
    _control(_SUBREAPER, 1)  # what it leaves comes to us, so that we can end it
    others = _children()
    reading, writing = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        try:
            _settle(folder)
            work(partial(_say, writing))
        finally:
            os._exit(0)  # never back into the loop of the process that forked it
    os.close(writing)
    try:
        yield Lines(reading)
    finally:
        os.close(reading)
        _end_all({child}, others)
        shutil.rmtree(folder, ignore_errors=True)


class Lines:
    """What a process says, line by line."""

    def __init__(self, reading: int) -> None:
        self._reading = reading
        self._lines: deque[str] = deque()
        self._rest = b""

    def next(self, seconds: float) -> str | None:
        """The next line, None when the process has ended. TimeoutError after so long a silence."""
        while not self._lines:
            ready, _, _ = select.select([self._reading], [], [], seconds)
            if not ready:
                raise TimeoutError
            said = os.read(self._reading, 65_536)
            if not said:
                return None
            *lines, self._rest = (self._rest + said).split(b"\n")
            self._lines += (line.decode() for line in lines)
        return self._lines.popleft()


def _settle(folder: Path) -> None:
    """In the child: a group and a folder of its own, and an end with its parent."""
    os.setsid()
    _control(_END_WITH_PARENT, signal.SIGKILL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def _say(writing: int, line: str) -> None:
    os.write(writing, line.encode() + b"\n")


def _control(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _end_all(ours: set[int], others: set[int]) -> None:
    """End the child and what it leaves: the children of what ends become ours."""
    while ours:
        for child in ours:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)
        ours = _children() - others


def _children() -> set[int]:
    """Of this process; where there is no /proc we know of none."""
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}


def _run(
    tests: list[Timed],
    before: Callable[[], None],
    seconds: float,
    say: Callable[[str], None],
) -> None:
    try:
        before()
    except BaseException:  # whatever importing a changed module does
        say("breaks")
        return
    ends_at = time.monotonic() + seconds
    for place, test in enumerate(tests):
        if time.monotonic() > ends_at:
            say("unfinished")
            return
        say(str(place))
        following = tests[place + 1].item if place + 1 < len(tests) else None
        if run_test(test.item, following):
            say("failed")
            return
    say("passed")


def run_test(item: pytest.Item, following: pytest.Item | None) -> bool:
    """Whether a test fails."""
    reports = runtestprotocol(item, log=False, nextitem=following)
    return any(report.failed for report in reports)


def _watch(lines: Lines, tests: list[Timed]) -> Outcome:
    begun = 0
    while True:
        test = tests[begun - 1] if begun else None
        try:
            line = lines.next(test.allowed_seconds if test else SECONDS_TO_BEGIN) or "ends"
        except TimeoutError:
            return Outcome("hangs", test, begun)
        if not line.isdigit():
            return Outcome(line, test, begun)
        begun = int(line) + 1
