"""Where a desk listens: on this machine alone, or at one address in a private network.

place = find_place("desk", read_network("172.20.0.0/16"))
place.bind(8060)  # "172.20.0.3:8060"
place.url(8060)   # "http://desk:8060", as the portal is to ask it
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.errors import SettingsError
from portal.network.inside import Network, is_in_network, is_loopback, is_this_machine, join_host
from portal.network.sockets import addresses_of

Resolve = Callable[[str, int], list[str]]
"""host, port → its addresses as text. Raises OSError if there are none."""


@dataclass(frozen=True)
class DeskPlace:
    """The host that the portal asks, and the address of it that is bound."""

    host: str
    address: str

    def bind(self, port: int) -> str:
        """Where the server listens."""
        return join_host(self.address, port)

    def url(self, port: int) -> str:
        """Where the portal asks."""
        return f"http://{join_host(self.host, port)}"

    @property
    def is_on_this_machine(self) -> bool:
        """Whether no other machine can reach it."""
        return is_loopback(self.address)


ON_THIS_MACHINE = DeskPlace("127.0.0.1", "127.0.0.1")


def find_place(host: str, network: Network | None, resolve: Resolve = addresses_of) -> DeskPlace:
    """Where a desk is to listen that is called so.

    Raises SettingsError if that is neither this machine nor one address in the private network:
    every address of the machine (0.0.0.0) could be a public one.
    """
    try:
        addresses = resolve(host, 0)
    except OSError as problem:
        raise SettingsError(f"PORTAL_DESK_HOST: {host} has no address: {problem}") from problem
    for address in addresses:
        if _may_listen(host, address, network):
            return DeskPlace(host, address)
    raise SettingsError(
        f"PORTAL_DESK_HOST: {host} is {', '.join(addresses) or 'nowhere'}, which is not in "
        f"PORTAL_DESK_NETWORK, {network or 'which is empty'}; name this machine's address in it"
    )


def require_safe_pages(place: DeskPlace, public_url: str) -> None:
    """Raises SettingsError where staff's passwords would cross a network that can be read."""
    parts = urlsplit(public_url)
    if place.is_on_this_machine or parts.scheme == "https" or is_this_machine(parts.hostname or ""):
        return
    raise SettingsError(
        "staff would send their passwords over the network as plain text; put a reverse proxy "
        "with TLS before the desk and name its address as PORTAL_DESK_BASE_URL, https://…; "
        "http://127.0.0.1:PORT is for a port that only this machine can reach"
    )


def _may_listen(host: str, address: str, network: Network | None) -> bool:
    if is_this_machine(host):
        return is_loopback(address)
    return network is not None and is_in_network(address, network)
