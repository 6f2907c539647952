"""Why staff should review a report before it is public.

Every report is accepted and sent to the city; a doubtful one only waits before others can see it.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.report import Doubt

MIN_SECONDS = 5
"""From the first screen to the last there are six questions to read."""


@dataclass(frozen=True)
class Evidence:
    """What a form shows without asking who sent it.

    `seconds` is None if our stamp in the form was tampered with.
    """

    is_trap_filled: bool
    seconds: int | None
    is_crowded: bool
    """More reports came from its address, or to the whole site, than people send."""
    is_proof_wrong: bool = False
    """It came with a proof of work that isn't for a challenge of ours. A browser without scripts
    sends none, and isn't doubted for that."""


def find_doubts(evidence: Evidence) -> tuple[Doubt, ...]:
    """Reasons to review the report first, for staff only; empty if it may be public at once."""
    found: dict[Doubt, bool] = {
        "trap": evidence.is_trap_filled,
        "unmarked": evidence.seconds is None,
        "quick": evidence.seconds is not None and evidence.seconds < MIN_SECONDS,
        "crowded": evidence.is_crowded,
        "forged": evidence.is_proof_wrong,
    }
    return tuple(doubt for doubt, is_there in found.items() if is_there)
