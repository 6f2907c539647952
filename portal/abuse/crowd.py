"""Whether more reports come from one place, or to a whole city, than people send."""

from __future__ import annotations

import hashlib
import hmac
from ipaddress import ip_address, ip_network

from sqlalchemy import Connection

from portal.secrets import derive_key
from portal.settings import Settings
from portal.store.buckets import Limit, take

PROVEN, UNPROVEN, EVERYBODY = Limit(30, 30), Limit(6, 6), Limit(600, 1_200)
"""How many reports people send from one place, with and without the browser's piece of work done, and to a city in a storm."""


def is_crowded(
    connection: Connection,
    settings: Settings,
    city_id: str,
    address: str | None,
    is_proven: bool,
    now: int,
) -> bool:
    """Whether a report from this address of the network is one too many; it is counted, in the caller's transaction."""
    limit, network = PROVEN if is_proven else UNPROVEN, network_of(address)
    # The household first: one that sends too many takes nothing of what all of them have.
    if network is not None:
        sender = hmac.new(
            derive_key(settings, "buckets").encode(), network.encode(), hashlib.sha256
        ).hexdigest()[:32]
        if not take(connection, city_id, f"report {limit.capacity} {sender}", limit, now):
            return True
    return not take(connection, city_id, "report", EVERYBODY, now)


def network_of(address: str | None) -> str | None:
    """The part of the network that one household or shop has: an IPv4 address, or the first half of an IPv6 one.

    None for an address of no household: behind a proxy that does not tell, all visitors would share it.
    """
    try:
        found = ip_address(address or "")
    except ValueError:
        return None
    if found.is_private:
        return None
    return str(found) if found.version == 4 else str(ip_network((found, 64), strict=False))
