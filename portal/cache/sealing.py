"""Bytes that go to a cache server and back: sealed, so that only what we put there is taken.

The seal covers the key and the bytes. A value that was cut short, swapped, written by another
program or planted by a stranger does not fit its seal, and counts as not found.
"""

from __future__ import annotations

import hashlib
import hmac

MARK = b"portal1\n"
SEAL_BYTES = 16
_HEADER_BYTES = len(MARK) + SEAL_BYTES


class Sealer:
    """Seals and opens with one secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hashlib.blake2b(secret, digest_size=32).digest()

    def seal(self, key: str, body: bytes) -> bytes:
        """The bytes as they are stored under a key."""
        return MARK + self._sign(key, body) + body

    def open(self, key: str, sealed: object) -> bytes | None:
        """The bytes that were sealed for this key; None: these are not they."""
        if not isinstance(sealed, bytes) or not sealed.startswith(MARK):
            return None
        body = sealed[_HEADER_BYTES:]
        if not hmac.compare_digest(sealed[len(MARK) : _HEADER_BYTES], self._sign(key, body)):
            return None
        return body

    def _sign(self, key: str, body: bytes) -> bytes:
        seal = hashlib.blake2b(key=self._secret, digest_size=SEAL_BYTES)
        named = key.encode("utf-8", "backslashreplace")
        seal.update(len(named).to_bytes(4, "big") + named)
        seal.update(body)
        return seal.digest()
