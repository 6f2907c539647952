"""Signing in with the city's own accounts: the good way, and every way that must not let in."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from portal.auth import issuer as issuers
from portal.auth.id_token import LEEWAY_SECONDS, Expected, Untrue, verified
from portal.auth.issuer import IssuerFault, ask, is_safe_address
from portal.auth.oidc import COOKIE_SECONDS, RETURN_PATH, Identity, begin, finish
from portal.errors import NotAllowed, NotReady
from portal.settings import Settings
from tests.staff.conftest import NOON
from tests.staff.stand_in_issuer import (
    CLIENT_ID,
    CLIENT_SECRET,
    CUT,
    StandInIssuer,
    ec_jwk,
    ec_key,
    rsa_jwk,
    rsa_key,
    signed_es256,
    signed_rs256,
    standing,
    token_of,
)

SITE = "https://311.city.example"
ANA = Identity("7", "ana@city.example", "Ana Ortiz")
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


@pytest.fixture
def issuer() -> Iterator[StandInIssuer]:
    with standing(NOON) as made:
        yield made


@pytest.fixture
def settings(issuer: StandInIssuer) -> Settings:
    """Those of a portal whose staff sign in there."""
    return Settings(
        secret_key="test",
        base_url=SITE,
        oidc_issuer=issuer.address,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
    )


@pytest.fixture
def sign_in(issuer, settings) -> Callable[..., Identity]:
    """sign_in() goes there and comes back, over the real network of this machine."""

    def go(seconds: int = 0, cookie: str | None = None, **query: str) -> Identity:
        begun = begin(settings, ask, NOON)
        came_with = issuer.let_in(begun.address) | query
        return finish(
            settings, ask, begun.cookie if cookie is None else cookie, came_with, NOON + seconds
        )

    return go


def test_who_signs_in_there_is_known_here(sign_in):
    assert sign_in() == ANA


def test_the_browser_is_sent_with_all_that_ties_its_return_to_this_sign_in(issuer, settings):
    begun, other = begin(settings, ask, NOON), begin(settings, ask, NOON)
    parts = urlsplit(begun.address)
    said = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{issuer.address}/authorize"
    assert {
        name: said[name]
        for name in (
            "tenant",
            "response_type",
            "client_id",
            "redirect_uri",
            "scope",
            "code_challenge_method",
        )
    } == {
        "tenant": "city",
        "response_type": "code",
        "client_id": CLIENT_ID,
        "redirect_uri": SITE + RETURN_PATH,
        "scope": "openid email profile",
        "code_challenge_method": "S256",
    }
    assert len(said["code_challenge"]) == 43
    others = {name: values[0] for name, values in parse_qs(urlsplit(other.address).query).items()}
    assert all(said[name] != others[name] for name in ("state", "nonce", "code_challenge"))


def test_neither_the_address_nor_the_cookie_tells_the_verifier(issuer, sign_in, settings):
    begun = begin(settings, ask, NOON)
    finish(settings, ask, begun.cookie, issuer.let_in(begun.address), NOON)
    verifier = issuer.asked[0][0]["code_verifier"]
    assert 43 <= len(verifier) <= 128
    assert verifier not in begun.cookie + begun.address


def test_the_secret_goes_into_a_header_or_where_the_issuer_wants_it_into_the_form(issuer, sign_in):
    sign_in()
    issuer.document["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    sign_in()
    (basic, headers), (post, plain) = issuer.asked
    assert headers["Authorization"] == "Basic cG9ydGFsOm9ubHklM0Erd2UrJTI2K3RoZXkra25vdytpdA=="
    assert "client_secret" not in basic
    assert (post["client_secret"], plain.get("Authorization")) == (CLIENT_SECRET, None)


@pytest.mark.parametrize(
    ("told", "email"),
    [
        ({"email_verified": False}, ""),
        ({"email_verified": None}, ""),
        ({"email_verified": "true"}, ""),
        ({"email": 5}, ""),
        ({}, ANA.email),
    ],
)
def test_an_address_counts_only_where_the_issuer_has_verified_it(issuer, sign_in, told, email):
    issuer.claims |= told
    assert sign_in() == replace(ANA, email=email)


def test_who_comes_back_with_another_state_is_refused(sign_in):
    for state in ("", "x", "é\ud800"):
        with pytest.raises(NotAllowed, match="not begun here"):
            sign_in(state=state)


@pytest.mark.parametrize(
    "cookie",
    ["", ".", "..", "a.b.c", f"a.{NOON + 60}.", "a.9999999999." + "0" * 64, "é", "\ud800.1.x"],
)
def test_a_cookie_we_did_not_make_is_refused(sign_in, cookie):
    with pytest.raises(NotAllowed, match="not begun here"):
        sign_in(cookie=cookie, state=cookie.partition(".")[0])


def test_a_cookie_is_good_for_ten_minutes_and_cannot_be_made_younger(sign_in, issuer, settings):
    issuer.claims["exp"] = NOON + 3_600
    assert sign_in(COOKIE_SECONDS - 1) == ANA
    with pytest.raises(NotAllowed, match="ten minutes"):
        sign_in(COOKIE_SECONDS)
    state, until, mark = begin(settings, ask, NOON).cookie.split(".")
    with pytest.raises(NotAllowed):
        sign_in(COOKIE_SECONDS, cookie=f"{state}.{int(until) + 60}.{mark}", state=state)


def test_a_cookie_of_another_portal_is_refused(sign_in, settings):
    cookie = begin(settings.model_copy(update={"secret_key": "another"}), ask, NOON).cookie
    with pytest.raises(NotAllowed):
        sign_in(cookie=cookie, state=cookie.partition(".")[0])


def test_a_code_that_belongs_to_another_sign_in_or_was_used_is_refused(issuer, sign_in, settings):
    victim = begin(settings, ask, NOON)
    stolen = issuer.let_in(victim.address)["code"]
    with pytest.raises(NotAllowed, match="did not let you in"):
        sign_in(code=stolen)
    begun = begin(settings, ask, NOON)
    query = issuer.let_in(begun.address)
    assert finish(settings, ask, begun.cookie, query, NOON) == ANA
    with pytest.raises(NotAllowed, match="did not let you in"):
        finish(settings, ask, begun.cookie, query, NOON)


@pytest.mark.parametrize(
    "query", [{"error": "access_denied"}, {"iss": "https://elsewhere.example"}]
)
def test_what_the_issuer_refuses_and_what_another_one_says_lets_nobody_in(issuer, sign_in, query):
    with pytest.raises(NotAllowed, match="did not let you in"):
        sign_in(**query)
    assert issuer.asked == [], "no secret goes out for it"


def test_a_token_that_is_not_believed_lets_nobody_in(issuer, sign_in, caplog):
    issuer.claims["nonce"] = "of another sign-in"
    with pytest.raises(NotAllowed, match="did not let you in"):
        sign_in()
    assert "it belongs to another sign-in" in caplog.text


HTML, TRUNCATED, ENDLESS = b"<html>down for maintenance</html>", b'{"keys": [' + CUT, b"[" * 300_000
PATHS = ("/.well-known/openid-configuration", "/token", "/keys")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "answer",
    [
        (200, HTML),
        (200, TRUNCATED),
        (200, ENDLESS),
        (200, b"[" * 200_000),
        (200, b"[]"),
        (200, b""),
        (500, b"{}"),
        (302, b"/keys"),
        (404, HTML),
    ],
    ids=["HTML", "truncated", "endless", "nested", "a list", "nothing", "500", "a redirect", "404"],
)
def test_an_answer_that_is_none_lets_nobody_in_and_says_to_come_back(
    issuer, sign_in, settings, path, answer
):
    begun = begin(settings, ask, NOON)
    query = issuer.let_in(begun.address)
    issuer.answers[path] = answer
    with pytest.raises(NotReady, match="try again in a minute"):
        finish(settings, ask, begun.cookie, query, NOON)


def test_an_answer_is_taken_up_to_its_longest_and_no_redirect_is_followed_even_to_a_good_one(
    issuer, settings
):
    path, room = PATHS[0], issuers.MAX_BODY_BYTES
    good = json.dumps(issuer.document).encode()
    issuer.answers[path] = 200, good.ljust(room)
    assert begin(settings, ask, NOON)
    issuer.answers[path] = 200, good.ljust(room + 1)
    with pytest.raises(NotReady):
        begin(settings, ask, NOON)
    issuer.answers |= {path: (302, b"/elsewhere"), "/elsewhere": (200, good)}
    with pytest.raises(NotReady):
        begin(settings, ask, NOON)


def test_an_issuer_that_is_not_there_is_said_to_be_so(settings):
    gone = settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})
    with pytest.raises(NotReady, match="does not answer"):
        begin(gone, ask, NOON)


def test_an_issuer_that_never_ends_is_left_after_ten_seconds(settings):
    seconds = itertools.count(step=issuers.ALL_SECONDS + 1)
    with pytest.raises(NotReady):
        begin(settings, partial(ask, clock=lambda: next(seconds)), NOON)


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "https://elsewhere.example"},
        {"issuer": None},
        {"token_endpoint": "http://login.city.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": 5},
    ],
)
def test_an_issuer_that_calls_itself_another_or_leads_elsewhere_is_not_asked(
    issuer, settings, told
):
    issuer.document |= told
    with pytest.raises(NotReady):
        begin(settings, ask, NOON)


@pytest.mark.parametrize(
    ("address", "is_safe"),
    [
        ("https://login.city.example/token", True),
        ("https://10.0.0.7:8443/realms/city", True),
        ("http://127.0.0.1:8080/", True),
        ("http://[::1]:8080/", True),
        ("http://login.city.example/", False),
        ("http://localhost.city.example/", False),
        ("http://10.0.0.7/", False),
        ("https://me:secret@login.city.example/", False),
        ("https://login.city.example/#x", False),
        ("https://", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_only_https_is_asked_but_on_this_machine(address, is_safe):
    assert is_safe_address(address) == is_safe
    if not is_safe:
        with pytest.raises(IssuerFault):
            ask(address, None, {})


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
        (lambda: token_of(CLAIMS, crit=["b64"]), "algorithm"),
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
        (lambda: token_of([CLAIMS]), "no JSON object"),
        (lambda: token_of(CLAIMS) + ".", "no signed token"),
        (lambda: token_of(CLAIMS | {"pad": "x" * 20_000}), "no signed token"),
        (lambda: token_of(CLAIMS).replace(".", "=.", 1), "base64url"),
        (lambda: "é.é.é", "base64url"),
        (lambda: "", "no signed token"),
    ],
)
def test_a_token_that_is_signed_otherwise_is_not_believed(token, reason):
    with pytest.raises(Untrue, match=reason):
        verified(token(), keys(), EXPECTED)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"iss": "https://elsewhere.example"}, "another issuer"),
        ({"iss": f"{ISSUER}/"}, "another issuer"),
        ({"aud": "another"}, "somebody else"),
        ({"aud": []}, "somebody else"),
        ({"aud": {"portal": 1}}, "somebody else"),
        ({"aud": [CLIENT_ID, "another"]}, "somebody else asked"),
        ({"azp": "another"}, "somebody else asked"),
        ({"nonce": "other"}, "another sign-in"),
        ({"nonce": None}, "another sign-in"),
        ({"sub": ""}, "nobody"),
        ({"sub": 7}, "nobody"),
        ({"sub": "x" * 256}, "nobody"),
        ({"exp": NOON - LEEWAY_SECONDS}, "over"),
        ({"exp": None}, "made or ends"),
        ({"iat": None}, "made or ends"),
        ({"exp": True}, "no time"),
        ({"exp": "soon"}, "no time"),
        ({"exp": float("inf")}, "no time"),
        ({"iat": NOON + LEEWAY_SECONDS + 1}, "future"),
        ({"nbf": NOON + LEEWAY_SECONDS + 1}, "future"),
    ],
)
def test_a_token_that_says_something_else_is_not_believed(told, reason):
    with pytest.raises(Untrue, match=reason):
        verified(token_of(CLAIMS | told), keys(), EXPECTED)


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
    assert verified(token_of(claims), keys(), EXPECTED) == claims
    assert (
        verified(token_of(claims, signed_es256, alg="ES256", kid="two"), keys(), EXPECTED) == claims
    )


def test_a_token_that_names_no_key_is_believed_only_where_there_is_but_one():
    token = token_of(CLAIMS, kid=None)
    assert verified(token, keys(), EXPECTED) == CLAIMS
    with pytest.raises(Untrue, match="several"):
        verified(token, [*keys(), rsa_jwk(rsa_key("another"), "three")], EXPECTED)


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
    with pytest.raises(Untrue):
        verified(token_of(CLAIMS), [rsa_jwk(rsa_key(), "one") | change], EXPECTED)


def test_a_short_key_is_not_used():
    short = rsa_key("short", 1_024)
    with pytest.raises(Untrue, match="too short"):
        verified(
            token_of(CLAIMS, lambda body: signed_rs256(body, short)),
            [rsa_jwk(short, "one")],
            EXPECTED,
        )


@pytest.mark.parametrize(
    ("algorithm", "kid", "sign"), [("RS256", "one", signed_rs256), ("ES256", "two", signed_es256)]
)
def test_a_token_with_any_one_letter_changed_is_not_believed(algorithm, kid, sign):
    token, known = token_of(CLAIMS, sign, alg=algorithm, kid=kid), keys()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    believed = []
    for place, letter in enumerate(token):
        # The neighbours in the alphabet differ in the last bits alone, which some readers of base64 do not look at.
        spot = letters.find(letter)
        for other in {letters[spot ^ 1], letters[(spot + 32) % 64], ".", "="} - {letter}:
            try:
                verified(token[:place] + other + token[place + 1 :], known, EXPECTED)
            except Untrue:
                continue
            believed.append((place, other))
    assert believed == []


def test_the_same_sign_in_works_without_a_network(issuer, settings):
    begun = begin(settings, issuer.network, NOON)
    assert finish(settings, issuer.network, begun.cookie, issuer.let_in(begun.address), NOON) == ANA
    assert json.loads(issuer.network(f"{issuer.address}/keys", None, {})[1])["keys"]
