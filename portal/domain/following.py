"""Someone who follows a case."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Following:
    """What a follower's link opens. `is_public`: whether the public can still see the case."""

    case_key: int
    case_id: str
    service_name: str
    address: str | None
    status: str
    is_public: bool
    is_confirmed: bool
