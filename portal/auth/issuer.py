"""The city's own sign-in service (an OpenID Connect issuer) as we ask it: where things are, its keys, and a code for a token.

The issuer's address is the operator's word, so it may stand inside the city's network. Whatever it answers is bounded, is believed where
it fits, and leads nowhere: only https is asked, no redirect is followed. On this machine alone (127.0.0.1) http will do.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote_plus, urlsplit

import httpx2

from portal import __version__
from portal.auth.id_token import Key, Untrue
from portal.settings import Settings

MAX_BODY_BYTES = 256 * 1024
READ_SECONDS, ALL_SECONDS = 5.0, 10.0
JSON_HEADERS = {
    "Accept": "application/json",
    "User-Agent": f"CitizensConnect/{__version__} (public 311 case portal)",
}
WELL_KNOWN = "/.well-known/openid-configuration"
Form = Mapping[str, str]
Network = Callable[[str, Form | None, Mapping[str, str]], tuple[int, bytes]]
"""ask(address, form or None, headers) → status and body: a POST where there is a form, else a GET. Raises IssuerFault without an answer."""


class IssuerFault(Exception):  # noqa: N818 - told to nobody but the log
    """What is wrong with the issuer's answer, or that there is none."""


@dataclass(frozen=True)
class Issuer:
    """What an issuer says of itself (OpenID Connect Discovery 1.0, 3). `takes_basic`: the client's secret goes into a header."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    takes_basic: bool


def ask(
    address: str,
    form: Form | None,
    headers: Mapping[str, str],
    clock: Callable[[], float] = time.monotonic,
) -> tuple[int, bytes]:
    """The real network: one question, ten seconds, 256 KB. Raises IssuerFault."""
    require_safe_address(address)
    body, ends = bytearray(), clock() + ALL_SECONDS
    try:
        with (
            httpx2.Client(timeout=READ_SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "GET" if form is None else "POST",
                address,
                data=form,
                headers={**JSON_HEADERS, **headers},
            ) as answer,
        ):
            for piece in answer.iter_bytes(1 << 14):
                body += piece
                if len(body) > MAX_BODY_BYTES or clock() > ends:
                    raise IssuerFault(
                        f"{_without_query(address)}: the answer is too long or too slow"
                    )
            return answer.status_code, bytes(body)
    except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
        raise IssuerFault(f"{_without_query(address)}: {problem.__class__.__name__}") from problem


def issuer_of(settings: Settings, network: Network) -> Issuer:
    """Asks the issuer where things are. Raises IssuerFault."""
    address = settings.oidc_issuer.rstrip("/") + WELL_KNOWN
    said = _object(address, *network(address, None, {}))
    if said.get("issuer") != settings.oidc_issuer:
        raise IssuerFault(
            f"{address}: calls itself {str(said.get('issuer'))[:200]!r} and not {settings.oidc_issuer!r}"
        )
    methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Issuer(
        authorization_endpoint=_endpoint(said, "authorization_endpoint"),
        token_endpoint=_endpoint(said, "token_endpoint"),
        jwks_uri=_endpoint(said, "jwks_uri"),
        takes_basic=isinstance(methods, list) and "client_secret_basic" in methods,
    )


def keys_of(issuer: Issuer, network: Network) -> tuple[Key, ...]:
    """The issuer's public keys as they are now; asked at each sign-in, so that a key taken back is not believed. Raises IssuerFault."""
    keys = _object(issuer.jwks_uri, *network(issuer.jwks_uri, None, {})).get("keys")
    if not isinstance(keys, list):
        raise IssuerFault(f"{issuer.jwks_uri}: names no keys")
    return tuple(key for key in keys if isinstance(key, dict))


def token_for(settings: Settings, issuer: Issuer, network: Network, form: Form) -> str:
    """The ID token for a code. Raises Untrue where the issuer does not take the code, IssuerFault where it does not answer as it should."""
    headers: dict[str, str] = {}
    if issuer.takes_basic:
        pair = f"{quote_plus(settings.oidc_client_id)}:{quote_plus(settings.oidc_client_secret)}"
        headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
    else:
        form = {
            **form,
            "client_id": settings.oidc_client_id,
            "client_secret": settings.oidc_client_secret,
        }
    status, body = network(issuer.token_endpoint, form, headers)
    if status == 400:
        raise Untrue("the issuer does not take the code")
    token = _object(issuer.token_endpoint, status, body).get("id_token")
    if not isinstance(token, str):
        raise IssuerFault(f"{issuer.token_endpoint}: gives no ID token")
    return token


def require_safe_address(address: str) -> None:
    """Raises IssuerFault for what is neither https nor on this machine."""
    if not is_safe_address(address):
        raise IssuerFault(f"{_without_query(address)}: only https is asked")


def is_safe_address(address: str) -> bool:
    """Whether an address is https, or http on this machine; without a name, a password or a fragment in it."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _endpoint(said: Mapping[str, Any], name: str) -> str:
    address = said.get(name)
    if not isinstance(address, str):
        raise IssuerFault(f"the issuer names no {name}")
    require_safe_address(address)
    return address


def _object(address: str, status: int, body: bytes) -> Mapping[str, Any]:
    if status != 200:
        raise IssuerFault(f"{_without_query(address)}: answers {status}")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise IssuerFault(f"{_without_query(address)}: the answer is not JSON") from None
    if not isinstance(found, dict):
        raise IssuerFault(f"{_without_query(address)}: the answer is no JSON object")
    return found


def _without_query(address: str) -> str:
    return address.partition("?")[0][:200]
