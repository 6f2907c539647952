"""`make measure` counts what a reader would count by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.measure import count_copies, measure
from tools.source_tree import find_circles, find_folder_rings, imports_between, read_sources

APP = '''"""The app."""

from portal.a import show


def create_app(one, two, three, four, five, six, seven):
    """An app."""
    return show(one)
'''
A = '''"""A imports b, and b imports a."""

import portal.b


class Shop:
    """A class."""

    def open(self, door):
        return door

    def _lock(self):
        def turn(key):
            return key

        return turn


def show(thing):
    """The thing."""
    return thing
'''
B = f'''"""B."""

def count():
    from portal.a import show
    return show("{"x" * 100}")
'''
STORE = '"""Store."""\nfrom portal.queries.cases import CASES\n'
QUERIES = '"""Queries."""\nfrom portal.store.rows import ROWS\nCASES = 1\n'
SIX = "    first = 1\n    second = 2\n    third = 3\n    fourth = 4\n    fifth = 5\n    sixth = 6\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    files = {
        "app.py": APP,
        "portal/a.py": A,
        "portal/b.py": B,
        "portal/store/leases.py": STORE,
        "portal/store/rows.py": "ROWS = 2\n",
        "portal/queries/cases.py": QUERIES,
        "portal/migrations/versions/0001.py": "X = 1\n" * 500,
        "tests/test_a.py": "def test_a():\n    assert True\n" * 5,
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_measures_of_a_small_tree_are_those_counted_by_hand(tree):
    found = {what: value for what, _target, value in measure(tree)}
    assert found == {
        # create_app 3 lines, open 2, _lock 5, turn 2, show 3, count 3
        "functions": "6",
        "lines of a function, median": "3",
        "lines of a function, 90 of 100": "5",
        "lines of the longest function": "5",
        "functions with more than 6 parameters": "1",
        "functions with more than 10 parameters": "0",
        # create_app and show are, open and count are not; _lock and turn are not public
        "public functions documented": "50%",
        "modules": "6",
        "modules over 450 lines": "0",
        "circles of modules": "1",
        "rings of folders": "1",
        "lines over 100 columns": "1",
        # 10 lines of tests; 8 + 21 + 5 + 2 + 1 + 3 of code
        "test lines per code line": "0.25",
        "copies of six lines or more": "0",
    }


def test_circles_and_rings_name_those_in_them(tree):
    graph = imports_between(read_sources(tree, ("portal",)))
    assert find_circles(graph) == [{"portal.a", "portal.b"}]
    assert find_folder_rings(graph) == [{"portal.store", "portal.queries"}]


def test_a_copy_of_six_lines_is_one_pair_however_long_it_is(tmp_path):
    def copies(*bodies: str) -> int:
        for number, body in enumerate(bodies):
            (tmp_path / f"f{number}.py").write_text(f"def f{number}():\n{body}")
        return count_copies(read_sources(tmp_path, (".",)))

    assert copies(SIX.replace("sixth", "other"), SIX) == 0
    assert copies(SIX, SIX) == 1
    assert copies(SIX + "    seventh = 7\n", SIX + "    seventh = 7\n") == 1
    assert copies(SIX, SIX.replace("    ", "      "), SIX) == 3


def test_lines_that_say_nothing_are_no_copy(tmp_path):
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("from a import (\n    b,\n    c,\n    d,\n    e,\n    f,\n)\n")
    assert count_copies(read_sources(tmp_path, (".",))) == 0
