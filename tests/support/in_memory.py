"""Temporary files in memory, where the machine offers it: a store on disk waits 5 ms for every commit, and tests commit 100,000 times."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of the test's own is made in it
ENOUGH_BYTES = 4 << 30


def use() -> None:
    """Make this process and those it starts put temporary files there, unless TMPDIR says where."""
    if (
        "TMPDIR" not in os.environ
        and MEMORY.is_dir()
        and shutil.disk_usage(MEMORY).free >= ENOUGH_BYTES
    ):
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
