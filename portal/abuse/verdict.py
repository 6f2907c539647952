"""Whether a report is public at once. Every report is taken and sent to the city; a doubtful one is looked at before others see it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.report import Doubt

LEAST_SECONDS = 5
"""From the first screen to the last one there are six questions to read."""


@dataclass(frozen=True)
class Signs:
    """What can be told of a form without asking who sent it. `seconds` is None where our mark in the form was tampered with."""

    is_trap_filled: bool
    seconds: int | None
    is_crowded: bool
    """More came from its address, or to the whole site, than people send."""
    is_proof_wrong: bool = False
    """The browser's piece of work came with it and is none of ours. Who has no scripts brings none, and is not doubted for that."""


def doubts(signs: Signs) -> tuple[Doubt, ...]:
    """Why somebody should look at the report first, for staff alone; empty for one that may be public at once."""
    found: dict[Doubt, bool] = {
        "trap": signs.is_trap_filled,
        "unmarked": signs.seconds is None,
        "quick": signs.seconds is not None and signs.seconds < LEAST_SECONDS,
        "crowded": signs.is_crowded,
        "forged": signs.is_proof_wrong,
    }
    return tuple(doubt for doubt, is_there in found.items() if is_there)
