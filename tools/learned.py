"""What is known of the tests from one run without any change: how long each takes, what it calls.

    learned = Learned(folder)
    learned.learn(items, {"portal.domain"...}, folder_for_its_process)
    learned.callers_of("portal/domain/morton.py", "encode")   # the tests that run it

Kept in a file, for each test file until its text changes. A test that fails by itself, twice, is
known as such.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterable
from hashlib import sha256
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from tools.forked import forked, run_test

SECONDS_OF_A_TEST, SECONDS_OF_A_FILE = 120.0, 20.0
"""A file's tests that come later than that are not learned."""


class Learned:
    """What a run without any change has shown, by test."""

    def __init__(self, root: Path, path: Path) -> None:
        self._root, self._path = root, path
        self._digests: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.bad: set[str] = set()
        self._callers: dict[tuple[str, str], set[str]] = {}
        for line in path.read_text("utf-8").splitlines() if path.exists() else ():
            self._take(json.loads(line))

    def knows(self, file: str) -> bool:
        """Whether this test file was run as it is now."""
        return self._digests.get(file) == digest(self._root / file)

    def learn(self, file: str, items: list[pytest.Item], folder: Path) -> None:
        """Run a file's tests in a process of their own; note what they call of the code."""
        tests: dict[str, Any] = {}
        ends_at = time.monotonic() + SECONDS_OF_A_FILE
        while left := [item for item in items if item.nodeid not in tests]:
            if time.monotonic() > ends_at:
                break
            with forked(lambda say, left=left: _note_all(left, self._root, say), folder) as lines:
                for item in left:
                    if time.monotonic() > ends_at:
                        break
                    try:
                        line = lines.next(SECONDS_OF_A_TEST)
                    except TimeoutError:
                        line = None
                    if line is None:  # it hangs, or has ended its process
                        tests[item.nodeid] = {"seconds": SECONDS_OF_A_TEST, "bad": 1, "calls": []}
                        break
                    tests[item.nodeid] = json.loads(line)
        entry = {"file": file, "digest": digest(self._root / file), "tests": tests}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as kept:
            kept.write(json.dumps(entry) + "\n")
        self._take(entry)

    def callers_of(self, path: str, unit: str | None) -> set[str]:
        """The tests that run a function of a file, or any function of it."""
        if unit:
            return self._callers.get((path, unit), set())
        return self._callers.get((path, ""), set())

    def _take(self, entry: dict[str, Any]) -> None:
        self._digests[entry["file"]] = entry["digest"]
        for test, noted in entry["tests"].items():
            self.seconds[test] = noted["seconds"]
            (self.bad.add if noted["bad"] else self.bad.discard)(test)
            for path, unit in noted["calls"]:
                self._callers.setdefault((path, unit), set()).add(test)
                self._callers.setdefault((path, ""), set()).add(test)


def digest(path: Path) -> str:
    """Of a file's bytes; "" where there is none."""
    return sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else ""


def _note_all(items: list[pytest.Item], root: Path, say: Callable[[str], None]) -> None:
    for item, following in zip(items, [*items[1:], None], strict=True):
        called: set[CodeType] = set()
        began = time.monotonic()
        has_failed = _run_noting(item, following, called)
        seconds = round(time.monotonic() - began, 3)
        is_bad = has_failed and run_test(item, following)
        calls = sorted(_ours(called, root))
        say(json.dumps({"seconds": seconds, "bad": int(is_bad), "calls": calls}))


def _run_noting(item: pytest.Item, following: pytest.Item | None, called: set[CodeType]) -> bool:
    def note(frame: FrameType, *_: object) -> None:
        """Is asked once for each call, and asks for nothing of the lines in it."""
        called.add(frame.f_code)

    threading.settrace(note)
    sys.settrace(note)
    try:
        return run_test(item, following)
    finally:
        sys.settrace(None)
        threading.settrace(None)  # pyright: ignore[reportArgumentType]


def _ours(called: Iterable[CodeType], root: Path) -> set[tuple[str, str]]:
    start = f"{root}/"
    return {
        (code.co_filename.removeprefix(start), code.co_qualname.partition(".<locals>")[0])
        for code in called
        if code.co_filename.startswith(start) and "/tests/" not in code.co_filename
    }
