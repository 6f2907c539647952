"""Which tests share a worker when there are several (pytest-xdist's --dist loadgroup)."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parents[1]
SERIAL = {"faults", "benchmarks", "realdata", "cli/test_serve.py", "cli/test_children.py"}
"""What measures, kills, or takes the machine for itself: one after another."""
LONG = {"browser"}


def group(path: Path) -> str:
    """A file's tests share what was made once for them; those of SERIAL never run side by side."""
    return "serial" if SERIAL & _parts(path) else path.relative_to(TESTS).as_posix()


def turn(path: Path) -> int:
    """The serial group first, then the files that take long, then the others."""
    parts = _parts(path)
    if SERIAL & parts:
        return 0
    return 1 if LONG & parts else 2


def _parts(path: Path) -> set[str]:
    return set(path.relative_to(TESTS).parts)
