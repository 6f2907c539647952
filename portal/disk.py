"""Files that are still there after a power cut."""

from __future__ import annotations

import os
from pathlib import Path


def write_through(path: Path) -> None:
    """Have what a file holds, or the names in a folder, on the disk before going on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
