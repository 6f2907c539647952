"""Headless Chromium as every browser test starts it: talking to nobody by itself."""

from __future__ import annotations

import os
from pathlib import Path

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


def require_chromium() -> str:
    """Chromium's path. Raises FileNotFoundError that says how to name one."""
    if not Path(CHROMIUM).exists():
        raise FileNotFoundError(f"no browser at {CHROMIUM}; install chromium or name one in CHROMIUM")
    return CHROMIUM
