"""Which tests follow one another on one worker (pytest-xdist's `--dist loadgroup`)."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parents[1]
SERIAL = {"faults", "benchmarks", "realdata", "cli/test_serve.py", "cli/test_children.py"}
"""What measures, kills, or takes the machine for itself: one after another."""
LONG = {"browser"}


def group(path: Path) -> str:
    """A file's tests share what was made for them once; those of SERIAL never run side by side."""
    return "serial" if _is_in(path, SERIAL) else path.relative_to(TESTS).as_posix()


def turn(path: Path) -> int:
    """The serial group first, then the files that take long, then the others."""
    if _is_in(path, SERIAL):
        return 0
    return 1 if _is_in(path, LONG) else 2


def _is_in(path: Path, places: set[str]) -> bool:
    relative = path.relative_to(TESTS)
    return relative.parts[0] in places or relative.as_posix() in places
