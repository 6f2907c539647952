"""Passwords that cost nothing to hash: a thousand wrong guesses would take the tests a minute."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST

from portal.auth import passwords


def use() -> None:
    """Hash passwords at the least cost in this process; those it starts hash as in real life."""
    passwords.hasher = PasswordHasher.from_parameters(CHEAPEST)
