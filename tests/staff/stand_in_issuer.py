"""A stand-in for a city's own sign-in: an OpenID Connect issuer on this machine.

Its keys are made for the test.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

CLIENT_ID, CLIENT_SECRET = "portal", "only: we & they know it"


def base64url(body: bytes) -> str:
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def number(value: int, length: int) -> str:
    return base64url(value.to_bytes(length))


@cache
def rsa_key(name: str = "ours", bits: int = 2_048) -> rsa.RSAPrivateKey:
    """A key of its own for each name; made once, because it takes a while."""
    return rsa.generate_private_key(65_537, bits)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def rsa_jwk(key: rsa.RSAPrivateKey, kid: str) -> dict[str, Any]:
    public = key.public_key().public_numbers()
    return {
        "kty": "RSA",
        "use": "sig",
        "alg": "RS256",
        "kid": kid,
        "n": number(public.n, key.key_size // 8),
        "e": number(public.e, 3),
    }


def ec_jwk(key: ec.EllipticCurvePrivateKey, kid: str) -> dict[str, Any]:
    public = key.public_key().public_numbers()
    return {
        "kty": "EC",
        "crv": "P-256",
        "kid": kid,
        "x": number(public.x, 32),
        "y": number(public.y, 32),
    }


def signed_rs256(body: bytes, key: rsa.RSAPrivateKey | None = None) -> bytes:
    return (key or rsa_key()).sign(body, padding.PKCS1v15(), SHA256())


def signed_es256(body: bytes) -> bytes:
    r, s = decode_dss_signature(ec_key().sign(body, ec.ECDSA(SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def token_of(claims: Any, sign: Callable[[bytes], bytes] = signed_rs256, **header: Any) -> str:
    """A token in its compact writing."""
    parts = [
        base64url(json.dumps(part).encode())
        for part in ({"alg": "RS256", "kid": "one", **header}, claims)
    ]
    signed = ".".join(parts)
    return f"{signed}.{base64url(sign(signed.encode()))}"


class StandInIssuer:
    """A test can change what it says at each address.

    `asked` holds the forms that came for a token, with their headers.
    """

    def __init__(self, address: str, now: int) -> None:
        self.address, self.now = address, now
        self.document: dict[str, Any] = {
            "issuer": address,
            "authorization_endpoint": f"{address}/authorize?tenant=city",
            "token_endpoint": f"{address}/token",
            "jwks_uri": f"{address}/keys",
        }
        self.keys: list[Any] = [rsa_jwk(rsa_key(), "one"), ec_jwk(ec_key(), "two")]
        self.token: Callable[[Mapping[str, Any]], str] = token_of
        self.claims: dict[str, Any] = {
            "email": "ana@city.example",
            "email_verified": True,
            "name": "Ana Ortiz",
        }
        self.answers: dict[str, tuple[int, bytes]] = {}
        """Path → what is answered there instead."""
        self.challenges: dict[str, tuple[str, str]] = {}
        """Code → the challenge and the nonce of the sign-in it was given for."""
        self.asked: list[tuple[dict[str, str], Mapping[str, str]]] = []

    def let_in(self, address: str) -> dict[str, str]:
        """What a person does there: the query with which their browser comes back."""
        said = {name: values[0] for name, values in parse_qs(address.partition("?")[2]).items()}
        code = f"code-{len(self.challenges)}"
        self.challenges[code] = said["code_challenge"], said["nonce"]
        return {"code": code, "state": said["state"], "iss": self.address}

    def network(
        self, address: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        """The same without a network."""
        return self.answer(address.removeprefix(self.address), dict(form or {}), headers)

    def answer(
        self, path: str, form: dict[str, str], headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        if path in self.answers:
            return self.answers[path]
        if path == "/token":
            self.asked.append((form, headers))
            return self._token(form)
        said = {"/.well-known/openid-configuration": self.document, "/keys": {"keys": self.keys}}[
            path
        ]
        return 200, json.dumps(said).encode()

    def _token(self, form: dict[str, str]) -> tuple[int, bytes]:
        challenge, nonce = self.challenges.pop(form["code"], ("", ""))
        if base64url(hashlib.sha256(form["code_verifier"].encode()).digest()) != challenge:
            return 400, b'{"error": "invalid_grant"}'
        claims = {
            "iss": self.address,
            "aud": CLIENT_ID,
            "sub": "7",
            "exp": self.now + 300,
            "iat": self.now,
            "nonce": nonce,
        } | self.claims
        kept = {name: value for name, value in claims.items() if value is not None}
        return 200, json.dumps(
            {"token_type": "Bearer", "access_token": "x", "id_token": self.token(kept)}
        ).encode()


@contextmanager
def standing(now: int) -> Iterator[StandInIssuer]:
    """The issuer on a free local port, for a while."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._say(*issuer.answer(self.path, {}, self.headers))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._say(
                *issuer.answer(
                    self.path,
                    {name: values[0] for name, values in parse_qs(body).items()},
                    self.headers,
                )
            )

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            if status == 302:
                self.send_header("Location", issuer.address + body.decode())
            self.send_header("Content-Length", str(len(body) + (100 if body.endswith(CUT) else 0)))
            self.end_headers()
            with suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = StandInIssuer(f"http://127.0.0.1:{server.server_port}", now)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield issuer
    server.shutdown()
    server.server_close()


CUT = b"...cut"
"""Ends an answer whose last hundred bytes never come."""
