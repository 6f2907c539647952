"""Which tests share a worker when there are several (pytest-xdist).

Not `--dist loadgroup`: xdist writes a group into a test's private name, which pytest 9.2 ignores.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from xdist.scheduler import LoadScopeScheduling

SERIAL = {
    "faults",
    "benchmarks",
    "realdata",
    "test_serve.py",
    "test_children.py",
    "test_slow_visitors.py",
    "test_nginx.py",
}
"""What measures, kills or takes the machine for itself: one after another."""
LONG = {"browser"}
TIMED = (SERIAL | LONG) - {"realdata"}
"""What drives a browser or other processes, which a busy machine may keep waiting."""


def group(nodeid: str) -> str:
    """A file's tests share what was made once for them; those of SERIAL never run side by side."""
    return "serial" if SERIAL & _parts(nodeid) else nodeid.partition("::")[0]


def is_timed(nodeid: str) -> bool:
    """Whether a test drives a browser or other processes."""
    return bool(TIMED & _parts(nodeid))


def turn(nodeid: str) -> int:
    """The serial group first, then the files that take long, then the others."""
    parts = _parts(nodeid)
    if SERIAL & parts:
        return 0
    return 1 if LONG & parts else 2


def _parts(nodeid: str) -> set[str]:
    return set(PurePosixPath(nodeid.partition("::")[0]).parts)


class WholeGroups(LoadScopeScheduling):
    """Gives a worker a whole group at a time, in the order in which they were collected."""

    def __init__(self, config: Any, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)
