"""Checks ID tokens: what an issuer says, signed, about the person who signed in there.

    claims = verify_id_token(token, fetch_keys(issuer, network), expected)
    claims["sub"]  # who it is, to this issuer

joserfc reads the token and checks signature, times, issuer and audience. Ours is what it leaves to
the caller: which algorithms and keys are allowed, `typ`, `crit`, `nonce`, `azp` and repeated names.

Source: OpenID Connect Core 1.0, 3.1.3.7; RFC 7515 (JWS), RFC 7517 and 7518 (keys and algorithms),
RFC 8725 (what has gone wrong before).
"""

from __future__ import annotations

import hmac
import json
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import BadSignatureError, ClaimError, JoseError, MissingClaimError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jwt import JWTClaimsRegistry
from joserfc.registry import HeaderParameter
from joserfc.util import urlsafe_b64decode

SigningKey = RSAKey | ECKey
ALGORITHMS: Mapping[str, type[RSAKey] | type[ECKey]] = {"RS256": RSAKey, "ES256": ECKey}
"""Allowed algorithm → type of its keys. The token doesn't choose: "none" is no signature, and with
HS256 the issuer's public key would be the secret."""
MAX_TOKEN_CHARS = 16_384
MAX_SUBJECT_CHARS = 255
MIN_RSA_BITS = 2_048
LEEWAY_SECONDS = 60
"""How far the issuer's clock may be from ours."""
PUBLIC_MEMBERS = ("kty", "use", "alg", "key_ops", "n", "e", "crv", "x", "y")
Key = Mapping[str, Any]
"""A key as an issuer publishes it (JWK)."""
Claims = Mapping[str, Any]


class TokenRejected(Exception):
    """Why a token is not trusted. Written to the log; visitors never see it."""


@dataclass(frozen=True)
class Expected:
    """What a token must say: who issued it, for whom, for which sign-in; `now` in epoch seconds."""

    issuer: str
    client_id: str
    nonce: str
    now: int


class _Registry(jws.JWSRegistry):
    """joserfc's rules for a header, with one limit for the token in place of one for each part."""

    max_header_length = max_payload_length = max_signature_length = MAX_TOKEN_CHARS


# The allow-list belongs here: joserfc ignores its `algorithms` argument where it gets a registry.
# Header parameters we don't know are ignored, as RFC 7515 (4) demands; "crit" is refused below.
_REGISTRY = _Registry(
    header_registry={"kid": HeaderParameter("Key ID, checked by _find_key", lambda _: None)},
    algorithms=list(ALGORITHMS),
    strict_check_header=False,
)
_SHORT = reprlib.Repr()
_SHORT.maxstring = 100


def verify_id_token(token: str, keys: Sequence[Key], expected: Expected) -> Claims:
    """Return a token's claims. Raises TokenRejected, with the reason, if it can't be trusted."""
    header = _read_header(token)
    algorithm = _require_known_header(header)
    key = _import_key(_find_key(keys, algorithm, header.get("kid")), algorithm)
    claims = _parse_object(_verify_signature(token, key))
    _require_registered_claims(claims, expected)
    _require_this_sign_in(claims, expected)
    return claims


def _read_header(token: str) -> Claims:
    parts = token.split(".")
    if len(token) > MAX_TOKEN_CHARS or len(parts) != 3:
        raise TokenRejected(
            f"it is not a signed token: {len(token)} characters in {len(parts)} parts,"
            f" not 3 parts and at most {MAX_TOKEN_CHARS} characters"
        )
    try:
        return _parse_object(urlsafe_b64decode(parts[0].encode()))
    except ValueError:
        raise TokenRejected("its header is not base64url") from None


def _parse_object(body: bytes) -> Claims:
    try:
        found = json.loads(body, object_pairs_hook=_build_object)
    except (ValueError, RecursionError):
        raise TokenRejected("a part of it is not JSON") from None
    if not isinstance(found, dict):
        # Not what it says: a person's subject doesn't belong in the log.
        raise TokenRejected(f"a part of it is not a JSON object but {type(found).__name__}")
    return found


def _build_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Readers differ in which of two values they take, so a token could say two things at once.
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise TokenRejected(f"it says {_show(repeated)} twice")
    return found


def _require_known_header(header: Claims) -> str:
    """Return the algorithm of a header that asks for nothing we don't do."""
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise TokenRejected(f"its algorithm is {_show(algorithm)}, not RS256 or ES256")
    if "crit" in header:
        raise TokenRejected(
            f"it demands extensions that we don't have: crit {_show(header['crit'])}"
        )
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") != "jwt":
        raise TokenRejected(f"it is another kind of token: its typ is {_show(kind)}, not 'JWT'")
    return algorithm


def _find_key(keys: Sequence[Key], algorithm: str, kid: Any) -> Key:
    """Find the one key the token names, or the only one that fits if it names none."""
    fitting = [key for key in keys if _fits(key, algorithm) and kid in (None, key.get("kid"))]
    named = f"for {algorithm}" if kid is None else f"for {algorithm} with the kid {_show(kid)}"
    if not fitting:
        raise TokenRejected(f"the issuer has no such key: none of its {len(keys)} is {named}")
    if len(fitting) > 1:
        raise TokenRejected(f"the issuer has several keys, {len(fitting)}, {named}")
    return fitting[0]


def _fits(key: Key, algorithm: str) -> bool:
    is_for_signing = key.get("use", "sig") == "sig" and key.get("alg", algorithm) == algorithm
    return is_for_signing and key.get("kty") == ALGORITHMS[algorithm].key_type


def _import_key(key: Key, algorithm: str) -> SigningKey:
    public = {name: key[name] for name in PUBLIC_MEMBERS if name in key}
    try:
        imported = ALGORITHMS[algorithm].import_key(public)
    except (JoseError, ValueError, KeyError) as problem:
        raise TokenRejected(f"the issuer's key can't be read: {problem!r}") from None
    if isinstance(imported, RSAKey) and imported.public_key.key_size < MIN_RSA_BITS:
        bits = imported.public_key.key_size
        raise TokenRejected(f"the issuer's key is too short: {bits} bits, not {MIN_RSA_BITS}")
    return imported


def _verify_signature(token: str, key: SigningKey) -> bytes:
    """Return what was signed."""
    try:
        return jws.deserialize_compact(token, key, registry=_REGISTRY).payload
    except BadSignatureError:
        raise TokenRejected("its signature is wrong") from None
    except (JoseError, ValueError) as problem:
        raise TokenRejected(f"its header, payload or signature is unusable: {problem}") from None


def _require_registered_claims(claims: Claims, expected: Expected) -> None:
    """Issuer, audience, subject and times, as joserfc checks them."""
    said = {name: value for name, value in claims.items() if value is not None}
    try:
        _make_claims_registry(expected).validate(said)
    except MissingClaimError as problem:
        raise TokenRejected(f"it has no {problem.claim}") from None
    except ClaimError as problem:
        raise TokenRejected(_explain(problem, claims, expected)) from None
    if len(claims["sub"]) > MAX_SUBJECT_CHARS:
        raise TokenRejected(f"its sub is longer than {MAX_SUBJECT_CHARS} characters")


def _make_claims_registry(expected: Expected) -> JWTClaimsRegistry:
    return JWTClaimsRegistry(
        now=expected.now,
        leeway=LEEWAY_SECONDS,
        iss={"essential": True, "value": expected.issuer},
        aud={"essential": True, "value": expected.client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
    )


def _explain(problem: ClaimError, claims: Claims, expected: Expected) -> str:
    wanted = {"iss": expected.issuer, "aud": expected.client_id}
    name = problem.claim
    if name == "sub":  # a person's: never in the log
        return f"its sub is not a text of 1 to {MAX_SUBJECT_CHARS} characters"
    if name in wanted:
        return f"its {name} is {_show(claims[name])}, not {wanted[name]!r}"
    clock = f"our clock says {expected.now}, give or take {LEEWAY_SECONDS} seconds"
    return f"its {name} is {_show(claims[name])}: {problem.description}; {clock}"


def _require_this_sign_in(claims: Claims, expected: Expected) -> None:
    # Not joserfc's to check: it takes a list that contains the expected value for the value.
    party, nonce = claims.get("azp"), claims.get("nonce")
    has_other_audiences = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if party != expected.client_id and (party is not None or has_other_audiences):
        wanted = expected.client_id
        raise TokenRejected(
            f"another client asked for it: its azp is {_show(party)}, not {wanted!r}"
        )
    given = nonce.encode("utf-8", "replace") if isinstance(nonce, str) else b""
    if not hmac.compare_digest(given, expected.nonce.encode()):
        raise TokenRejected("it belongs to another sign-in: its nonce is not the one we sent")


def _show(value: Any) -> str:
    """A value as a line of the log may hold it: escaped and short."""
    return _SHORT.repr(value)
