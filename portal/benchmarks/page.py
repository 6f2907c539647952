"""Writes the table into docs/performance.md, between the marks of its database."""

from __future__ import annotations

import os
import platform
import re
import timeit
from datetime import UTC, datetime
from pathlib import Path

from portal.errors import PortalError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
ADDITIONS = 1_000_000


def measure_pace() -> float:
    """Million additions a Python loop makes per second, best of five.

    Rented machines are not equally fast at every hour.
    """
    return ADDITIONS / min(timeit.repeat("n += 1", "n = 0", number=ADDITIONS, repeat=5)) / 1e6


def write_table(table: str, cases: int, database: str, page: Path = PAGE) -> None:
    """Replace the text between `<!-- bench: SQLite -->` and `<!-- end -->`.

    Raises PortalError if the page has no such marks.
    """
    text = page.read_text(encoding="utf-8")
    begin = f"<!-- bench: {database} -->"
    end = "<!-- end -->"
    marked = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not marked.search(text):
        raise PortalError(f"{page.name} has no place for the table: {begin} … {end}")
    filled = f"{begin}\n{_describe_conditions(cases, database)}\n\n{table}\n{end}"
    page.write_text(marked.sub(lambda _: filled, text), encoding="utf-8")


def _describe_conditions(cases: int, database: str) -> str:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    # Other work slows everything: the load says how far to trust the figures.
    # It is 1 for this program, 2 with the sync's.
    load = f"load of the last quarter of an hour {os.getloadavg()[2]:.1f}"
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {database}, {cases:,} cases, {machine}, {load}; "
        f"{measure_pace():.1f} million additions a second."
    )
