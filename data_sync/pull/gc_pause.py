"""Python's search for reference cycles, held back to the moments between two pages.

Rows and records hold no cycles, but there are a million objects in a page, and looking through them again and again took a fifth of
an import.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import TypeVar

Item = TypeVar("Item")


def at_page_ends(pages: Iterator[Item]) -> Iterator[Item]:
    """The pages; while one is being made or used, nothing is searched, and what is young is searched after it."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        for page in pages:
            yield page
            del page
            gc.collect(1)
    finally:
        if was_enabled:
            gc.enable()
