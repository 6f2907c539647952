"""Who calls from a program: their key, how many calls they have left, and the headers that say so.

    caller = callers.admit(city, now)         # raises TooManyCalls; counts the call
    caller.require("report")                  # raises CallNotAllowed
    caller.add_headers(response)              # RateLimit and RateLimit-Policy

A key comes as `Authorization: Bearer`, or as `api_key` in the form or the address. Without one,
calls are counted by network in this process's memory, as portal.abuse.flood counts; with one in
the store, for all processes. Headers: IETF draft-ietf-httpapi-ratelimit-headers-10.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Response, request

from portal.abuse.flood import Flood
from portal.abuse.rate_limits import find_network
from portal.auth.api_keys import find_key, take_call
from portal.context import Portal
from portal.domain.api_key import ApiKey, Scope
from portal.domain.jurisdiction import Jurisdiction
from portal.errors import CallNotAllowed, CannotStore, TooManyCalls
from portal.store.buckets import SECONDS_PER_HOUR
from portal.store.unwritable import explain_unwritable

WITHOUT_KEY = 1_000
"""Calls an hour of a network without a key, in each of our processes."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Caller:
    """Who calls. `left` is the number of calls left in this hour; None if they are not counted."""

    key: ApiKey | None = None
    left: float | None = None

    @property
    def per_hour(self) -> int:
        """The calls an hour that this caller has."""
        return self.key.per_hour if self.key else WITHOUT_KEY

    def require(self, scope: Scope) -> ApiKey:
        """The key, if it is for this. Raises CallNotAllowed."""
        if self.key is None:
            raise CallNotAllowed(
                "The api_key is missing or wrong. A key is free: /developers/keys says how."
            )
        if not self.key.may(scope):
            raise CallNotAllowed(
                "This api_key may not do that; it needs the scope “{scope}”, which staff grant.",
                scope=scope,
            )
        return self.key

    def add_headers(self, response: Response) -> None:
        """Tell the caller how many calls are left, and when there are more."""
        if self.left is None:
            return
        name = "key" if self.key else "network"
        per_hour, left = self.per_hour, max(0, math.floor(self.left))
        full_in = math.ceil((per_hour - left) * SECONDS_PER_HOUR / per_hour)
        response.headers["RateLimit-Policy"] = f'"{name}";q={per_hour};w={SECONDS_PER_HOUR}'
        response.headers["RateLimit"] = f'"{name}";r={left};t={full_in}'
        if response.status_code == TooManyCalls.status:
            response.headers["Retry-After"] = str(math.ceil(SECONDS_PER_HOUR / per_hour))


@dataclass
class Callers:
    """Knows callers by their keys and counts their calls."""

    portal: Portal
    clock: Callable[[], float] = time.monotonic
    _flood: Flood = field(init=False)

    def __post_init__(self) -> None:
        self._flood = Flood(self.clock, WITHOUT_KEY, WITHOUT_KEY / SECONDS_PER_HOUR)

    def find(self, city: Jurisdiction, now: int) -> Caller:
        """Who calls, and count the call; `left` is below 0 if it is one too many."""
        if typed := read_key():
            with self.portal.core.connect() as connection:
                key = find_key(connection, city.id, typed)
            if key is not None:
                return Caller(key, self._count(city, key, now))
        network = find_network(request.remote_addr)
        return Caller(None, None if network is None else self._flood.count(network))

    def _count(self, city: Jurisdiction, key: ApiKey, now: int) -> float | None:
        try:
            with explain_unwritable(), self.portal.transaction() as connection:
                return take_call(connection, city.id, key, now)
        except CannotStore:
            # Who only reads is answered while nothing can be stored.
            if request.method in SAFE:
                return None
            raise


def require_left(caller: Caller) -> None:
    """Raise TooManyCalls if the caller has no call left."""
    if caller.left is not None and caller.left < 0:
        more = "" if caller.key else " With a key there are more: /developers/keys."
        raise TooManyCalls(
            "You have no calls left; {most:,} an hour are allowed." + more, most=caller.per_hour
        )


def read_key() -> str:
    """The key that came with the request; empty for none."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer" and token.strip():
        return token.strip()
    return (request.form.get("api_key") or request.args.get("api_key", "")).strip()
