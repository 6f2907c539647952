"""Values in a case's row that a sync must respect: where it was reported, and who has hidden it."""

from __future__ import annotations

PORTAL_SOURCE = "portal"
"""`source` of a case that was reported here."""
MERGED = "merged"
"""`source` of a case that was the city's side of one of ours, before we knew."""
NOTHING_YET = ""
"""`content_hash` of a case reported here that already has a system's number, until its first
echo."""
HELD = "held"
"""`visibility` of a case that staff have put on hold."""
HELD_PRIVATE = "held_private"
"""The same, for a city's own case that its source has made private since. No release shows it."""
KEPT_VISIBILITY = ("reporter", HELD, HELD_PRIVATE)
"""Set by a resident or by staff: no sync changes these to anything public."""


def kept_visibility(wanted: str, before: str, source: str) -> str:
    """A case's visibility after a sync that wants to set `wanted`.

    What a resident or staff have hidden stays hidden. On a case that staff hold, the sync only
    notes whether its source still shows it.
    """
    if before not in KEPT_VISIBILITY:
        return wanted
    if before not in (HELD, HELD_PRIVATE) or source == PORTAL_SOURCE:
        return before
    return HELD if wanted == "public" else HELD_PRIVATE
