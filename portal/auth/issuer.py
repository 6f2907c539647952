"""The city's own sign-in service, an OpenID Connect issuer: its addresses, its keys, its tokens.

    issuer = discover_issuer(settings, ask_issuer)
    token = fetch_id_token(settings, issuer, ask_issuer, form)
    keys = fetch_keys(issuer, ask_issuer)

The operator names the issuer's address, so it may be inside the city's network. Its answers are
limited in size and time, checked, and followed nowhere: we ask over https only and follow no
redirect. Only on this machine (127.0.0.1) is http allowed.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote_plus, urlsplit

import httpx2

from portal import __version__
from portal.auth.id_token import Key, TokenRejected
from portal.network.deadline import deadline
from portal.network.http import TimedTransport
from portal.settings import Settings

MAX_BODY_BYTES = 256 * 1024
READ_SECONDS = 5.0
ALL_SECONDS = 10.0
JSON_HEADERS = {
    "Accept": "application/json",
    "User-Agent": f"CitizensConnect/{__version__} (public 311 case portal)",
}
WELL_KNOWN = "/.well-known/openid-configuration"
Form = Mapping[str, str]
Network = Callable[[str, Form | None, Mapping[str, str]], tuple[int, bytes]]
"""network(address, form or None, headers) → status and body: a POST if there is a form, else a GET.
Raises IssuerFault if no answer comes."""


class IssuerFault(Exception):
    """What is wrong with the issuer's answer. Written to the log; visitors never see it."""


@dataclass(frozen=True)
class Issuer:
    """What an issuer says about itself (OpenID Connect Discovery 1.0, 3).

    `takes_basic`: it takes the client's secret in a header, not in the form.
    """

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    takes_basic: bool


def ask_issuer(
    address: str, form: Form | None, headers: Mapping[str, str], seconds: float = ALL_SECONDS
) -> tuple[int, bytes]:
    """Ask over the real network: one request, at most 10 seconds with all its bytes, and 256 KB.

    Returns status and body. Raises IssuerFault if the address isn't safe or no such answer comes.
    """
    require_safe_address(address)
    body = bytearray()
    method = "GET" if form is None else "POST"
    sent = {**JSON_HEADERS, **headers}
    try:
        with (
            deadline(seconds),
            _make_client() as client,
            client.stream(method, address, data=form, headers=sent) as answer,
        ):
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > MAX_BODY_BYTES:
                    raise IssuerFault(f"{_without_query(address)}: the answer is too long")
            return answer.status_code, bytes(body)
    except (httpx2.HTTPError, httpx2.InvalidURL) as problem:
        raise IssuerFault(f"{_without_query(address)}: {problem.__class__.__name__}") from problem


def discover_issuer(settings: Settings, network: Network) -> Issuer:
    """Ask the issuer for its addresses. Raises IssuerFault."""
    address = settings.oidc_issuer.rstrip("/") + WELL_KNOWN
    said = _parse_object(address, *network(address, None, {}))
    name = said.get("issuer")
    if name != settings.oidc_issuer:
        raise IssuerFault(
            f"{address}: calls itself {str(name)[:200]!r}, not {settings.oidc_issuer!r}"
        )
    methods = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Issuer(
        authorization_endpoint=_read_endpoint(said, "authorization_endpoint"),
        token_endpoint=_read_endpoint(said, "token_endpoint"),
        jwks_uri=_read_endpoint(said, "jwks_uri"),
        takes_basic=isinstance(methods, list) and "client_secret_basic" in methods,
    )


def fetch_keys(issuer: Issuer, network: Network) -> tuple[Key, ...]:
    """The issuer's public keys as they are now. Raises IssuerFault.

    Fetched at each sign-in: a new key is known at once, and one that was withdrawn isn't trusted.
    """
    keys = _parse_object(issuer.jwks_uri, *network(issuer.jwks_uri, None, {})).get("keys")
    if not isinstance(keys, list):
        raise IssuerFault(f"{issuer.jwks_uri}: names no keys")
    return tuple(key for key in keys if isinstance(key, dict))


def fetch_id_token(settings: Settings, issuer: Issuer, network: Network, form: Form) -> str:
    """Exchange a code for the ID token.

    Raises TokenRejected if the issuer refuses the code, IssuerFault if its answer is unusable.
    """
    client_id, secret = settings.oidc_client_id, settings.oidc_client_secret
    headers = _build_basic(client_id, secret) if issuer.takes_basic else {}
    in_form = {} if issuer.takes_basic else {"client_id": client_id, "client_secret": secret}
    status, body = network(issuer.token_endpoint, {**form, **in_form}, headers)
    if status == 400:
        raise TokenRejected("the issuer refused the code")
    token = _parse_object(issuer.token_endpoint, status, body).get("id_token")
    if not isinstance(token, str):
        raise IssuerFault(f"{issuer.token_endpoint}: sent no ID token")
    return token


def _build_basic(client_id: str, secret: str) -> dict[str, str]:
    pair = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}


def require_safe_address(address: str) -> None:
    """Raise IssuerFault unless the address is https, or http on this machine."""
    if not is_safe_address(address):
        raise IssuerFault(f"{_without_query(address)}: we ask over https only")


def is_safe_address(address: str) -> bool:
    """Whether an address is https, or http on this machine.

    It may hold no user name, password or fragment.
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    if not host or parts.username is not None or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(host))


def _make_client() -> httpx2.Client:
    return httpx2.Client(
        transport=TimedTransport(), timeout=READ_SECONDS, follow_redirects=False, trust_env=False
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _read_endpoint(said: Mapping[str, Any], name: str) -> str:
    address = said.get(name)
    if not isinstance(address, str):
        raise IssuerFault(f"the issuer names no {name}")
    require_safe_address(address)
    return address


def _parse_object(address: str, status: int, body: bytes) -> Mapping[str, Any]:
    where = _without_query(address)
    if status != 200:
        raise IssuerFault(f"{where}: answers {status}")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise IssuerFault(f"{where}: the answer is not JSON") from None
    if not isinstance(found, dict):
        raise IssuerFault(f"{where}: the answer is not a JSON object")
    return found


def _without_query(address: str) -> str:
    return address.partition("?")[0][:200]
