"""What a sync did, in numbers and in sentences.

boston: read 5,000 · new 12 · changed 40 · unchanged 4,948 · quarantined 0 · 2.1 s · 2,381 rows/s

Before the seconds stands what else was noticed, where it was: how many rows fell outside the city's
bounds, how many numbers stood twice, how many values were left empty.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from portal.domain.claims import clean_reason
from portal.domain.sync_notes import (
    LEFT_EMPTY,
    PROJECTED_PLACES,
    SWAPPED_PLACES,
    UNSIGNED_PLACES,
)
from portal.services.sync.sync_runs import PageCounts

COUNTS = ("read", "new", "changed", "unchanged", "quarantined")
_NOTICED = (
    ("outside", "outside the city's bounds {n:,}"),
    ("twice", "numbers that stood twice {n:,}"),
    ("left_empty", "values left empty {n:,}"),
)


PLACE_HINTS = {
    SWAPPED_PLACES: "lat and lon are swapped in the city's file",
    UNSIGNED_PLACES: "the minus sign of the longitude is wrong",
    PROJECTED_PLACES: "the places are feet or meters; export degrees (WGS84)",
}
"""What it looks like if most rows of a file have one of these remarks."""


@dataclass
class SyncReport:
    """Rows by what became of them, and seconds.

    `problems` are sentences for people; `has_failed` says that some of the work was not done.
    """

    city: str
    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    outside: int = 0
    """Rows with a place outside the city's bounds."""
    twice: int = 0
    """Case numbers that stood more than once in what was read from one source or file."""
    left_empty: int = 0
    """Values that could not be read."""
    seconds: float = 0.0
    data_version: int = 0
    problems: list[str] = field(default_factory=list)
    has_failed: bool = False

    @property
    def rows_per_second(self) -> int:
        """Rows read in a second of the whole run; 0 before the first page."""
        return round(self.read / self.seconds) if self.seconds > 0 else 0

    def add(self, counts: PageCounts) -> None:
        """Count a stored page."""
        for name in COUNTS:
            setattr(self, name, getattr(self, name) + getattr(counts, name))
        self.outside += counts.outside
        self.left_empty += sum(
            rows for note, rows in counts.notes.items() if note.startswith(LEFT_EMPTY)
        )
        self.data_version = counts.rev

    def fail(self, problem: str) -> None:
        """Note something that could not be done; the words may quote anything."""
        self.problems.append(clean_reason(problem))
        self.has_failed = True

    def as_json(self) -> str:
        """The line that other programs read."""
        counts = {
            name: value
            for name, value in asdict(self).items()
            if name not in ("problems", "has_failed")
        }
        counts |= {"seconds": round(self.seconds, 2), "rows_per_second": self.rows_per_second}
        return json.dumps(counts)

    def __str__(self) -> str:
        counts = " · ".join(
            [
                *(f"{name} {getattr(self, name):,}" for name in COUNTS),
                *(words.format(n=n) for name, words in _NOTICED if (n := getattr(self, name))),
            ]
        )
        return f"{self.city}: {counts} · {self.seconds:.1f} s · {self.rows_per_second:,} rows/s"


Progress = Callable[[SyncReport], None]
"""Called after each stored page with the report so far."""
