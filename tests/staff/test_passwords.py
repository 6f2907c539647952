"""Passwords are kept as hashes that cost a guesser dearly."""

from __future__ import annotations

import subprocess
import sys

import pytest
from argon2 import PasswordHasher

from portal.auth import passwords
from portal.auth.passwords import hash_password, is_password


def test_a_password_is_known_again_and_no_other_is():
    stored = hash_password("a long sentence")
    assert "a long sentence" not in stored
    assert stored != hash_password("a long sentence"), "each has its own salt"
    assert is_password(stored, "a long sentence")
    assert not is_password(stored, "A long sentence")


@pytest.mark.parametrize("stored", [None, "", "no hash"])
def test_without_a_hash_no_password_is_right(stored):
    assert not is_password(stored, "no account has this password")


def test_an_unknown_name_costs_no_more_the_first_time():
    """Its hash is made when the module is imported, not with the first question."""
    ask = "from portal.auth.passwords import _hash_of_no_one as h; print(h.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


def test_a_hash_costs_what_rfc_9106_recommends_for_little_memory():
    """Only these tests hash at the least cost (tests/support/cheap_passwords.py)."""
    cost = passwords.COST
    assert (cost.type.name, cost.memory_cost, cost.time_cost, cost.parallelism) == (
        "ID",
        65_536,
        3,
        4,
    )


def test_a_hash_made_at_another_cost_is_still_checked():
    costly = PasswordHasher.from_parameters(passwords.COST).hash("a long sentence")
    assert is_password(costly, "a long sentence")
