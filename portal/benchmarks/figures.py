"""What was measured, against its target, as one table."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True)
class Figure:
    """Some measurements of one thing. `at_least`: more is better and the median counts; else less is and the 95th percentile counts."""

    what: str
    unit: str
    values: tuple[float, ...]
    target: float | None = None
    at_least: bool = False

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        """The value that 95 of 100 measurements do not pass; of a few, the worst."""
        ranked = sorted(self.values)
        return ranked[min(len(ranked) - 1, int(len(ranked) * 0.95))]

    @property
    def is_met(self) -> bool:
        if self.target is None:
            return True
        return self.median >= self.target if self.at_least else self.p95 <= self.target

    def row(self) -> tuple[str, str, str, str, str]:
        """What, target, median, p95 and whether the target is met, as words."""
        target = (
            ""
            if self.target is None
            else f"{'≥' if self.at_least else '≤'} {_plain(self.target)} {self.unit}"
        )
        worst = "" if self.at_least else f"{_plain(self.p95)} {self.unit}"
        return (
            self.what,
            target,
            f"{_plain(self.median)} {self.unit}",
            worst,
            "" if self.target is None else "yes" if self.is_met else "NO",
        )


def milliseconds(ask: Callable[[], object], times: int) -> tuple[float, ...]:
    """How long a question took, each time; the first time, which warms the file's pages, is not counted."""
    ask()
    taken = []
    for _ in range(times):
        begun = perf_counter()
        ask()
        taken.append((perf_counter() - begun) * 1000)
    return tuple(taken)


def table(figures: list[Figure]) -> str:
    """A Markdown table that also reads well on a terminal."""
    rows = [("what", "target", "median", "p95", "met"), *(figure.row() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
