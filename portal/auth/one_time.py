"""One-time codes (TOTP, RFC 6238), and recovery codes for when the authenticator is lost.

An authenticator app shows six digits for thirty seconds:

    secret = generate_secret()
    code = compute_code(secret, now // STEP_SECONDS)
    find_step(secret, code, now, after=0)  # now // STEP_SECONDS
"""

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


def generate_secret() -> str:
    """Return 160 random bits in base 32, as authenticators take them."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def compute_code(secret: str, step: int) -> str:
    """The code for a step of thirty seconds since 1970. Source: RFC 4226, 5.3; RFC 6238, 4."""
    digest = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1).digest()
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def find_step(secret: str, typed: str, now: float, after: int) -> int | None:
    """Return the step whose code was typed, or None if the code is wrong.

    That is the current step or one next to it, since clocks differ, but only one later than
    `after`, the last that was used. `now` is in epoch seconds.
    """
    digits = "".join(typed.split()).encode("utf-8", "replace")
    current = int(now) // STEP_SECONDS
    for step in (current, current - 1, current + 1):
        if step > after and hmac.compare_digest(compute_code(secret, step).encode(), digits):
            return step
    return None


def build_app_address(secret: str, city: str, name: str) -> str:
    """Return the otpauth: address that an authenticator opens, or scans as a QR code."""
    label = quote(f"{city}: {name}")
    query = urlencode({"secret": secret, "issuer": city}, quote_via=quote)
    return f"otpauth://totp/{label}?{query}"


def generate_recovery_codes() -> list[str]:
    """Return eight codes of 50 bits, each good once."""
    return [
        base64.b32encode(secrets.token_bytes(10)).decode()[:10].lower()
        for _ in range(RECOVERY_CODES)
    ]


def digest_code(code: str) -> str:
    """Return what we store of a recovery code. Spaces, dashes and capitals don't matter."""
    typed = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(typed.encode()).hexdigest()[:32]
