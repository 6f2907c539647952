"""A small sum for the browser, in the ALTCHA protocol: find the number whose hash with our salt is the challenge.

It costs a browser a third of a second (20,000 hashes in Chromium on one busy core), and a program that sends by the thousand as many
thirds. Each sum is for one form: its key stands in the salt.
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
"""The number is below it; a browser tries half of them on the average."""
GOOD_FOR_SECONDS = 24 * 3_600


def challenge(key: str, form_key: str, now: int) -> str:
    """The sum as JSON: algorithm, challenge, maxnumber, salt, signature."""
    salt = (
        f"{secrets.token_hex(8)}?{urlencode({'expires': now + GOOD_FOR_SECONDS, 'form': form_key})}"
    )
    wanted = _hash(salt, secrets.randbelow(LARGEST))
    made = {
        "algorithm": ALGORITHM,
        "challenge": wanted,
        "maxnumber": LARGEST,
        "salt": salt,
        "signature": _signature(key, wanted),
    }
    return json.dumps(made, separators=(",", ":"))


def looked_at(key: str, form_key: str, proof: str, now: int) -> Proof:
    """Whether the browser's answer (ALTCHA's payload: base64 of JSON) solves a sum of ours for this form, in time. Any text is safe."""
    if not proof:
        return "none"
    answer = _answer(proof)
    salt, wanted, number = answer.get("salt"), answer.get("challenge"), answer.get("number")
    if not (
        isinstance(salt, str)
        and isinstance(wanted, str)
        and isinstance(number, int)
        and not isinstance(number, bool)
    ):
        return "wrong"
    said = parse_qs(salt.partition("?")[2])
    is_ours = hmac.compare_digest(
        _signature(key, wanted).encode(), str(answer.get("signature")).encode("utf-8", "replace")
    )
    is_right = (
        is_ours
        and answer.get("algorithm") == ALGORITHM
        and 0 <= number < LARGEST
        and _hash(salt, number) == wanted
        and said.get("form") == [form_key]
    )
    if not is_right:
        return "wrong"
    return "solved" if _expires(said) > now else "expired"


def _answer(proof: str) -> dict[str, Any]:
    try:
        answer = json.loads(base64.b64decode(proof, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _expires(said: dict[str, list[str]]) -> int:
    moment = said.get("expires", ["0"])[0]
    return int(moment) if moment.isdecimal() else 0


def _hash(salt: str, number: int) -> str:
    return hashlib.sha256(f"{salt}{number}".encode("utf-8", "replace")).hexdigest()


def _signature(key: str, wanted: str) -> str:
    return hmac.new(key.encode(), wanted.encode("utf-8", "replace"), hashlib.sha256).hexdigest()
