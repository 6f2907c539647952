"""How many reports one household, or a whole city, may send before new ones wait for review."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from sqlalchemy import Connection

from portal.secrets import digest_owner
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
        bucket = f"report {limit.capacity} {digest_owner(settings, network)}"
        if not take_token(connection, city_id, bucket, limit, now):
            return True
    return not take_token(connection, city_id, "report", WHOLE_CITY, now)


def find_network(address: str | None) -> str | None:
    """Return the part of the network that one household or shop has.

    That is an IPv4 address, or the first half of an IPv6 one. None for a private address: it is
    that of a proxy which doesn't say who is behind it, and all visitors would share it.
    """
    found = _read_address(address or "")
    return None if found is None or found.is_private else _household(found)


def find_sender(address: str | None) -> str | None:
    """The same for staff, who may sit in a private network and are still told apart in it.

    None for this machine's own address: it is a proxy's that doesn't say who is behind it.
    """
    found = _read_address(address or "")
    return None if found is None or found.is_loopback else _household(found)


def _household(address: IPv4Address | IPv6Address) -> str:
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))


def _read_address(typed: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it: some add the port, some write IPv4 as IPv6."""
    bare = typed.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
