"""`make measure`: how the code is built, in one table: lengths, circles, parameters, documentation.

The numbers are there to be looked at; no test fails by them. Code is app.py, portal, layouts,
callbacks and data_sync without the migrations; lines are counted in tests and tools too.
"""

from __future__ import annotations

import ast
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from portal.benchmarks.figures import format_table
from tools.source_tree import (
    CODE,
    TESTS,
    Source,
    count_parameters,
    find_circles,
    find_folder_rings,
    imports_between,
    list_functions,
    read_sources,
)

ROOT = Path(__file__).parents[1]
LONGEST_MODULE = 450
LONGEST_LINE = 100
RUN = 6
"""Lines that are the same in two places before we call them a copy."""
Row = tuple[str, str, str]


def main() -> int:
    """Print the table of this tree."""
    print(format_table([("what", "target", "measured"), *measure(ROOT)]))
    return 0


def measure(root: Path) -> list[Row]:
    """What is measured, what it should be, and what it is."""
    code = read_sources(root, CODE)
    tests = read_sources(root, TESTS)
    everything = [*code, *tests, *read_sources(root, ("tools",))]
    return [
        *_measure_functions(code),
        *_measure_modules(code),
        ("lines over 100 columns", "0", f"{_count_long_lines(everything):,}"),
        ("test lines per code line", "≥ 0.85", f"{_count_lines(tests) / _count_lines(code):.2f}"),
        ("copies of six lines or more", "fewer", f"{count_copies(code):,}"),
    ]


def _measure_functions(code: list[Source]) -> list[Row]:
    found = [entry for source in code for entry in list_functions(source)]
    lengths = sorted((node.end_lineno or 0) - node.lineno + 1 for node, _ in found)
    parameters = [count_parameters(node) for node, _ in found]
    documented = [ast.get_docstring(node) is not None for node, is_public in found if is_public]
    return [
        ("functions", "", f"{len(found):,}"),
        ("lines of a function, median", "≤ 7", f"{statistics.median(lengths):g}"),
        ("lines of a function, 90 of 100", "≤ 16", f"{_ninetieth(lengths)}"),
        ("lines of the longest function", "≤ 60", f"{lengths[-1]}"),
        ("functions with more than 6 parameters", "≤ 25", f"{sum(n > 6 for n in parameters)}"),
        ("functions with more than 10 parameters", "0", f"{sum(n > 10 for n in parameters)}"),
        ("public functions documented", "≥ 90 %", f"{statistics.mean(documented):.0%}"),
    ]


def _measure_modules(code: list[Source]) -> list[Row]:
    graph = imports_between(code)
    too_long = sum(len(source.lines) > LONGEST_MODULE for source in code)
    return [
        ("modules", "", f"{len(code):,}"),
        ("modules over 450 lines", "0", f"{too_long}"),
        ("circles of modules", "0", f"{len(find_circles(graph))}"),
        ("rings of folders", "0", f"{len(find_folder_rings(graph))}"),
    ]


def count_copies(sources: list[Source]) -> int:
    """Pairs of places that share six lines or more in a row; a longer copy is still one pair.

    Indentation counts for nothing, nor do lines without a letter, comments and imports.
    """
    texts = [list(_lines_that_count(source)) for source in sources]
    places: dict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
    for number, lines in enumerate(texts):
        for start in range(len(lines) - RUN + 1):
            places[tuple(lines[start : start + RUN])].append((number, start))
    return sum(
        not _continues(texts, one, other)
        for same in places.values()
        for one, other in combinations(same, 2)
    )


def _continues(texts: list[list[str]], one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether the lines before two places are the same too, so that their copy began earlier."""
    if 0 in (one[1], other[1]):
        return False
    return texts[one[0]][one[1] - 1] == texts[other[0]][other[1] - 1]


def _lines_that_count(source: Source) -> Iterator[str]:
    imports = {
        number
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }
    for number, line in enumerate(source.lines, 1):
        bare = line.strip()
        if number not in imports and not bare.startswith("#") and any(map(str.isalpha, bare)):
            yield bare


def _count_long_lines(sources: list[Source]) -> int:
    return sum(len(line) > LONGEST_LINE for source in sources for line in source.lines)


def _count_lines(sources: list[Source]) -> int:
    return sum(len(source.lines) for source in sources)


def _ninetieth(ranked: list[int]) -> int:
    """The length that 90 of 100 functions do not pass."""
    return ranked[min(len(ranked) - 1, int(len(ranked) * 0.9))]


if __name__ == "__main__":
    sys.exit(main())
