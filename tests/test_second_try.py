"""What drives a browser is tried twice, and no more: red twice is red, red once is said."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).with_name("conftest.py")
HELD = """
import pytest
tries = []

@pytest.mark.{mark}
def test_late_once():
    tries.append(1)
    assert len(tries) > 1, "late once"

@pytest.mark.{mark}
def test_never():
    assert False, "never"
"""


def run_held(folder: Path, mark: str) -> str:
    """The output of pytest on two tests of this mark, chosen as in this suite."""
    (folder / "test_held.py").write_text(HELD.format(mark=mark))
    (folder / "conftest.py").write_text(
        "from tests.conftest import pytest_collection_modifyitems  # noqa: F401\n"
    )
    command = [sys.executable, "-m", "pytest", "-c", str(CONFTEST.parents[1] / "pyproject.toml")]
    command += ["--rootdir", str(folder), "-n", "0", "-p", "no:cacheprovider", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300).stdout


def test_a_browser_test_that_fails_once_passes_and_is_named_with_its_reason(tmp_path: Path):
    said = run_held(tmp_path, "browser")
    assert "1 failed, 1 passed, 2 rerun" in said
    assert "late once" in said and "FAILED" in said


def test_any_other_test_that_fails_once_has_failed(tmp_path: Path):
    said = run_held(tmp_path, "realdata")
    assert "2 failed in" in said  # and not "2 failed, 2 rerun in"
