"""The token of a report's private link: `/mine/<token>` is the page of the resident who sent it."""

from __future__ import annotations

import base64
import hashlib
import hmac

from portal.secrets import derive_key
from portal.settings import Settings

TOKEN_BYTES = 16


def make_token(settings: Settings, city_id: str, form_key: str) -> str:
    """The token for a report: 128 bits from our key and the form's, so a repeat gets the same."""
    key = derive_key(settings, "private link").encode()
    digest = hmac.new(key, f"{city_id}\n{form_key}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode().rstrip("=")


def digest_token(token: str) -> str:
    """What the store keeps of a token: its SHA-256, in hex."""
    return hashlib.sha256(token.encode()).hexdigest()
