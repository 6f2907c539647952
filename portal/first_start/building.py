"""How far the demo city is: made up by its desk, then read by the portal.

The desk writes the first half into a file, because it is a process of its own:

    note_made(file, Made(35_000))                      # of CASES
    note_made(file, Made(60_000, public_cases=58_820))  # and now the portal can read them
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from portal import private_files

CASES = 60_000
"""Cases that the demo city begins with; a few of them are private and never leave the desk."""
MADE_SHARE, READ_SHARE = 0.2, 0.6
"""Parts of the time for making the cases up and for reading them; then the pages start."""


@dataclass(frozen=True)
class Made:
    """What the desk has. `public_cases` is known once it has them all."""

    cases: int = 0
    public_cases: int | None = None


@dataclass(frozen=True)
class Building:
    """What has been made, and how many of its cases the portal has stored."""

    made: Made = Made()
    stored_cases: int = 0

    @property
    def cases(self) -> int:
        """How many cases the portal will have; the city lives on while it is read."""
        of = CASES if self.made.public_cases is None else self.made.public_cases
        return max(of, self.stored_cases)

    @property
    def done_share(self) -> float:
        """How much of the work is done, by time: 0 to 1."""
        made = 1.0 if self.made.public_cases is not None else min(self.made.cases / CASES, 1.0)
        return MADE_SHARE * made + READ_SHARE * self.stored_cases / max(self.cases, 1)

    def describe(self) -> str:
        """One sentence: "The demonstration city is being built: 34,000 of 58,820"."""
        return f"The demonstration city is being built: {self.stored_cases:,} of {self.cases:,}"

    def describe_step(self) -> str:
        """What is being done right now."""
        if self.made.public_cases is None:
            return f"Making up its cases: {self.made.cases:,} of {CASES:,}."
        if self.stored_cases < self.cases:
            return "The portal is reading its cases from the work-order desk."
        return "The portal has all cases. It is counting them, then its pages start."


def note_made(file: Path, made: Made) -> None:
    """Replace what the file says, all at once."""
    new = file.with_name(f"{file.name}.new")
    private_files.write_text(new, json.dumps(asdict(made)))
    os.replace(new, file)  # noqa: PTH105


def read_made(file: Path) -> Made:
    """What the desk has written; nothing made if there is no such file yet."""
    try:
        return Made(**json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Made()


def seconds_left(now: Building, begun: Building, seconds: float) -> float | None:
    """How long it will take from now on at the pace so far; None while that says nothing."""
    done = now.done_share - begun.done_share
    if done < 0.05:
        return None
    return seconds * (1 - now.done_share) / done
