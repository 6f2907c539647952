"""ID tokens: what an issuer says of somebody, signed. Believed only where signature, issuer, audience, time and nonce are all right.

Source: OpenID Connect Core 1.0, 3.1.3.7; RFC 7515 (JWS), RFC 7517 and 7518 (keys and algorithms), RFC 8725 (what has gone wrong before).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

LONGEST_TOKEN = 16_384
LEEWAY_SECONDS = 60
"""How far the issuer's clock may be from ours."""
FEWEST_RSA_BITS = 2_048
P256_BYTES = 32
LONGEST_SUBJECT = 255
Key = Mapping[str, Any]
"""A key as an issuer publishes it (JWK)."""
Claims = Mapping[str, Any]


class Untrue(Exception):  # noqa: N818 - said of a token, and told to nobody but the log
    """Why a token is not believed."""


@dataclass(frozen=True)
class Expected:
    """What a token must say: by whom, for whom, for which sign-in, and when (epoch s)."""

    issuer: str
    client_id: str
    nonce: str
    now: int


def verified(token: str, keys: Sequence[Key], expected: Expected) -> Claims:
    """What a token claims. Raises Untrue with the reason."""
    header, claims, signature, signed = _taken_apart(token)
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in _CHECKS or "crit" in header:
        raise Untrue("its algorithm is none of RS256 and ES256, or it wants what we do not know")
    _CHECKS[algorithm](_key_for(keys, algorithm, header.get("kid")), signature, signed)
    _require_meant_for_us(claims, expected)
    _require_in_time(claims, expected.now)
    return claims


def _taken_apart(token: str) -> tuple[Claims, Claims, bytes, bytes]:
    """Header, claims, signature, and the bytes that were signed."""
    parts = token.split(".")
    if len(token) > LONGEST_TOKEN or len(parts) != 3:
        raise Untrue("it is no signed token")
    header, claims = (_object(_bytes(part)) for part in parts[:2])
    return header, claims, _bytes(parts[2]), f"{parts[0]}.{parts[1]}".encode()


def _bytes(text: Any) -> bytes:
    """Base64url in its one spelling: another last letter may mean the same bytes, and would be another token with the same signature."""
    try:
        decoded = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise Untrue("a part of it is not base64url") from None
    if base64.urlsafe_b64encode(decoded).decode().rstrip("=") != text:
        raise Untrue("a part of it is not base64url in its one spelling")
    return decoded


def _object(body: bytes) -> Claims:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Untrue("a part of it is not JSON") from None
    if not isinstance(found, dict):
        raise Untrue("a part of it is no JSON object")
    return found


def _key_for(keys: Sequence[Key], algorithm: str, kid: Any) -> Key:
    """The one key the token names; where it names none, the issuer must have but one of the kind."""
    kind = "RSA" if algorithm == "RS256" else "EC"
    fitting = [
        key
        for key in keys
        if key.get("kty") == kind
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
    ]
    named = [key for key in fitting if kid is None or key.get("kid") == kid]
    if len(named) != 1:
        raise Untrue("the issuer has no such key, or several")
    return named[0]


def _check_rs256(key: Key, signature: bytes, signed: bytes) -> None:
    modulus, exponent = (int.from_bytes(_bytes(key.get(part))) for part in ("n", "e"))
    if modulus.bit_length() < FEWEST_RSA_BITS:
        raise Untrue("the issuer's key is too short")
    try:
        rsa.RSAPublicNumbers(exponent, modulus).public_key().verify(
            signature, signed, padding.PKCS1v15(), SHA256()
        )
    except (InvalidSignature, ValueError):
        raise Untrue("the signature is wrong") from None


def _check_es256(key: Key, signature: bytes, signed: bytes) -> None:
    if key.get("crv") != "P-256" or len(signature) != 2 * P256_BYTES:
        raise Untrue("the signature is wrong")
    x, y = (int.from_bytes(_bytes(key.get(part))) for part in ("x", "y"))
    r, s = int.from_bytes(signature[:P256_BYTES]), int.from_bytes(signature[P256_BYTES:])
    try:
        public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        public.verify(encode_dss_signature(r, s), signed, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        raise Untrue("the signature is wrong") from None


# Our list and not the token's word: "none" is no signature, and with HS256 the issuer's public key would be the secret.
_CHECKS: dict[str, Callable[[Key, bytes, bytes], None]] = {
    "RS256": _check_rs256,
    "ES256": _check_es256,
}


def _require_meant_for_us(claims: Claims, expected: Expected) -> None:
    audience, party = claims.get("aud"), claims.get("azp")
    audiences = audience if isinstance(audience, list) else [audience]
    subject = claims.get("sub")
    if claims.get("iss") != expected.issuer:
        raise Untrue("another issuer made it")
    if expected.client_id not in audiences:
        raise Untrue("it is for somebody else")
    if party != expected.client_id and (party is not None or len(audiences) > 1):
        raise Untrue("somebody else asked for it")
    if not hmac.compare_digest(
        str(claims.get("nonce")).encode("utf-8", "replace"), expected.nonce.encode()
    ):
        raise Untrue("it belongs to another sign-in")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise Untrue("it names nobody")


def _require_in_time(claims: Claims, now: int) -> None:
    ends, made, begins = (_moment(claims, name) for name in ("exp", "iat", "nbf"))
    if ends is None or made is None:
        raise Untrue("it does not say when it was made or ends")
    if ends <= now - LEEWAY_SECONDS:
        raise Untrue("it is over")
    if max(made, begins or made) > now + LEEWAY_SECONDS:
        raise Untrue("it is of the future")


def _moment(claims: Claims, name: str) -> float | None:
    """Seconds since 1970; None where it is not said. Raises Untrue where something else is."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Untrue(f"its {name} is no time")
    return value
