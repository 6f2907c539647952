"""Signing in with the city's own accounts, by OpenID Connect.

The browser goes to the issuer and comes back with a code; the issuer tells us for that code who
it is:

    started = begin_sign_in(settings, ask_issuer, now)  # send the browser to started.address
    identity = finish_sign_in(settings, ask_issuer, cookie, query, now)

Authorization code with PKCE (RFC 7636), state and nonce. A signed cookie, good for ten minutes,
ties the return to the start; nonce and verifier are derived from it with our key, so neither is
stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from portal import logs
from portal.auth.id_token import Claims, Expected, TokenRejected, verify_id_token
from portal.auth.issuer import (
    Issuer,
    IssuerFault,
    Network,
    discover_issuer,
    fetch_id_token,
    fetch_keys,
)
from portal.errors import NotAllowed, NotReady
from portal.secrets import derive_key
from portal.settings import Settings

log = logs.get_logger(__name__)

RETURN_PATH = "/staff/sign-in/return"
"""Where the issuer sends the browser back to. The issuer must have the site's address plus this
path on its list."""
COOKIE_SECONDS = 600
SCOPE = "openid email profile"
LONGEST_CODE = 4_096
LONGEST_NAME = 200


class StartedSignIn(NamedTuple):
    """Where to send the browser, and the cookie to set.

    The cookie is HttpOnly, SameSite=Lax, for ten minutes, and for RETURN_PATH only.
    """

    address: str
    cookie: str


@dataclass(frozen=True)
class Identity:
    """Who a person is to the issuer.

    `subject` never changes and `name` may. `email` is empty unless the issuer has verified it.
    """

    subject: str
    email: str
    name: str


def begin_sign_in(settings: Settings, network: Network, now: int) -> StartedSignIn:
    """Begin a sign-in at the issuer in the settings. `now` is in epoch seconds.

    Raises NotReady if the issuer doesn't answer as it should.
    """
    with _refusing_in_plain_words():
        issuer = discover_issuer(settings, network)
    state = secrets.token_urlsafe(32)
    joint = "&" if "?" in issuer.authorization_endpoint else "?"
    address = issuer.authorization_endpoint + joint + urlencode(_build_query(settings, state))
    return StartedSignIn(address, _make_cookie(settings, state, now + COOKIE_SECONDS))


def _build_query(settings: Settings, state: str) -> dict[str, str]:
    challenge = hashlib.sha256(_derive(settings, "verifier", state).encode()).digest()
    return {
        "response_type": "code",
        "client_id": settings.oidc_client_id,
        "redirect_uri": settings.site_url + RETURN_PATH,
        "scope": SCOPE,
        "state": state,
        "nonce": _derive(settings, "nonce", state),
        "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
        "code_challenge_method": "S256",
    }


def finish_sign_in(
    settings: Settings, network: Network, cookie: str, query: Mapping[str, str], now: int
) -> Identity:
    """Return who has come back from the issuer, with this cookie and query of the address.

    Raises NotAllowed if the sign-in didn't begin here, in this browser, in the last ten minutes,
    or if the issuer doesn't vouch for the person; NotReady if it doesn't answer as it should.
    The log says why.
    """
    state = _require_state(settings, cookie, query.get("state", ""), now)
    if "error" in query or query.get("iss", settings.oidc_issuer) != settings.oidc_issuer:
        raise _refuse()
    with _refusing_in_plain_words():
        issuer = discover_issuer(settings, network)
        code = query.get("code", "")[:LONGEST_CODE]
        return _read_identity(_fetch_claims(settings, issuer, network, code, state, now))


def _fetch_claims(
    settings: Settings, issuer: Issuer, network: Network, code: str, state: str, now: int
) -> Claims:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": settings.site_url + RETURN_PATH,
        "code_verifier": _derive(settings, "verifier", state),
    }
    token = fetch_id_token(settings, issuer, network, form)
    nonce = _derive(settings, "nonce", state)
    expected = Expected(settings.oidc_issuer, settings.oidc_client_id, nonce, now)
    return verify_id_token(token, fetch_keys(issuer, network), expected)


def _read_identity(claims: Claims) -> Identity:
    # Anyone can type any address into a profile; only a verified one says who a person is.
    email = claims.get("email") if claims.get("email_verified") is True else ""
    name = claims.get("name")
    return Identity(
        subject=claims["sub"],
        email=email if isinstance(email, str) else "",
        name=name[:LONGEST_NAME] if isinstance(name, str) else "",
    )


def _make_cookie(settings: Settings, state: str, expires: int) -> str:
    signature = _derive(settings, "cookie", f"{state}.{expires}")
    return f"{state}.{expires}.{signature}"


def _require_state(settings: Settings, cookie: str, returned: str, now: int) -> str:
    """The state in the cookie. Raises NotAllowed if it isn't the one that has come back."""
    state = _read_state(settings, cookie, now)
    if not state or not hmac.compare_digest(state.encode(), returned.encode("utf-8", "replace")):
        raise NotAllowed(
            "This sign-in was not begun here, or took longer than ten minutes. Please begin again."
        )
    return state


def _read_state(settings: Settings, cookie: str, now: int) -> str:
    """The state in a cookie we made, if it is still good; empty for any other text."""
    state, _, rest = cookie.partition(".")
    expires, _, signature = rest.partition(".")
    ours = _derive(settings, "cookie", f"{state}.{expires}")
    is_ours = hmac.compare_digest(ours.encode(), signature.encode("utf-8", "replace"))
    return state if is_ours and now < int(expires) else ""


def _derive(settings: Settings, purpose: str, state: str) -> str:
    """64 hex digits that only we can make, different for each purpose."""
    key = derive_key(settings, "sign-in elsewhere").encode()
    text = f"{purpose}\n{state}".encode("utf-8", "replace")
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def _refuse() -> NotAllowed:
    return NotAllowed(
        "The city’s own sign-in did not let you in. Please try again, or ask the people who run it."
    )


@contextmanager
def _refusing_in_plain_words() -> Iterator[None]:
    """Log what is wrong, and tell the visitor what to do."""
    try:
        yield
    except TokenRejected as problem:
        log.warning("sign-in refused", reason=str(problem))
        raise _refuse() from problem
    except IssuerFault as problem:
        log.warning("sign-in failed", reason=str(problem))
        raise NotReady(
            "The city’s own sign-in does not answer as it should. Please try again in a minute."
        ) from problem
