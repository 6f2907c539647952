"""Webhooks: what changed, sent to an address that a developer names (Standard Webhooks).

    secret = make_secret()                                # "whsec_…", shown once
    sign(secret, "msg_5f0c…", 1_795_000_000, b"{…}")      # "v1,K5oZfzN95Z9UVu1…="
    pause_after(attempts=1, age=0)                        # 5 seconds; None after three days

The signature is HMAC-SHA256 over id, time and body with dots between them, as at
https://www.standardwebhooks.com: its libraries check ours.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from portal.domain.filters import CaseFilter
from portal.errors import BadRequest

State = Literal["active", "paused", "stopped"]
Kind = Literal["changes", "test"]
MOST_WEBHOOKS = 5
"""How many an API key has at a time."""
MOST_CASES = 100
"""How many cases a delivery is about at most."""
LONGEST_URL = 500
TRIED_SECONDS = 72 * 3_600
"""How long a delivery is tried before its webhook is stopped."""
SHOWN_SECONDS = 30 * 86_400
"""How long we keep what became of a delivery."""
PAUSES = (5, 60, 300, 1_800, 3_600, 7_200, 14_400, 21_600)
"""Seconds after each failed attempt; the last one from then on."""
PREFIX = "whsec_"


@dataclass(frozen=True)
class Webhook:
    """A webhook as its owner sees it. Times are epoch seconds.

    `query` is the filter, as the query string of a list of cases. `problem` says why it was
    stopped.
    """

    id: str
    key_id: str
    url: str
    query: str
    state: State
    created_at: int
    problem: str | None = None


@dataclass(frozen=True)
class Delivery:
    """What became of one delivery. `status` is the receiver's answer (HTTP); None: there was none.

    `seconds` is how long the last attempt took. `sent_at` is None until it was taken.
    """

    id: str
    kind: Kind
    cases: int
    created_at: int
    attempts: int
    tried_at: int | None
    status: int | None
    seconds: float | None
    problem: str | None
    sent_at: int | None
    has_failed: bool


def make_secret() -> str:
    """A new secret: 256 random bits."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, delivery_id: str, at: int, body: bytes) -> str:
    """The `webhook-signature` of a delivery at a time (epoch s)."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = b".".join((delivery_id.encode(), str(at).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def pause_after(attempts: int, age: int) -> int | None:
    """Seconds until the next attempt, after so many; None once it is `age` seconds old and given
    up.
    """
    if age >= TRIED_SECONDS:
        return None
    return PAUSES[min(attempts, len(PAUSES)) - 1]


def read_url(typed: str) -> str:
    """The address that deliveries go to. Raises BadRequest for one that we never ask.

    Whether its host is on the public internet is looked up anew before each delivery.
    """
    url = typed.strip()
    try:
        parts = urlsplit(url)
        is_known = parts.scheme == "https" and bool(parts.hostname) and parts.port in (None, 443)
    except ValueError:
        is_known = False
    is_plain = url.isascii() and url.isprintable() and " " not in url and "@" not in url
    if not is_known or not is_plain or len(url) > LONGEST_URL or "#" in url:
        raise BadRequest(
            "Give an address that begins with https:// and is at most {most} characters long,"
            " without a port, a name or a password.",
            most=LONGEST_URL,
        )
    return url


def read_query(typed: str) -> str:
    """The filter of a list of cases, from its address or its query string. Raises BadRequest."""
    query = typed.strip().rpartition("?")[2] if "?" in typed else typed.strip()
    if query.startswith(("http://", "https://", "/")):
        query = ""
    return CaseFilter.from_query_string(query).to_query_string()
