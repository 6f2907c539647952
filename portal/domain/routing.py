"""Which work-order systems a city has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class System:
    """A work-order system that cases are sent to.

    An open311 one has an `endpoint`; "desk" is the built-in desk's, handed over at the start. An email one has an `address`.
    Its API key stands in PORTAL_SYSTEM_KEYS under its name. `can_look_up`: it finds a case by `external_reference`; `takes_photos`: as
    files; `takes_updates`: by FixMyStreet's servicerequestupdates.
    """

    name: str
    kind: Literal["open311", "email"]
    endpoint: str = ""
    jurisdiction: str = ""
    can_look_up: bool = False
    address: str = ""
    takes_photos: bool = False
    takes_updates: bool = False
