"""Files that a visitor can have of a list of cases."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FileChoice:
    """A file that can be had: its suffix, about how many bytes, and the rows it stops at."""

    suffix: str
    size: float
    most: int | None = None
