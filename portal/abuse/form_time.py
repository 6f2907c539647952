"""When a form was begun, signed by us: a person needs some seconds for it, a program none."""

from __future__ import annotations

import hashlib
import hmac


def begun(key: str, now: int) -> str:
    """What the form carries: the moment in epoch seconds, and our signature on it."""
    return f"{now}.{_signature(key, str(now))}"


def seconds_since(key: str, token: str, now: int) -> int | None:
    """How long ago the form was begun; None where the token is not ours, or from the future."""
    moment, _, signature = token.partition(".")
    is_ours = hmac.compare_digest(_signature(key, moment).encode(), signature.encode())
    return now - int(moment) if is_ours and moment.isdecimal() and int(moment) <= now else None


def _signature(key: str, moment: str) -> str:
    return hmac.new(key.encode(), moment.encode(), hashlib.sha256).hexdigest()[:32]
