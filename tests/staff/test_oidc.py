"""Signing in with the city's own accounts: the good way, and every way that must not let in."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.auth import issuer as issuers
from portal.auth.issuer import IssuerFault, ask_issuer, is_safe_address
from portal.auth.oidc import COOKIE_SECONDS, RETURN_PATH, Identity, begin_sign_in, finish_sign_in
from portal.errors import NotAllowed, NotReady
from portal.settings import Settings
from tests.staff.conftest import NOON
from tests.staff.stand_in_issuer import (
    CLIENT_ID,
    CLIENT_SECRET,
    CUT,
    StandInIssuer,
    rsa_jwk,
    rsa_key,
    signed_rs256,
    standing,
    token_of,
)
from tests.support.dripping import dripping

SITE = "https://311.city.example"
ANA = Identity("7", "ana@city.example", "Ana Ortiz")


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
        begun = begin_sign_in(settings, ask_issuer, NOON)
        came_with = issuer.let_in(begun.address) | query
        return finish_sign_in(
            settings,
            ask_issuer,
            begun.cookie if cookie is None else cookie,
            came_with,
            NOON + seconds,
        )

    return go


def test_who_signs_in_there_is_known_here(sign_in):
    assert sign_in() == ANA


def test_the_browser_is_sent_with_all_that_ties_its_return_to_this_sign_in(issuer, settings):
    begun, other = (
        begin_sign_in(settings, ask_issuer, NOON),
        begin_sign_in(settings, ask_issuer, NOON),
    )
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
    begun = begin_sign_in(settings, ask_issuer, NOON)
    finish_sign_in(settings, ask_issuer, begun.cookie, issuer.let_in(begun.address), NOON)
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
    state, until, mark = begin_sign_in(settings, ask_issuer, NOON).cookie.split(".")
    with pytest.raises(NotAllowed):
        sign_in(COOKIE_SECONDS, cookie=f"{state}.{int(until) + 60}.{mark}", state=state)


def test_a_cookie_of_another_portal_is_refused(sign_in, settings):
    cookie = begin_sign_in(
        settings.model_copy(update={"secret_key": "another"}), ask_issuer, NOON
    ).cookie
    with pytest.raises(NotAllowed):
        sign_in(cookie=cookie, state=cookie.partition(".")[0])


def test_a_code_that_belongs_to_another_sign_in_or_was_used_is_refused(issuer, sign_in, settings):
    victim = begin_sign_in(settings, ask_issuer, NOON)
    stolen = issuer.let_in(victim.address)["code"]
    with pytest.raises(NotAllowed, match="did not let you in"):
        sign_in(code=stolen)
    begun = begin_sign_in(settings, ask_issuer, NOON)
    query = issuer.let_in(begun.address)
    assert finish_sign_in(settings, ask_issuer, begun.cookie, query, NOON) == ANA
    with pytest.raises(NotAllowed, match="did not let you in"):
        finish_sign_in(settings, ask_issuer, begun.cookie, query, NOON)


@pytest.mark.parametrize(
    "query", [{"error": "access_denied"}, {"iss": "https://elsewhere.example"}]
)
def test_what_the_issuer_refuses_and_what_another_one_says_lets_no_one_in(issuer, sign_in, query):
    with pytest.raises(NotAllowed, match="did not let you in"):
        sign_in(**query)
    assert issuer.asked == [], "no secret goes out for it"


def test_a_token_that_is_not_believed_lets_no_one_in(issuer, sign_in, caplog):
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
def test_an_answer_that_is_none_lets_no_one_in_and_says_to_come_back(
    issuer, sign_in, settings, path, answer
):
    begun = begin_sign_in(settings, ask_issuer, NOON)
    query = issuer.let_in(begun.address)
    issuer.answers[path] = answer
    with pytest.raises(NotReady, match="try again in a minute"):
        finish_sign_in(settings, ask_issuer, begun.cookie, query, NOON)


def test_an_answer_is_taken_up_to_its_longest_and_no_redirect_is_followed_even_to_a_good_one(
    issuer, settings
):
    path, room = PATHS[0], issuers.MAX_BODY_BYTES
    good = json.dumps(issuer.document).encode()
    issuer.answers[path] = 200, good.ljust(room)
    assert begin_sign_in(settings, ask_issuer, NOON)
    issuer.answers[path] = 200, good.ljust(room + 1)
    with pytest.raises(NotReady):
        begin_sign_in(settings, ask_issuer, NOON)
    issuer.answers |= {path: (302, b"/elsewhere"), "/elsewhere": (200, good)}
    with pytest.raises(NotReady):
        begin_sign_in(settings, ask_issuer, NOON)


def test_an_issuer_that_is_not_there_is_said_to_be_so(settings):
    gone = settings.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})
    with pytest.raises(NotReady, match="does not answer"):
        begin_sign_in(gone, ask_issuer, NOON)


def test_an_issuer_that_never_ends_is_left_after_ten_seconds(settings):
    """Each way of never ending is in tests/network/test_deadlines.py."""
    assert inspect.signature(ask_issuer).parameters["seconds"].default == issuers.ALL_SECONDS == 10
    beginning = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"
    with dripping(beginning, b" ") as port, pytest.raises(NotReady):
        slow = settings.model_copy(update={"oidc_issuer": f"http://127.0.0.1:{port}"})
        begin_sign_in(slow, partial(ask_issuer, seconds=0.5), NOON)


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
        begin_sign_in(settings, ask_issuer, NOON)


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
            ask_issuer(address, None, {})


def test_the_same_sign_in_works_without_a_network(issuer, settings):
    begun = begin_sign_in(settings, issuer.network, NOON)
    assert (
        finish_sign_in(settings, issuer.network, begun.cookie, issuer.let_in(begun.address), NOON)
        == ANA
    )
    assert json.loads(issuer.network(f"{issuer.address}/keys", None, {})[1])["keys"]


def test_a_key_the_issuer_changed_during_the_sign_in_is_known_and_its_old_one_is_not_trusted(
    issuer, settings
):
    started = begin_sign_in(settings, ask_issuer, NOON)
    query = issuer.let_in(started.address)
    issuer.keys = [rsa_jwk(rsa_key("another"), "new")]
    sign_new = partial(signed_rs256, key=rsa_key("another"))
    issuer.token = partial(token_of, sign=sign_new, kid="new")
    assert finish_sign_in(settings, ask_issuer, started.cookie, query, NOON) == ANA
    issuer.token = token_of
    again = issuer.let_in(started.address)
    with pytest.raises(NotAllowed, match="did not let you in"):
        finish_sign_in(settings, ask_issuer, started.cookie, again, NOON)


def test_a_refused_token_says_in_the_log_what_it_said_and_what_was_expected(
    issuer, sign_in, caplog
):
    issuer.claims["aud"] = "another"
    with pytest.raises(NotAllowed, match="did not let you in"):
        sign_in()
    assert "its aud is 'another', not 'portal'" in caplog.text
