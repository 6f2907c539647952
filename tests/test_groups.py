"""How the tests are shared between workers."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.groups import group, turn


@pytest.mark.parametrize(
    "path",
    [
        "tests/faults/test_x.py",
        "tests/benchmarks/test_x.py",
        "tests/realdata/test_x.py",
        "tests/test_serve.py",
    ],
)
def test_what_measures_or_kills_is_one_group_and_comes_first(path):
    assert (group(f"{path}::test_y[a::b]"), turn(f"{path}::test_y")) == ("serial", 0)


def test_another_files_tests_are_a_group_of_their_own_and_browsers_come_before_the_rest():
    assert group("tests/web/test_x.py::test_y[faults]") == "tests/web/test_x.py"
    assert turn("tests/browser/test_x.py::test_y") < turn("tests/web/test_x.py::test_y")


def test_with_several_workers_one_of_them_runs_all_of_a_group():
    """Groups of xdist's own did nothing, and nobody saw it: what was made once for a file was made twice."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-n",
        "2",
        "-v",
        "-p",
        "no:cacheprovider",
        "tests/domain/test_distance.py",
    ]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    assert len(re.findall(r"^\[gw\d\].* PASSED", done.stdout, re.MULTILINE)) > 1
    assert len(set(re.findall(r"^\[(gw\d)\]", done.stdout, re.MULTILINE))) == 1
