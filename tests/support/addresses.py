"""Addresses that tests of every page ask for, wherever the town is."""

from __future__ import annotations

PLACES_AND_SEARCH = (
    "/cases/nope",
    "/places",
    "/places/northside",
    "/places/atlantis",
    "/search",
    "/search?q=crosswalk",
)
"""Some of what is looked for is there, some is not."""
