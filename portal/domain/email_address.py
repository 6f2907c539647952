"""What an e-mail address looks like. Only an e-mail can tell whether anyone reads it."""

from __future__ import annotations

import re

LONGEST = 254
_ADDRESS = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\".]{2,}")


def is_email_address(typed: str) -> bool:
    """Whether an e-mail can be sent to it.

    One name, one host, and nothing that ends a line or begins another address.
    """
    return len(typed) <= LONGEST and typed.isprintable() and _ADDRESS.fullmatch(typed) is not None


def is_nowhere(address: str) -> bool:
    """Whether no mailbox can exist there: invented people have hosts in .invalid.

    RFC 2606, RFC 6761 section 6.4.
    """
    return address.rpartition("@")[2].rstrip(".").lower().endswith(".invalid")
