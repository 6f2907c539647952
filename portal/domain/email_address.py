"""What an e-mail address looks like. Whether somebody reads it only a letter can tell."""

from __future__ import annotations

import re

LONGEST = 254
_ADDRESS = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\".]{2,}")


def is_email_address(typed: str) -> bool:
    """Whether a letter can be addressed to it: one name, one host, and nothing that ends a line or begins another address."""
    return len(typed) <= LONGEST and typed.isprintable() and _ADDRESS.fullmatch(typed) is not None


def is_nowhere(address: str) -> bool:
    """Whether no mailbox can be there: hosts of .invalid, as invented people have (RFC 2606, RFC 6761 section 6.4)."""
    return address.rpartition("@")[2].rstrip(".").lower().endswith(".invalid")
