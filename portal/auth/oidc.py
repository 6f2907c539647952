"""Signing in with the city's own accounts, by OpenID Connect: the browser goes to the issuer and comes back with a code for who it is.

Authorization code with PKCE (RFC 7636), state and nonce. What ties the coming back to the going is a signed cookie of ten minutes; nonce
and verifier are made from it with our key, so that neither is kept anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from portal.auth.id_token import Claims, Expected, Untrue, verified
from portal.auth.issuer import Issuer, IssuerFault, Network, issuer_of, keys_of, token_for
from portal.errors import NotAllowed, NotReady
from portal.secrets import derive_key
from portal.settings import Settings

log = logging.getLogger(__name__)

RETURN_PATH = "/staff/sign-in/return"
"""Where the issuer sends the browser back to; below the site's address it is what the issuer must have on its list."""
COOKIE_SECONDS = 600
SCOPE = "openid email profile"
LONGEST_CODE, LONGEST_NAME = 4_096, 200


class Begun(NamedTuple):
    """Where the browser is to go, and the cookie it takes along: HttpOnly, SameSite=Lax, for ten minutes, for RETURN_PATH alone."""

    address: str
    cookie: str


@dataclass(frozen=True)
class Identity:
    """Who somebody is to the issuer: `subject` never changes; `email` is empty unless the issuer has verified it; `name` may be."""

    subject: str
    email: str
    name: str


def begin(settings: Settings, network: Network, now: int) -> Begun:
    """Begin a sign-in at the issuer of the settings. Raises NotReady where it does not answer."""
    with _in_plain_words():
        issuer = issuer_of(settings, network)
    state = secrets.token_urlsafe(32)
    until = now + COOKIE_SECONDS
    challenge = hashlib.sha256(_made(settings, "verifier", state).encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": settings.oidc_client_id,
        "redirect_uri": settings.site_url + RETURN_PATH,
        "scope": SCOPE,
        "state": state,
        "nonce": _made(settings, "nonce", state),
        "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    joint = "&" if "?" in issuer.authorization_endpoint else "?"
    cookie = f"{state}.{until}.{_made(settings, 'cookie', f'{state}.{until}')}"
    return Begun(issuer.authorization_endpoint + joint + urlencode(asked), cookie)


def finish(
    settings: Settings, network: Network, cookie: str, query: Mapping[str, str], now: int
) -> Identity:
    """Who has come back from the issuer, by the query of the address they came to.

    Raises NotAllowed for whoever did not begin here, in this browser, in the last ten minutes, or for whom the issuer does not vouch;
    NotReady where it does not answer as it should. The reason is in the log.
    """
    state = _state_of(settings, cookie, now)
    if not state or not hmac.compare_digest(
        state.encode(), query.get("state", "").encode("utf-8", "replace")
    ):
        raise NotAllowed(
            "This sign-in was not begun here, or took longer than ten minutes. Please begin again."
        )
    if "error" in query or query.get("iss", settings.oidc_issuer) != settings.oidc_issuer:
        raise NotAllowed(
            "The city’s own sign-in did not let you in. Please begin again, or ask whoever runs it."
        )
    with _in_plain_words():
        issuer = issuer_of(settings, network)
        return _identity(
            _claims(settings, issuer, network, query.get("code", "")[:LONGEST_CODE], state, now)
        )


def _claims(
    settings: Settings, issuer: Issuer, network: Network, code: str, state: str, now: int
) -> Claims:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": settings.site_url + RETURN_PATH,
        "code_verifier": _made(settings, "verifier", state),
    }
    token = token_for(settings, issuer, network, form)
    expected = Expected(
        settings.oidc_issuer, settings.oidc_client_id, _made(settings, "nonce", state), now
    )
    return verified(token, keys_of(issuer, network), expected)


def _identity(claims: Claims) -> Identity:
    # Anybody can type anybody's address into a profile; only a verified one says who somebody is.
    email = claims.get("email") if claims.get("email_verified") is True else ""
    name = claims.get("name")
    return Identity(
        claims["sub"],
        email if isinstance(email, str) else "",
        name[:LONGEST_NAME] if isinstance(name, str) else "",
    )


def _state_of(settings: Settings, cookie: str, now: int) -> str:
    """The state in a cookie of ours that is still good; empty for any other text."""
    state, _, rest = cookie.partition(".")
    until, _, mark = rest.partition(".")
    is_ours = hmac.compare_digest(
        _made(settings, "cookie", f"{state}.{until}").encode(), mark.encode("utf-8", "replace")
    )
    return state if is_ours and now < int(until) else ""


def _made(settings: Settings, what: str, of: str) -> str:
    """64 letters that only we can make, another for each purpose."""
    return hmac.new(
        derive_key(settings, "sign-in elsewhere").encode(),
        f"{what}\n{of}".encode("utf-8", "replace"),
        hashlib.sha256,
    ).hexdigest()


@contextmanager
def _in_plain_words() -> Iterator[None]:
    """What is wrong goes into the log; the visitor is told what to do."""
    try:
        yield
    except Untrue as problem:
        log.warning("a sign-in by the city's own accounts is not believed: %s", problem)
        raise NotAllowed(
            "The city’s own sign-in did not let you in. Please begin again, or ask whoever runs it."
        ) from problem
    except IssuerFault as problem:
        log.warning("the city's own sign-in: %s", problem)
        raise NotReady(
            "The city’s own sign-in does not answer as it should. Please try again in a minute."
        ) from problem
