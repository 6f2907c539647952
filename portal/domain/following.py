"""Somebody who follows a case that another reported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Following:
    """What a follower's link opens. `is_public`: whether the case can still be seen."""

    case_key: int
    case_id: str
    service_name: str
    address: str | None
    status: str
    is_public: bool
    is_confirmed: bool
