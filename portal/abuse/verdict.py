"""Whether a report is public at once. Every report is taken and sent to the city; a doubtful one is looked at before others see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "held"]
LEAST_SECONDS = 5
"""From the first screen to the last one there are six questions to read."""


@dataclass(frozen=True)
class Signs:
    """What can be told of a form without asking who sent it. `seconds` is None where our mark in the form was tampered with."""

    is_trap_filled: bool
    seconds: int | None
    is_crowded: bool
    """More came from its address, or to the whole site, than people send."""


def judge(signs: Signs) -> Verdict:
    """ok or held."""
    is_too_quick = signs.seconds is None or signs.seconds < LEAST_SECONDS
    return "held" if signs.is_trap_filled or is_too_quick or signs.is_crowded else "ok"
