"""A small puzzle for the browser, in the ALTCHA protocol: find the number behind a hash.

The number's SHA-256 with our salt is the challenge. Solving it costs a browser a third of a second
(20,000 hashes in Chromium on one busy core), and a program that posts by the thousand a third of a
second for each. A challenge is for one form: the form's key is part of the salt.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode

Proof = Literal["none", "solved", "expired", "wrong"]
ALGORITHM = "SHA-256"
LARGEST = 40_000
"""The number is below it; on average a browser tries half of them."""
GOOD_FOR_SECONDS = 24 * 3_600


def make_challenge(key: str, form_key: str, now: int) -> str:
    """Return a challenge as JSON: algorithm, challenge, maxnumber, salt, signature."""
    limits = urlencode({"expires": now + GOOD_FOR_SECONDS, "form": form_key})
    salt = f"{secrets.token_hex(8)}?{limits}"
    wanted = _hash(salt, secrets.randbelow(LARGEST))
    made = {
        "algorithm": ALGORITHM,
        "challenge": wanted,
        "maxnumber": LARGEST,
        "salt": salt,
        "signature": _sign(key, wanted),
    }
    return json.dumps(made, separators=(",", ":"))


def check_proof(key: str, form_key: str, proof: str, now: int) -> Proof:
    """Whether a browser's proof solves a challenge of ours, for this form, in time.

    A proof is ALTCHA's payload: base64 of JSON. Any text is safe to pass.
    """
    if not proof:
        return "none"
    answer = _read_answer(proof)
    salt = answer.get("salt")
    if not isinstance(salt, str) or not _is_solved(key, salt, answer):
        return "wrong"
    limits = parse_qs(salt.partition("?")[2])
    if limits.get("form") != [form_key]:
        return "wrong"
    return "solved" if _read_expiry(limits) > now else "expired"


def _is_solved(key: str, salt: str, answer: dict[str, Any]) -> bool:
    wanted = answer.get("challenge")
    number = answer.get("number")
    if not isinstance(wanted, str) or not isinstance(number, int) or isinstance(number, bool):
        return False
    signature = str(answer.get("signature")).encode("utf-8", "replace")
    is_ours = hmac.compare_digest(_sign(key, wanted).encode(), signature)
    is_right = 0 <= number < LARGEST and _hash(salt, number) == wanted
    return is_ours and is_right and answer.get("algorithm") == ALGORITHM


def _read_answer(proof: str) -> dict[str, Any]:
    try:
        answer = json.loads(base64.b64decode(proof, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _read_expiry(limits: dict[str, list[str]]) -> int:
    """Epoch seconds; 0 if the salt names none."""
    expires = limits.get("expires", ["0"])[0]
    return int(expires) if expires.isdecimal() else 0


def _hash(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{number}".encode("utf-8", "replace")).hexdigest()


def _sign(key: str, wanted: str) -> str:
    return hmac.new(key.encode(), wanted.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
