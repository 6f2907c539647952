"""Which tests of several workers follow one another on the same worker (pytest-xdist's --dist loadgroup)."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parents[1]
SERIAL = {"faults", "benchmarks", "realdata", "test_serve.py", "test_children.py"}
"""What measures, kills or takes the machine for itself: one after another."""
LONG = {"browser"}


def group(path: Path) -> str:
    """A file's tests share what was made for them once; those of SERIAL never run beside one another."""
    return "serial" if _first(path) in SERIAL else path.relative_to(TESTS).as_posix()


def turn(path: Path) -> int:
    """The serial group first, then the files that take long, then the others."""
    first = _first(path)
    return 0 if first in SERIAL else 1 if first in LONG else 2


def _first(path: Path) -> str:
    return path.relative_to(TESTS).parts[0]
