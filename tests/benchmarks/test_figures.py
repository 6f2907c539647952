"""The benchmark's table: how figures are judged and where they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.benchmarks.figures import Figure, format_figures, time_in_milliseconds
from portal.benchmarks.page import measure_pace, write_table
from portal.errors import PortalError

DOCS = Path(__file__).parents[2] / "docs"


def test_performance_page_has_a_place_for_each_database(tmp_path):
    page = tmp_path / "performance.md"
    was = (DOCS / "performance.md").read_text(encoding="utf-8")
    page.write_text(was, encoding="utf-8")
    for database in ("SQLite", "PostgreSQL"):
        write_table("| a table |", 1_000, database, page)
        write_table("| a newer table |", 2_000, database, page)
    text = page.read_text(encoding="utf-8")
    assert text.count("| a newer table |") == 2
    assert "| a table |" not in text
    assert text.count("<!-- end -->") == was.count("<!-- end -->") >= 2
    page.write_text("# nothing", encoding="utf-8")
    with pytest.raises(PortalError, match="no place"):
        write_table("", 1, "SQLite", page)


def test_table_judges_speeds_by_their_median_and_waits_by_their_95th_percentile():
    waits = Figure("tile", "ms", tuple(float(n) for n in range(1, 101)), 95)
    speed = Figure("import", "rows/s", (7_000.0, 9_000.0, 8_000.0), 8_000, at_least=True)
    assert (waits.median, waits.p95, waits.is_met) == (50.5, 96.0, False)
    assert (speed.median, speed.is_met) == (8_000.0, True)
    assert format_figures([waits, speed]).splitlines() == [
        "| what   | target         | median       | p95     | met |",
        "|--------|----------------|--------------|---------|-----|",
        "| tile   | ≤ 95.0 ms      | 50.5 ms      | 96.0 ms | NO  |",
        "| import | ≥ 8,000 rows/s | 8,000 rows/s |         | yes |",
    ]


def test_first_answer_warms_and_is_not_counted():
    asked = []
    assert len(time_in_milliseconds(lambda: asked.append(1), 3)) == 3
    assert len(asked) == 4


def test_the_pace_of_a_machine_is_a_number_of_additions():
    assert 0.1 < measure_pace() < 10_000
