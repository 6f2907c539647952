"""Style and types are tests too, so that continuous integration is one command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "words", [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["pyright"]], ids=" ".join
)
def test_is_clean(words: list[str]):
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_bad_style_and_bad_types_would_be_found(tmp_path: Path):
    (tmp_path / "bad.py").write_text('import os\nLENGTH: int = "long"\n')
    for words in (["ruff", "check", "bad.py"], ["pyright", "bad.py"]):
        assert (
            subprocess.run(
                [sys.executable, "-m", *words], cwd=tmp_path, capture_output=True, check=False
            ).returncode
            == 1
        )
