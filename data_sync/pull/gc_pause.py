"""Python's garbage collection, put off to the moments between two pages.

Rows and records hold no reference cycles, but a page has a million objects, and searching them for
cycles again and again took a fifth of an import.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import TypeVar

Item = TypeVar("Item")


def collect_between_pages(pages: Iterator[Item]) -> Iterator[Item]:
    """The pages. Nothing is collected while one is made or used, and the young objects after it."""
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
