"""One-time codes (TOTP, RFC 6238): six digits that a phone's authenticator shows for thirty seconds; and codes for when it is lost."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20
RECOVERY_CODES = 8


def new_secret() -> str:
    """160 bits in base 32, as authenticators take them."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    """The code of a step of thirty seconds since 1970. Source: RFC 4226, 5.3; RFC 6238, 4."""
    digest = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def step_of(secret: str, typed: str, now: float, after: int) -> int | None:
    """The step whose code was typed: this one or one beside it, as clocks differ, and later than `after`, the last used. None: wrong."""
    digits = "".join(typed.split())
    this = int(now) // STEP_SECONDS
    for step in (this, this - 1, this + 1):
        if step > after and hmac.compare_digest(
            code_at(secret, step).encode(), digits.encode("utf-8", "replace")
        ):
            return step
    return None


def address_for_app(secret: str, city: str, name: str) -> str:
    """The otpauth: address that an authenticator opens, or reads from a drawn code."""
    label = quote(f"{city}: {name}")
    return f"otpauth://totp/{label}?" + urlencode(
        {"secret": secret, "issuer": city}, quote_via=quote
    )


def new_recovery_codes() -> list[str]:
    """Codes of 50 bits, each good once."""
    return [
        base64.b32encode(secrets.token_bytes(10)).decode()[:10].lower()
        for _ in range(RECOVERY_CODES)
    ]


def digest_of(code: str) -> str:
    """What is kept of a recovery code; spaces, dashes and capitals do not matter."""
    return hashlib.sha256(
        "".join(letter for letter in code.lower() if letter.isalnum()).encode()
    ).hexdigest()[:32]
