"""Programs of the machine that the checks run."""

from __future__ import annotations

import shutil
import sys


def require_program(name: str, who: str, packages: str) -> None:
    """Exit with a sentence where a program is missing: who runs on it, and what to install."""
    if not shutil.which(name):
        sys.exit(f"{who}, which is not here; on Debian and Ubuntu: apt-get install {packages}")
