"""How many reports one household, or a whole city, may send before new ones wait for review."""

from __future__ import annotations

import hashlib
import hmac
from ipaddress import ip_address, ip_network

from sqlalchemy import Connection

from portal.secrets import derive_key
from portal.settings import Settings
from portal.store.buckets import Limit, take_token

WITH_PROOF = Limit(30, 30)
"""One household's reports, at once and per hour, if its browser did the proof of work."""
WITHOUT_PROOF = Limit(6, 6)
WHOLE_CITY = Limit(600, 1_200)
"""What a city sends in a storm."""


def is_crowded(
    connection: Connection,
    settings: Settings,
    city_id: str,
    address: str | None,
    is_proven: bool,
    now: int,
) -> bool:
    """Whether a report from this network address is one too many.

    Counts the report, in the caller's transaction. `now` is in epoch seconds.
    """
    limit = WITH_PROOF if is_proven else WITHOUT_PROOF
    network = find_network(address)
    # The household first: one that sends too many takes nothing from everyone's share.
    if network is not None:
        key = derive_key(settings, "buckets").encode()
        sender = hmac.new(key, network.encode(), hashlib.sha256).hexdigest()[:32]
        if not take_token(connection, city_id, f"report {limit.capacity} {sender}", limit, now):
            return True
    return not take_token(connection, city_id, "report", WHOLE_CITY, now)


def find_network(address: str | None) -> str | None:
    """Return the part of the network that one household or shop has.

    That is an IPv4 address, or the first half of an IPv6 one. None for a private address: it is
    that of a proxy which doesn't say who is behind it, and all visitors would share it.
    """
    try:
        found = ip_address(address or "")
    except ValueError:
        return None
    if found.is_private:
        return None
    return str(found) if found.version == 4 else str(ip_network((found, 64), strict=False))
