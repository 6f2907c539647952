"""Addresses inside: of a private network that the operator names, and those that are a cloud's own.

network = read_network("172.20.0.0/16")  # raises ValueError for one that is not private
is_in_network("172.20.0.2", network)     # True
"""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Network = IPv4Network | IPv6Network
PRIVATE = tuple(
    ipaddress.ip_network(block)
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)
"""What a network of one's own may be in: RFC 1918 and RFC 4193."""
OF_A_CLOUD = frozenset(
    ipaddress.ip_address(address)
    for address in (
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd00:ec2::253",
        "fd20:ce::254",
        "fd00:c1::a9fe:a9fe",
        "fd00:42::42",
    )
)
"""Where clouds tell a machine its secrets, besides 169.254.0.0/16 and fe80::/10."""


def read_network(text: str) -> Network:
    """The private network of these words. Raises ValueError, which says what would be one."""
    way_out = "write one that is private, such as 172.20.0.0/16"
    try:
        network = ipaddress.ip_network(text.strip())
    except ValueError:
        raise ValueError(f"{text[:60]!r} is no network; {way_out}") from None
    if not any(_is_part(network, block) for block in PRIVATE):
        raise ValueError(f"{network} is not private; {way_out}")
    return network


def is_in_network(address: str, network: Network) -> bool:
    """Whether an address is in a private network, and not a cloud's own."""
    found = _plain(address)
    return found in network and not is_of_cloud(address)


def is_of_cloud(address: str) -> bool:
    """Whether a cloud answers there with what a machine may know of itself, keys included."""
    found = _plain(address)
    return found.is_link_local or found in OF_A_CLOUD


def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own."""
    return _plain(address).is_loopback


def is_this_machine(host: str) -> bool:
    """Whether a host, by its name or address, is this machine whatever a name server says."""
    try:
        return is_loopback(host)
    except ValueError:
        return host == "localhost"


def join_host(host: str, port: int) -> str:
    """A host and a port as an address has them: desk:8060, [fd00::2]:8060."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _plain(address: str) -> IPv4Address | IPv6Address:
    """The address; an IPv4 one that is written as IPv6 is itself."""
    found = ipaddress.ip_address(address)
    return getattr(found, "ipv4_mapped", None) or found


def _is_part(network: Network, block: Network) -> bool:
    if isinstance(network, IPv4Network):
        return isinstance(block, IPv4Network) and network.subnet_of(block)
    return isinstance(block, IPv6Network) and network.subnet_of(block)
