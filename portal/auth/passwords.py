"""Passwords as Argon2id hashes.

stored = hash_password("a long sentence")
is_password(stored, "a long sentence")   # True
is_password(None, "a long sentence")     # False, after as long as the check of a real one
"""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

COST = RFC_9106_LOW_MEMORY
hasher = PasswordHasher.from_parameters(COST)


def hash_password(password: str) -> str:
    """The hash to store, with its salt and what it costs to compute."""
    return hasher.hash(password)


def is_password(stored: str | None, password: str) -> bool:
    """Whether a password is the one whose hash is stored; None stands for an unknown name.

    An unknown name takes as long as a wrong password, so that no one can find out which exist.
    """
    try:
        return hasher.verify(stored or _hash_of_no_one(hasher), password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hash_of_no_one(used: PasswordHasher) -> str:
    return used.hash("no account has this password")


_hash_of_no_one(hasher)  # now: the first unknown name would take twice as long
