"""ID tokens: the right one is believed, and none that is signed, addressed or timed otherwise."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portal.auth.id_token import (
    LEEWAY_SECONDS,
    MAX_TOKEN_CHARS,
    Expected,
    TokenRejected,
    verify_id_token,
)
from tests.staff.conftest import NOON
from tests.staff.stand_in_issuer import (
    CLIENT_ID,
    base64url,
    ec_jwk,
    ec_key,
    rsa_jwk,
    rsa_key,
    signed_es256,
    signed_rs256,
    token_of,
)

ISSUER = "https://login.city.example"
EXPECTED = Expected(ISSUER, CLIENT_ID, "nonce", NOON)
CLAIMS = {
    "iss": ISSUER,
    "aud": CLIENT_ID,
    "sub": "7",
    "exp": NOON + 300,
    "iat": NOON,
    "nonce": "nonce",
}


def keys() -> list[dict]:
    return [rsa_jwk(rsa_key(), "one"), ec_jwk(ec_key(), "two")]


def pem() -> bytes:
    return rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (lambda: token_of(CLAIMS, alg="none", sign=lambda _: b""), "algorithm"),
        (lambda: token_of(CLAIMS, alg="None", sign=lambda _: b""), "algorithm"),
        (
            lambda: token_of(
                CLAIMS,
                alg="HS256",
                sign=lambda body: hmac.new(pem(), body, hashlib.sha256).digest(),
            ),
            "algorithm",
        ),
        (lambda: token_of(CLAIMS, alg=["RS256"]), "algorithm"),
        (lambda: token_of(CLAIMS, crit=["b64"]), r"extensions that we don't have: crit \['b64'\]"),
        (
            lambda: token_of(CLAIMS, sign=lambda body: signed_rs256(body, rsa_key("another"))),
            "signature",
        ),
        (lambda: token_of(CLAIMS, sign=lambda _: b""), "signature"),
        (lambda: token_of(CLAIMS, sign=lambda body: signed_rs256(body + b" ")), "signature"),
        (lambda: token_of(CLAIMS, alg="ES256", kid="two", sign=lambda _: b"\0" * 64), "signature"),
        (
            lambda: token_of(
                CLAIMS, alg="ES256", kid="two", sign=lambda body: signed_es256(body)[:-1]
            ),
            "signature",
        ),
        (lambda: token_of(CLAIMS, alg="ES256", kid="one", sign=signed_es256), "no such key"),
        (lambda: token_of(CLAIMS, kid="three"), "no such key"),
        (lambda: token_of(CLAIMS, kid=1), "no such key"),
        (lambda: token_of([CLAIMS]), "not a JSON object but list"),
        (lambda: token_of(CLAIMS) + ".", "not a signed token: .* in 4 parts"),
        (lambda: token_of(CLAIMS | {"pad": "x" * 20_000}), "not a signed token"),
        (lambda: token_of(CLAIMS).replace(".", "=.", 1), "base64url"),
        (lambda: "é.é.é", "base64url"),
        (lambda: "", "not a signed token"),
    ],
)
def test_a_token_that_is_signed_otherwise_is_not_believed(token, reason):
    with pytest.raises(TokenRejected, match=reason):
        verify_id_token(token(), keys(), EXPECTED)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (
            {"iss": "https://elsewhere.example"},
            f"its iss is 'https://elsewhere.example', not '{ISSUER}'",
        ),
        ({"iss": f"{ISSUER}/"}, f"its iss is '{ISSUER}/', not '{ISSUER}'"),
        ({"aud": "another"}, "its aud is 'another', not 'portal'"),
        ({"aud": []}, r"its aud is \[\], not 'portal'"),
        ({"aud": {"portal": 1}}, r"its aud is \{'portal': 1\}, not 'portal'"),
        ({"aud": [CLIENT_ID, "another"]}, "its azp is None, not 'portal'"),
        ({"azp": "another"}, "another client asked for it: its azp is 'another', not 'portal'"),
        ({"nonce": "other"}, "another sign-in"),
        ({"nonce": None}, "another sign-in"),
        ({"sub": ""}, "its sub is not a text of 1 to 255 characters"),
        ({"sub": 7}, "its sub is not a text of 1 to 255 characters"),
        ({"sub": "x" * 256}, "longer than 255"),
        (
            {"exp": NOON - LEEWAY_SECONDS},
            f"its exp is {NOON - 60}: .*expired; our clock says {NOON}",
        ),
        ({"exp": None}, "it has no exp"),
        ({"iat": None}, "it has no iat"),
        ({"exp": True}, "its exp is True: .* must be a NumericDate"),
        ({"exp": "soon"}, "its exp is 'soon': .* must be a NumericDate"),
        ({"exp": float("inf")}, "its exp is inf: .* must be a NumericDate"),
        ({"iat": NOON + LEEWAY_SECONDS + 1}, f"its iat is {NOON + 61}: .*in the future"),
        ({"nbf": NOON + LEEWAY_SECONDS + 1}, f"its nbf is {NOON + 61}: .*not yet valid"),
    ],
)
def test_a_token_that_says_something_else_is_not_believed(told, reason):
    with pytest.raises(TokenRejected, match=reason):
        verify_id_token(token_of(CLAIMS | told), keys(), EXPECTED)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"exp": NOON - LEEWAY_SECONDS + 1},
        {"iat": NOON + LEEWAY_SECONDS, "nbf": NOON - 5},
        {"aud": [CLIENT_ID]},
        {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID},
        {"exp": NOON + 0.5},
    ],
)
def test_a_token_is_believed_where_all_is_right_within_a_minute(told):
    claims = CLAIMS | told
    assert verify_id_token(token_of(claims), keys(), EXPECTED) == claims
    assert (
        verify_id_token(token_of(claims, signed_es256, alg="ES256", kid="two"), keys(), EXPECTED)
        == claims
    )


def test_a_token_that_names_no_key_is_believed_only_where_there_is_but_one():
    token = token_of(CLAIMS, kid=None)
    assert verify_id_token(token, keys(), EXPECTED) == CLAIMS
    with pytest.raises(TokenRejected, match="several"):
        verify_id_token(token, [*keys(), rsa_jwk(rsa_key("another"), "three")], EXPECTED)


@pytest.mark.parametrize(
    "change",
    [
        {"use": "enc"},
        {"alg": "PS256"},
        {"kty": "oct"},
        {"n": "AQAB"},
        {"n": None},
        {"n": "é"},
        {"e": "Ag"},
    ],
)
def test_a_key_that_is_not_for_this_is_not_used(change):
    with pytest.raises(TokenRejected):
        verify_id_token(token_of(CLAIMS), [rsa_jwk(rsa_key(), "one") | change], EXPECTED)


@pytest.mark.filterwarnings("ignore:Key size should be")
def test_a_short_key_is_not_used():
    short = rsa_key("short", 1_024)
    with pytest.raises(TokenRejected, match="too short"):
        verify_id_token(
            token_of(CLAIMS, lambda body: signed_rs256(body, short)),
            [rsa_jwk(short, "one")],
            EXPECTED,
        )


@pytest.mark.parametrize(
    ("algorithm", "kid", "sign"), [("RS256", "one", signed_rs256), ("ES256", "two", signed_es256)]
)
def test_a_token_with_any_one_character_changed_is_not_believed(algorithm, kid, sign):
    token, known = token_of(CLAIMS, sign, alg=algorithm, kid=kid), keys()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    believed = []
    for place, letter in enumerate(token):
        # Neighbors in the alphabet differ only in the last bits, which some readers of base64
        # don't look at.
        spot = letters.find(letter)
        for other in {letters[spot ^ 1], letters[(spot + 32) % 64], ".", "="} - {letter}:
            try:
                verify_id_token(token[:place] + other + token[place + 1 :], known, EXPECTED)
            except TokenRejected:
                continue
            believed.append((place, other))
    assert believed == []


def raw_token(header: str, payload: str = '{"iss": "x"}') -> str:
    """A token whose header and payload are these very texts, signed with the issuer's own key."""
    body = f"{base64url(header.encode())}.{base64url(payload.encode())}"
    return f"{body}.{base64url(signed_rs256(body.encode()))}"


def hs256(secret: bytes, body: bytes) -> bytes:
    return hmac.new(secret, body, hashlib.sha256).digest()


def der() -> bytes:
    return rsa_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    "secret", [pem(), pem().strip(), der(), rsa_jwk(rsa_key(), "one")["n"].encode(), b""]
)
@pytest.mark.parametrize("algorithm", ["HS256", "hs256", "HS384", "HS512"])
def test_the_issuers_public_key_is_never_the_secret_of_an_hmac(secret, algorithm):
    token = token_of(CLAIMS, lambda body: hs256(secret, body), alg=algorithm)
    with pytest.raises(TokenRejected, match=f"its algorithm is '{algorithm}', not RS256 or ES256"):
        verify_id_token(token, keys(), EXPECTED)


def test_a_shared_secret_among_the_issuers_keys_signs_nothing():
    secret = {"kty": "oct", "kid": "one", "k": base64url(b"0" * 32)}
    for algorithm in ("HS256", "RS256", "ES256"):
        with pytest.raises(TokenRejected):
            verify_id_token(
                token_of(CLAIMS, lambda body: hs256(b"0" * 32, body), alg=algorithm),
                [secret],
                EXPECTED,
            )


@pytest.mark.parametrize(
    "algorithm",
    [
        "RS384",
        "RS512",
        "PS256",
        "ES384",
        "ES512",
        "ES256K",
        "EdDSA",
        "Ed25519",
        "",
        "rs256",
        None,
        5,
        {},
    ],
)
def test_only_two_algorithms_are_allowed(algorithm):
    with pytest.raises(TokenRejected, match="its algorithm is .*, not RS256 or ES256"):
        verify_id_token(token_of(CLAIMS, alg=algorithm), keys(), EXPECTED)


def test_a_key_of_one_kind_does_not_check_the_algorithm_of_the_other():
    with pytest.raises(TokenRejected, match="no such key: none of its 1 is for ES256"):
        verify_id_token(token_of(CLAIMS, alg="ES256"), [rsa_jwk(rsa_key(), "one")], EXPECTED)
    with pytest.raises(TokenRejected, match="no such key: none of its 1 is for RS256"):
        verify_id_token(
            token_of(CLAIMS, signed_es256, kid="two"), [ec_jwk(ec_key(), "two")], EXPECTED
        )


def test_a_header_without_a_kid_names_no_key_either():
    token = raw_token('{"alg": "RS256"}', json.dumps(CLAIMS))
    assert verify_id_token(token, keys(), EXPECTED) == CLAIMS
    for others in ([rsa_jwk(rsa_key("another"), "three")], [rsa_jwk(rsa_key(), "one")]):
        with pytest.raises(TokenRejected, match="several keys, 2, for RS256"):
            verify_id_token(token, [*keys(), *others], EXPECTED)


@pytest.mark.parametrize("change", [{"use": "enc"}, {"alg": "RSA-OAEP"}])
def test_a_key_for_something_else_beside_the_right_one_is_passed_over(change):
    other = rsa_jwk(rsa_key("another"), "one") | change
    for kid in ("one", None):
        assert verify_id_token(token_of(CLAIMS, kid=kid), [other, *keys()], EXPECTED) == CLAIMS


def test_two_keys_of_one_kid_are_not_told_apart_by_trying():
    twins = [rsa_jwk(rsa_key("another"), "one"), rsa_jwk(rsa_key(), "one")]
    for order in (twins, twins[::-1]):
        with pytest.raises(TokenRejected, match="several keys, 2, for RS256 with the kid 'one'"):
            verify_id_token(token_of(CLAIMS), order, EXPECTED)


@pytest.mark.parametrize(
    "kid",
    [
        "",
        " one",
        "one\0",
        "ONE",
        "one' or '1'='1",
        "../../../../dev/null",
        "https://elsewhere.example/key",
        "\ud800",
        "x" * 5_000,
        "0",
        0,
        True,
        ["one"],
        {"one": 1},
    ],
)
def test_a_kid_is_a_name_in_the_issuers_list_and_nothing_else(kid):
    with pytest.raises(TokenRejected, match="no such key") as refusal:
        verify_id_token(token_of(CLAIMS, kid=kid), keys(), EXPECTED)
    assert len(str(refusal.value)) < 300
    assert str(refusal.value).isprintable(), "one line of the log"


@pytest.mark.parametrize(
    "header",
    [
        {"jwk": rsa_jwk(rsa_key("another"), "one")},
        {"jku": "https://elsewhere.example/keys"},
        {"x5u": "https://elsewhere.example/chain.pem"},
        {"x5c": ["MIIB"]},
    ],
    ids=lambda header: next(iter(header)),
)
def test_a_key_that_the_token_brings_along_is_not_used(header):
    token = token_of(CLAIMS, lambda body: signed_rs256(body, rsa_key("another")), **header)
    with pytest.raises(TokenRejected, match="signature is wrong"):
        verify_id_token(token, keys(), EXPECTED)


@pytest.mark.parametrize("crit", [["b64"], ["exp"], ["kid"], ["alg"], [], None, 5, "kid", [5], {}])
def test_whatever_a_header_calls_critical_is_refused(crit):
    for more in ({}, {"b64": True}, {"b64": False}, {"exp": 1}):
        with pytest.raises(TokenRejected, match="extensions that we don't have: crit"):
            verify_id_token(token_of(CLAIMS, crit=crit, **more), keys(), EXPECTED)


def test_a_payload_that_is_not_base64url_by_b64_is_refused():
    with pytest.raises(TokenRejected, match="b64"):
        verify_id_token(token_of(CLAIMS, b64=False), keys(), EXPECTED)


@pytest.mark.parametrize("parts", [1, 2, 4, 5, 6])
def test_a_token_that_does_not_have_three_parts_is_refused(parts):
    """Five parts are an encrypted token (JWE)."""
    token = ".".join([base64url(b'{"alg": "RSA-OAEP", "enc": "A256GCM"}')] + ["AAAA"] * (parts - 1))
    with pytest.raises(TokenRejected, match=f"not a signed token: .* in {parts} parts"):
        verify_id_token(token, keys(), EXPECTED)


def test_an_encrypted_token_of_three_parts_is_refused():
    for header in ({"alg": "RSA-OAEP", "enc": "A256GCM"}, {"alg": "dir", "enc": "A256GCM"}):
        with pytest.raises(TokenRejected, match="its algorithm is"):
            verify_id_token(token_of(CLAIMS, **header), keys(), EXPECTED)


@pytest.mark.parametrize(
    "kind",
    [
        "at+jwt",
        "application/at+jwt",
        "logout+jwt",
        "dpop+jwt",
        "JWE",
        "JOSE+JSON",
        "",
        "jwt ",
        None,
        5,
        ["JWT"],
    ],
)
def test_a_token_for_something_else_is_refused_by_its_typ(kind):
    with pytest.raises(TokenRejected, match="another kind of token: its typ is .*, not 'JWT'"):
        verify_id_token(token_of(CLAIMS, typ=kind), keys(), EXPECTED)


@pytest.mark.parametrize("kind", ["JWT", "jwt", "application/jwt"])
def test_a_typ_of_jwt_is_fine(kind):
    assert verify_id_token(token_of(CLAIMS, typ=kind), keys(), EXPECTED) == CLAIMS


@pytest.mark.parametrize("name", ["sub", "aud", "iss", "exp", "nonce", "email", "email_verified"])
def test_a_claim_that_is_made_twice_is_refused(name):
    """The last of two subjects was taken; another reader might take the first."""
    payload = json.dumps({"email": "ana@city.example", "email_verified": True} | CLAIMS)
    for twice in (f'{{"{name}": "x", {payload[1:]}', f'{payload[:-1]}, "{name}": "x"}}'):
        with pytest.raises(TokenRejected, match=f"it says '{name}' twice"):
            verify_id_token(raw_token('{"alg": "RS256", "kid": "one"}', twice), keys(), EXPECTED)


def test_a_name_repeated_inside_a_claim_or_in_the_header_is_refused():
    nested = '{"address": {"country": "US", "country": "CA"}}'
    with pytest.raises(TokenRejected, match="it says 'country' twice"):
        verify_id_token(raw_token('{"alg": "RS256", "kid": "one"}', nested), keys(), EXPECTED)
    for header in (
        '{"alg": "none", "alg": "RS256"}',
        '{"kid": "three", "kid": "one", "alg": "RS256"}',
    ):
        with pytest.raises(TokenRejected, match="it says '(alg|kid)' twice"):
            verify_id_token(raw_token(header, json.dumps(CLAIMS)), keys(), EXPECTED)


@pytest.mark.parametrize(
    "header",
    [
        "[]",
        '["alg", "b64"]',
        '"alg"',
        "null",
        "5",
        "{",
        "",
        "\0",
        '{"alg": 1e999}',
        '{"alg": 1' + "0" * 5_000 + "}",
    ],
)
def test_a_header_that_is_no_object_is_refused(header):
    with pytest.raises(TokenRejected):
        verify_id_token(raw_token(header), keys(), EXPECTED)


@pytest.mark.parametrize("part", ["[" * 5_000, '{"a":' * 2_000], ids=["lists", "objects"])
def test_an_endlessly_nested_token_is_refused(part):
    with pytest.raises(TokenRejected):
        verify_id_token(raw_token(part), keys(), EXPECTED)
    with pytest.raises(TokenRejected):
        verify_id_token(raw_token('{"alg": "RS256", "kid": "one"}', part), keys(), EXPECTED)


def test_a_token_may_be_16_384_characters_long_and_no_longer():
    def padded(length: int) -> str:
        pad = length * 3 // 4
        while len(token := token_of(CLAIMS | {"pad": "x" * pad})) > length:
            pad -= 1
        return token

    token = padded(MAX_TOKEN_CHARS)
    assert len(token) > MAX_TOKEN_CHARS - 3
    assert verify_id_token(token, keys(), EXPECTED)["sub"] == "7"
    with pytest.raises(TokenRejected, match="not a signed token: 16385 characters"):
        verify_id_token(token + "A" * (MAX_TOKEN_CHARS + 1 - len(token)), keys(), EXPECTED)


def test_a_long_header_with_a_certificate_and_unknown_parameters_is_read():
    """joserfc alone would refuse a header over 512 bytes, and every parameter it doesn't know."""
    token = token_of(CLAIMS, x5c=["MIIB" * 500], x5t="abc", pi_atm="5")
    assert verify_id_token(token, keys(), EXPECTED) == CLAIMS


def test_a_list_that_contains_our_nonce_or_our_name_is_neither():
    """joserfc takes a list with the expected value in it for the value."""
    with pytest.raises(TokenRejected, match="another sign-in"):
        verify_id_token(token_of(CLAIMS | {"nonce": ["other", "nonce"]}), keys(), EXPECTED)
    with pytest.raises(TokenRejected, match="another client asked for it"):
        verify_id_token(token_of(CLAIMS | {"azp": [CLIENT_ID]}), keys(), EXPECTED)
    with pytest.raises(TokenRejected, match="its iss is"):
        verify_id_token(token_of(CLAIMS | {"iss": [ISSUER]}), keys(), EXPECTED)


def test_a_time_too_large_for_a_float_is_refused_and_stops_nothing():
    """It raised OverflowError, and the visitor saw an error page."""
    with pytest.raises(TokenRejected, match="its iat is .*in the future"):
        verify_id_token(token_of(CLAIMS | {"iat": 10**400}), keys(), EXPECTED)


@pytest.mark.parametrize("name", ["nonce", "sub", "aud", "iss", "exp", "iat"])
def test_a_claim_that_is_missing_is_refused(name):
    said = {claim: value for claim, value in CLAIMS.items() if claim != name}
    with pytest.raises(TokenRejected, match=name):
        verify_id_token(token_of(said), keys(), EXPECTED)


def test_a_claim_of_null_says_nothing():
    claims = CLAIMS | {"nbf": None, "jti": None, "azp": None}
    assert verify_id_token(token_of(claims), keys(), EXPECTED) == claims


def test_neither_the_subject_nor_the_nonce_gets_into_the_log():
    told = ({"sub": "secret" * 60}, {"sub": ["secret"]}, {"nonce": "secret"})
    for claims in (*(CLAIMS | more for more in told), ["secret"], "secret"):
        with pytest.raises(TokenRejected) as refusal:
            verify_id_token(token_of(claims), keys(), EXPECTED)
        assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "change",
    [
        {"use": ["sig"]},
        {"key_ops": ["sign"]},
        {"key_ops": 5},
        {"kty": ["EC"]},
        {"crv": "P-384"},
        {"crv": "P-999"},
        {"crv": ["P-256"]},
        {"crv": None},
        {"x": None},
        {"x": "AA"},
        {"x": ""},
        {"y": "é"},
        {"y": 5},
    ],
    ids=str,
)
def test_an_elliptic_key_that_is_not_for_this_is_not_used(change):
    token = token_of(CLAIMS, signed_es256, alg="ES256", kid="two")
    with pytest.raises(TokenRejected):
        verify_id_token(token, [ec_jwk(ec_key(), "two") | change], EXPECTED)


def test_what_else_an_issuer_says_of_a_key_does_not_matter():
    key = rsa_jwk(rsa_key(), "one") | {"x5c": None, "x5u": "none", "d": "AQAB", "ext": True}
    assert verify_id_token(token_of(CLAIMS), [key], EXPECTED) == CLAIMS
