"""What was measured, against its target, as one table."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True)
class Figure:
    """Some measurements of one thing.

    `at_least`: more is better and the median counts; else less is better and the 95th percentile
    counts.
    """

    what: str
    unit: str
    values: tuple[float, ...]
    target: float | None = None
    at_least: bool = False

    @property
    def median(self) -> float:
        """The middle of the measurements."""
        return statistics.median(self.values)

    @property
    def p95(self) -> float:
        """The value that 95 of 100 measurements do not pass; of a few, the worst."""
        ranked = sorted(self.values)
        return ranked[min(len(ranked) - 1, int(len(ranked) * 0.95))]

    @property
    def is_met(self) -> bool:
        """Whether the target is met; true without one."""
        if self.target is None:
            return True
        return self.median >= self.target if self.at_least else self.p95 <= self.target

    def to_row(self) -> tuple[str, str, str, str, str]:
        """What, target, median, p95 and whether the target is met, as words."""
        median = f"{_format(self.median)} {self.unit}"
        worst = "" if self.at_least else f"{_format(self.p95)} {self.unit}"
        if self.target is None:
            return self.what, "", median, worst, ""
        sign = "≥" if self.at_least else "≤"
        target = f"{sign} {_format(self.target)} {self.unit}"
        return self.what, target, median, worst, "yes" if self.is_met else "NO"


def time_in_milliseconds(ask: Callable[[], object], times: int) -> tuple[float, ...]:
    """How long a question took, each time.

    It is asked once more at first, which warms the file's pages and is not counted.
    """
    ask()
    taken = []
    for _ in range(times):
        started = perf_counter()
        ask()
        taken.append((perf_counter() - started) * 1000)
    return tuple(taken)


def format_figures(figures: list[Figure]) -> str:
    """The figures as a Markdown table."""
    header = ("what", "target", "median", "p95", "met")
    return format_table([header, *(figure.to_row() for figure in figures)])


def format_table(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table that also reads well on a terminal; the first row is its header."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _format(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"
