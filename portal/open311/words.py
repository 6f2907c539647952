"""Words of Open311's updates, as FixMyStreet has them: what a status does to a case."""

from __future__ import annotations

CLOSING = frozenset(
    {
        "CLOSED",
        "FIXED",
        "NO_FURTHER_ACTION",
        "DUPLICATE",
        "INTERNAL_REFERRAL",
        "NOT_COUNCILS_RESPONSIBILITY",
    }
)
WORKING = frozenset({"IN_PROGRESS", "INVESTIGATING", "ACTION_SCHEDULED"})
REOPENING = frozenset({"REOPEN", "REOPENED"})
STATUSES = {"", "OPEN"} | CLOSING | WORKING | REOPENING
LONGEST_ID = 100
