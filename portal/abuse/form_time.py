"""When a visitor opened the form, signed by us: a person needs some seconds for it, a program none.

stamp = sign_start_time(key, now)
count_seconds_since(key, stamp, now + 30)  # 30
"""

from __future__ import annotations

import hashlib
import hmac


def sign_start_time(key: str, now: int) -> str:
    """Return what the form carries: the time in epoch seconds, and our signature on it."""
    return f"{now}.{_sign(key, str(now))}"


def count_seconds_since(key: str, stamp: str, now: int) -> int | None:
    """Seconds since the form was opened. None if the stamp isn't ours, or is from the future."""
    started, _, signature = stamp.partition(".")
    is_ours = hmac.compare_digest(
        _sign(key, started).encode(), signature.encode("utf-8", "replace")
    )
    if not is_ours or not started.isdecimal() or int(started) > now:
        return None
    return now - int(started)


def _sign(key: str, started: str) -> str:
    return hmac.new(key.encode(), started.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[
        :32
    ]
