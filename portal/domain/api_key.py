"""An API key: who calls the portal from a program, what they may do, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Scope = Literal["read", "report", "update"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""Read more in an hour than without a key; send reports; tell what became of cases."""


@dataclass(frozen=True)
class ApiKey:
    """A key as its owner and staff see it. Times are epoch seconds.

    `created_at` is None until its owner has made it. `name` is what it is for.
    """

    id: str
    name: str
    scopes: tuple[Scope, ...]
    per_hour: int
    asked_at: int
    created_at: int | None
    used_at: int | None
    revoked_at: int | None

    @property
    def is_valid(self) -> bool:
        """Whether it opens anything."""
        return self.created_at is not None and self.revoked_at is None

    def may(self, scope: Scope) -> bool:
        """Whether it is for this."""
        return self.is_valid and scope in self.scopes
